# SPDX-License-Identifier: BSD-2-Clause
"""Parameters that libldap and libsasl2 obey where no ordinary server or login shows it."""
import select
import signal
import time

import ldif
import pytest
from daemon import BUILD, PATIENCE, SLOW
from digest import TwoRealms
from slapd import Slapd
from test_ldap import Ldap

INTERRUPTIBLE = BUILD / "tests/integration/interruptible.so"
DIGEST = {"ldap_use_sasl": "yes", "ldap_mech": "DIGEST-MD5"}
AS_SEARCH = {**DIGEST, "ldap_auth_method": "custom", "ldap_id": "search", "password": ldif.SEARCH_PASSWORD}


@pytest.mark.parametrize("parameter", ["ldap_realm", "ldap_sasl_realm"])
@pytest.mark.parametrize("how", [DIGEST, AS_SEARCH], ids=["user", "search identity"])
@pytest.mark.parametrize("realm", ["first", "second"])
def test_realm(parameter, how, realm):
    with TwoRealms() as server, Ldap(server.url, **how, **{parameter: realm}) as worker:
        assert worker.check("alice", "alice's")[0] == ("MISMATCH" if how is DIGEST else "UNAVAILABLE")
        assert server.named == [realm]


def test_realm_of_the_user():
    """The one that is asked for comes before the one that is configured."""
    with TwoRealms() as server, Ldap(server.url, **DIGEST, ldap_realm="first") as worker:
        worker.check("alice", "alice's", realm="second")
        assert server.named == ["second"]


def interrupt(worker, until):
    """Sends it signals until something is so, one after the other."""
    while not until():
        worker.process.send_signal(signal.SIGUSR1)
        time.sleep(0.01)


def has_answered(worker):
    return bool(select.select([worker.socket], [], [], 0)[0])


def after(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


@pytest.fixture(name="server")
def make_server(directory, ldap_database):
    with Slapd(directory / "slapd", ldap_database) as server:
        yield server


def interrupted(server, restart, seconds):
    """What becomes of a login during whose search signals arrive, for so long at the most, while the server hangs; then it
    answers."""
    with Ldap(server.url, ldap_restart=restart, preload=INTERRUPTIBLE) as worker:
        with server.frozen():
            worker.send("check", "7", "alice", "alice's", "imap", "", "", "", "", f"{PATIENCE * 1000:.0f}")
            too_late = after(seconds)
            interrupt(worker, lambda: too_late() or has_answered(worker))
        _, _, result, _, reason, *_ = worker.receive()
        return result.decode(), reason.decode()


def test_restart(server):
    assert interrupted(server, "yes", 0.5 * SLOW) == ("OK", "")


def test_no_restart(server):
    result, reason = interrupted(server, "no", 4 * SLOW)  # ldap_timeout is 5 s
    assert (result, "no answer: " in reason) == ("UNAVAILABLE", True), reason
