# SPDX-License-Identifier: BSD-2-Clause
"""The worker "resolve" and the system's groups, on a machine with accounts and NSS services of its own."""
import socket

import pytest
from conftest import by_name
from machine import make_machine, why_not  # noqa: F401 - a fixture

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

PASSWD = """root:x:0:0::/:/bin/sh
alice:x:5000:5000::/:/bin/false
bob:x:5001:6001::/:/bin/false
dora:x:5002:5000::/:/bin/false
"""
GROUP = f"""root:x:0:
staff:x:5000:
kvm:x:6001:alice,ghost
same:x:6001:
big:x:6002:{",".join(f"member{i}" for i in range(20000))},dora
"""

# (login, group, answer)
MEMBERS = [
    ("listed", "alice", "kvm", "yes"),
    ("his own group", "bob", "kvm", "yes"),
    ("his own group, unlisted", "alice", "staff", "yes"),
    ("another", "dora", "kvm", "no"),
    ("another case", "Alice", "kvm", "no"),
    ("a blank", "alice ", "kvm", "no"),
    ("listed, without an account", "ghost", "kvm", "yes"),
    ("without an account", "nobody-here", "kvm", "no"),
    ("a group of another name and the same number", "alice", "same", "yes"),
    ("last of 20001", "dora", "big", "yes"),
    ("not in 20001", "alice", "big", "no"),
    ("no such group", "alice", "wheel", "undecided"),
    ("an empty group", "alice", "", "undecided"),
    ("an empty login", "", "kvm", "undecided"),
    ("a NUL in the login", "alice\0", "kvm", "undecided"),
    ("a NUL in the group", "alice", "kvm\0", "undecided"),
    ("a long login", "a" * 1025, "kvm", "undecided"),
    ("a long group", "alice", "k" * 1025, "undecided"),
]


@pytest.fixture(name="accounts")
def make_accounts(machine):
    (machine.etc / "passwd").write_text(PASSWD)
    (machine.etc / "group").write_text(GROUP)
    return machine


def test_members(accounts):
    with accounts.resolve("") as worker:
        for _, login, group, word in MEMBERS:
            answer, text = worker.member(login, group)
            assert (answer, bool(text)) == (word, word == "undecided"), (login, group, text)


def switch(machine, service, databases=("passwd", "group")):
    lines = {name: f"{name}: files {service if name in databases else ''}\n" for name in ("passwd", "group", *databases)}
    (machine.etc / "nsswitch.conf").write_text("".join(lines.values()))


def answers(worker, *logins, group="kvm"):
    """What it says of each, and why, which is the same of all."""
    said = [worker.member(login, group) for login in logins]
    assert len(set(said)) == 1, said
    return said[0]


# what nsswitch.conf names beside files, for what; what is said of a local user who is not in a local group, and of a login
# that nobody knows; dora may be in it by that service, and carol may be anybody there
AWAY = [
    ("its module is missing", "saslwardnone", ["passwd", "group"], "its module is missing"),
    ("it cannot be reached", "saslwardaway", ["passwd", "group"], "not available"),
    ("it cannot tell now", "saslwardbusy", ["passwd", "group"], "no answer now"),
    ("sssd is stopped, and its module says that there is no such user", "sss", ["passwd", "group"], "sssd is not running"),
    ("missing, for users alone", "saslwardnone", ["passwd"], "its module is missing"),
    ("missing, for groups alone", "saslwardnone", ["group"], "its module is missing"),
    ("missing, for the groups of users", "saslwardnone", ["initgroups"], "its module is missing"),
    ("away, for users alone", "saslwardaway", ["passwd"], "not available"),
    ("away, for the groups of users", "saslwardaway", ["initgroups"], "not available"),
    ("away, and lists no groups of users", "saslwardoldaway", ["group"], "not available"),
    ("behind one that is there", "saslwardempty saslwardaway", ["passwd", "group"], "not available"),
    ("behind a condition", "[NOTFOUND=return] saslwardaway", ["passwd", "group"], "not available"),
]
NAMED = {"its module is missing": "saslwardnone", "sssd is not running": "sss", "no answer now": "saslwardbusy"}


