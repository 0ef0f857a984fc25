# SPDX-License-Identifier: BSD-2-Clause
"""Calls that fail, and a clock that jumps, in each process of the daemon. faults.py tries more, and prints what came of
each."""
import contextlib
import os
import shutil
import signal
import time

import pytest
from client import Raw, ask, is_ok, request
from conftest import make_users
from daemon import CONFINED, PATIENCE, SLOW, WRAP, Daemon, duration, processes, wait_for
from faults import DENIED, KILL_NUMBERS, NUMBERS, SCENES, USERS, WRONG, Attack, attempt_anew, converse, describe
from host import UNIX, Host, missing
from inject import CALLS, KILLED, Page
from slapd import Slapd

pytestmark = pytest.mark.skipif(bool(WRAP), reason="valgrind's own malloc() stands in for ours")


@pytest.fixture(name="attacked", scope="session")
def make_attacked(tmp_path_factory):
    return make_users(tmp_path_factory.mktemp("attacked") / "sasldb2", USERS)


def numbers_of(role, error):
    """SASLWARD_FAULTS names the role whose every call is to fail: so many hundred times in some scenes."""
    if error:
        return KILL_NUMBERS
    return range(1, 100000) if os.environ.get("SASLWARD_FAULTS") == role else NUMBERS


def run(attack, scene, role, error, calls=CALLS[1:]):
    """Returns how many faults there were."""
    attack.error = error
    try:
        print(describe(attack.run(scene, role, numbers_of(role, error), calls)))
    finally:
        attack.end()
    return sum(sum(counts.values()) for counts in attack.outcomes.values())


# Once is enough: what kills a process at once does not ask how it was built.
HOW = pytest.mark.parametrize("error", [None, pytest.param(KILLED, marks=pytest.mark.skipif(
    not CONFINED, reason="it is done with the build as released"))], ids=["fails", "is the last"])


@HOW
@pytest.mark.parametrize("scene, role", [(scene, role) for scene, roles in SCENES.items() for role in roles])
def test_every_call(directory, attacked, scene, role, error):
    if (scene, error) == ("control", KILLED):
        pytest.skip("a front that is killed is what that scene must not see")
    assert run(Attack(directory, shutil.copy(attacked, directory / "sasldb2")), scene, role, error) > 5


def other_backend(role, directory, request):
    """(its line, the right password of alice, how to start the daemon)"""
    if role == "ldap":
        server = Slapd(directory / "slapd", request.getfixturevalue("ldap_database"))
        request.getfixturevalue("stack").enter_context(server)
        return f"ldap ldap_servers={server.url} ldap_search_base=ou=people,dc=example,dc=org", "alice's", ()
    if os.geteuid() != 0 or missing():
        pytest.skip("it takes root, and files in /etc of its own")
    host = Host(directory)
    host.service("imap", UNIX)
    return {"pam": "pam services=imap", "shadow": "shadow"}[role], "secret", host.prefix


@pytest.fixture(name="stack")
def make_stack():
    with contextlib.ExitStack() as stack:
        yield stack


@HOW
@pytest.mark.parametrize("role", ["ldap", "shadow", "pam"])
def test_every_call_of_another_backend(directory, role, error, request):
    line, right, prefix = other_backend(role, directory, request)
    rules = f"backend db {line} workers=1\ndeny user=eve\npermit vm=none with=db deadline={duration(4)}\n"
    attack = Attack(directory, None, rules, (WRONG, DENIED, ("alice", right, *WRONG[2:])), prefix)
    # a sanitizer has an allocator of its own, which is not made to fail
    assert run(attack, "login", role, error) >= (6 if CONFINED else 4)


# The group of that name is on every system, and whose login has it for his own is in it.
GROUPS = """\
backend db sasldb path={} workers=1
penalty service=imap after=20 every=1s
deny user=@daemon
permit realm=vmA vm=none user=@root with=db as=%u as-realm=%r deadline=2s cache=1h stale=1h
"""
MEMBERS = [("root", "vmA", "secretA"), ("daemon", "vmA", "daemon-x")]


