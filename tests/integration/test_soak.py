# SPDX-License-Identifier: BSD-2-Clause
"""A short run of soak.py, which goes on for as long as you like."""
import pytest
from conftest import set_password
from daemon import CONFINED, WRAP
from soak import USERS, Soak

pytestmark = [pytest.mark.skipif(bool(WRAP), reason="valgrind's own memory and names are not the daemon's"),
              pytest.mark.skipif(not CONFINED, reason="a sanitizer's own memory grows with what is freed")]


def test_nothing_grows(directory):
    for user in USERS:
        set_password(directory / "sasldb2", *user)
    soak = Soak(directory / "soak", directory / "sasldb2")
    soak.run(15)
    print("\n".join(soak.table()))
    assert not soak.growth()