@pytest.mark.parametrize("service, databases, why", by_name(AWAY))
def test_service_that_is_away(accounts, service, databases, why):
    """libc then says "no such user", or leaves the groups out that only it knows: nobody is no member by that."""
    switch(accounts, service, databases)
    name = NAMED.get(why, service.split()[-1])
    with accounts.resolve("") as worker:
        assert answers(worker, "dora", "carol", "dora") == ("undecided", f"service {name}: {why}")
        assert answers(worker, "alice", "bob", "ghost") == ("yes", "")
        assert worker.member("alice", "corp")[0] == "undecided"


# what nsswitch.conf names, for what
THERE = [
    ("knows nobody", "saslwardempty", ["passwd", "group"]),
    ("for users alone", "saslwardempty", ["passwd"]),
    ("for the groups of users", "saslwardempty", ["initgroups"]),
    ("lists no groups of users", "saslwardold", ["passwd", "group"]),
    ("one that is always there", "systemd", ["passwd", "group"]),
    ("nobody is asked for hosts", "saslwardaway", ["hosts"]),
    ("named in a comment", "# saslwardaway", ["passwd", "group"]),
]


@pytest.mark.parametrize("service, databases", by_name(THERE))
def test_service_that_is_there(accounts, service, databases):
    switch(accounts, service, databases)
    with accounts.resolve("") as worker:
        assert answers(worker, "dora", "carol", "nobody-here", "dora") == ("no", "")
        assert answers(worker, "alice", "bob", "ghost") == ("yes", "")


def test_sssd_is_running(accounts):
    switch(accounts, "sss")
    with socket.socket(socket.AF_UNIX) as sssd, accounts.resolve("") as worker:
        sssd.bind(str(accounts.sssd))
        accounts.sssd.chmod(0o666)
        sssd.listen()
        assert answers(worker, "dora", "carol") == ("no", "")
        sssd.close()
        assert answers(worker, "dora", "carol") == ("undecided", "service sss: sssd is not running")


@pytest.mark.parametrize("login, databases", [("carol", ["passwd"]), ("dora", ["group"])])
def test_service_that_comes_back(accounts, login, databases):
    """Between libc's asking it and ours: what it says then stands against what libc made of its silence."""
    switch(accounts, "saslwardback", databases)
    with accounts.resolve("") as worker:
        assert worker.member(login, "kvm") == ("undecided", "service saslwardback: it knows more than could be looked up")
        assert worker.member(login, "kvm") == ("yes", "")


def test_service_that_fails(accounts):
    """It says so: for the group, and for a login that may be in it by a number that only it knows."""
    switch(accounts, "saslwardfails")
    with accounts.resolve("") as worker:
        assert worker.member("alice", "corp") == ("undecided", "group corp: Input/output error")
        assert worker.member("carol", "kvm") == ("undecided", "user carol: Input/output error")
        assert worker.member("alice", "kvm") == ("yes", "")


@pytest.mark.parametrize("service", ["../saslwardempty", "x" * 32, " ".join(f"s{number}" for number in range(17))])
def test_services_that_cannot_be(accounts, service):
    switch(accounts, service)
    with accounts.resolve("") as worker:
        assert answers(worker, "dora", "carol") == ("undecided", "/etc/nsswitch.conf: services that no module can have")


def test_groups_change(accounts):
    with accounts.resolve("") as worker:
        assert worker.member("dora", "kvm")[0] == "no"
        (accounts.etc / "group").write_text("kvm:x:6001:dora\n")
        assert worker.member("dora", "kvm")[0] == "yes"
        assert worker.member("alice", "kvm")[0] == "no"