class Remembering(Attack):
    """Nothing is remembered when a fault comes; then each login is asked for by a process that is not known, looks up
    groups, asks a backend, and is remembered."""

    def ask_all(self):
        right = self.logins[-1]
        replies = [*super().ask_all(), attempt_anew(self.daemon.socket, right), self.attempt(self.daemon.socket, right)]
        assert all(reply in (b"OK", b"NO", b"", None) for reply in replies)
        unanswered = [reply for reply in replies if reply in (b"", None)]
        return [*replies[:2], unanswered[0] if unanswered else replies[-1]]

    def attack(self, scene, role, call, number):
        answers = converse(self.daemon.directory / "control", b'{"command": "flush"}')
        assert "flushed" in answers[0]
        return super().attack(scene, role, call, number)


@pytest.mark.parametrize("scene", ["login", "worker killed"])
def test_every_allocation_with_groups_and_caches(directory, scene):
    database = make_users(directory / "sasldb2", MEMBERS)
    logins = [("root", "secretB", "imap", "vmA"), ("daemon", "daemon-x", "imap", "vmA"), ("root", "secretA", "imap", "vmA")]
    attack = Remembering(directory, None, GROUPS.format(database), logins)
    faults = run(attack, scene, "front", None, ["malloc", "calloc", "realloc"])
    if not faults and not CONFINED:
        pytest.skip("a sanitizer has an allocator of its own, which is not made to fail")
    assert faults > 10


YEARS = 10 * 365 * 24 * 3600


@pytest.mark.parametrize("jump", [YEARS, -YEARS], ids=["forward", "back"])
def test_clock_jumps(directory, attacked, jump):
    """What is measured is measured by another clock; only a date is by that one."""
    page = Page(directory)
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 2 * 24 * 3600))
    config = (f"backend db sasldb path={attacked} workers=1\npermit service=dated until={tomorrow} with=db\n"
              f"permit service=imap with=db deadline={duration(1)}\n")
    with Daemon(directory / "run", config=config, env=page.env, ready=["identity", "db"]) as daemon:
        for offset in (0, jump, 0, jump):
            page.jump(offset)
            assert ask(daemon.socket, "alice", "secretA", "imap", "vmA") == b"OK"
            assert ask(daemon.socket, "alice", "secretB", "imap", "vmA") == b"NO"
            assert is_ok(ask(daemon.socket, "alice", "secretA", "dated", "vmA")) == (offset <= 0)
        os.kill(daemon.workers(1)[0], signal.SIGSTOP)
        with Raw(daemon.socket) as raw:
            began = time.monotonic()
            raw.send(request("alice", "secretA", "imap", "vmA"))
            page.jump(0)
            assert raw.reply() == b"NO"
        assert time.monotonic() - began > 0.9 * SLOW
        assert daemon.last_reason() == "no answer within the deadline"
        wait_for(lambda: daemon.ready_workers() >= 2, "another worker")
        assert ask(daemon.socket, "alice", "secretA", "imap", "vmA") == b"OK"


def test_supervisor_killed_while_others_wait(directory, attacked):
    """The front answers whoever has come, each completely, and leaves; so does everybody else."""
    config = f"backend db sasldb path={attacked} workers=2\npermit with=db deadline={duration(1)}\n"
    daemon = Daemon(directory / "run", config=config, read_deadline=0.5, expect_exit=-signal.SIGKILL)
    with daemon:
        daemon.workers(2)
        everybody = [pid for pid, parent, _ in processes() if parent == daemon.pid]
        waiting = [Raw(daemon.socket), Raw(daemon.socket).send(request("alice", "secretA", "imap", "vmA")[:-1]),
                   Raw(daemon.socket).send(request("alice", "secretB", "imap", "vmA")),
                   Raw(daemon.socket).send(request("alice", "secretA", "imap", "vmA"))]
        os.kill(daemon.pid, signal.SIGKILL)
        replies = [raw.reply() for raw in waiting]
        assert [reply[:2] for reply in replies[:3]] == [b"NO"] * 3
        assert replies[3][:2] in (b"OK", b"NO")
        wait_for(lambda: not set(everybody) & {pid for pid, _, _ in processes()}, "all others to leave")
        daemon.process.wait(PATIENCE)
