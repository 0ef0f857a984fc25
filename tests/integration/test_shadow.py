# SPDX-License-Identifier: BSD-2-Clause
"""saslauthd's own mechanisms for the system's user database, shadow and getpwent, with accounts of the test's own."""
import pathlib

import pytest
from client import ask, is_ok
from host import Host, hashed, missing, refused_for

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


@pytest.fixture(name="host")
def make_host(directory):
    return Host(directory)


@pytest.mark.parametrize("mechanism", ["shadow", "getpwent"])
def test_user_database(host, mechanism):
    """saslauthd's own mechanisms for it."""
    passwd = host.directory / "passwd"
    passwd.write_text(passwd.read_text() + f"eve:{hashed('old style')}:6000:6000::/:/bin/false\n")
    with host.daemon(mechanism) as daemon:
        if mechanism == "getpwent":
            assert is_ok(ask(daemon.socket, "eve", "old style"))
            assert refused_for(daemon, "eve", "wrong") == "wrong password"
            assert refused_for(daemon, "alice", "secret") == "wrong password"  # its hash is elsewhere
            assert refused_for(daemon, "nobody-here", "x") == "no such user"
            return
        for login, password in (("alice", "secret"), ("bob", "b" * 200), ("dora", "Grüße, 日本語 €"), ("lastday", "secret"),
                                ("noaging", "secret")):
            assert is_ok(ask(daemon.socket, login, password))
            assert refused_for(daemon, login, "wrong") == "wrong password"
        for login, reason in (("locked", "the account is locked"), ("expired", "the account has expired"),
                              ("disabled", "the account has expired"), ("endstoday", "the account has expired"),
                              ("mustchange", "the password must be changed first"), ("stale", "the password has expired"),
                              ("nopassword", "the account has no password"), ("nobody-here", "no such user"),
                              ("eve", "no such user")):
            assert refused_for(daemon, login, "secret") == reason
        assert refused_for(daemon, "expired", "wrong") == "wrong password"


def test_nobody_has_a_hash(host):
    """A new machine, where there is no method to take the commonest of."""
    (host.directory / "shadow").write_text("root:*:19000:0:99999:7:::\n")
    with host.daemon("shadow") as daemon:
        for login, reason in (("root", "the account is locked"), ("nobody-here", "no such user")):
            assert refused_for(daemon, login, "secret") == reason


def processor_time(pid):
    """In nanoseconds; whatever else the machine does (Linux, Documentation/scheduler/sched-stats.rst)."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def test_unknown_user_is_no_faster(host):
    """A hash is computed for nobody, too. Without, the answer takes a hundredth."""
    def least(login):
        times = []
        for _ in range(5):
            before = processor_time(worker)
            assert not is_ok(ask(daemon.socket, login, "wrong"))
            times.append(processor_time(worker) - before)
        return min(times)

    with host.daemon("shadow", workers=1) as daemon:
        worker, = daemon.workers(1)
        known = least("alice")
        for login in ("nobody-here", "locked", "nopassword"):
            assert least(login) > known / 2
