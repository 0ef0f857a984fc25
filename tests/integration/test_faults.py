# SPDX-License-Identifier: BSD-2-Clause
"""Calls that fail, and a clock that jumps, in each process of the daemon. faults.py tries more, and prints what came of
each."""
import os
import shutil
import signal
import subprocess
import time

import pytest
from client import Raw, ask, is_ok, request
from conftest import set_password
from daemon import PATIENCE, WRAP, Daemon, wait_for
from faults import NUMBERS, SCENES, USERS, Attack, describe
from inject import Page

pytestmark = pytest.mark.skipif(bool(WRAP), reason="valgrind's own malloc() stands in for ours")
GOOD = ("alice", "secretA", "imap", "vmA")


@pytest.fixture(name="attacked", scope="session")
def make_attacked(tmp_path_factory):
    database = tmp_path_factory.mktemp("attacked") / "sasldb2"
    for user in USERS:
        set_password(database, *user)
    return database


@pytest.mark.parametrize("scene, role", [(scene, role) for scene, roles in SCENES.items() for role in roles])
def test_every_call_fails(directory, attacked, scene, role):
    attack = Attack(directory, shutil.copy(attacked, directory / "sasldb2"))
    try:
        print(describe(attack.run(scene, role, NUMBERS)))
    finally:
        attack.end()
    assert sum(map(sum, (counts.values() for counts in attack.outcomes.values()))) > 5
