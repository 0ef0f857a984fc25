# SPDX-License-Identifier: BSD-2-Clause
"""The worker "resolve" and the system's groups, on a machine with accounts and NSS services of its own."""
import pytest
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


def switch(machine, service):
    (machine.etc / "nsswitch.conf").write_text(f"passwd: files {service}\ngroup: files {service}\n")


def test_service_that_is_not_there(accounts):
    """sssd is stopped, or its module not installed: a group that only it knows is not one without members."""
    switch(accounts, "sss")
    with accounts.resolve("") as worker:
        word, text = worker.member("alice", "corp")
        assert (word, text.startswith("group corp: ")) == ("undecided", True)
        assert worker.member("alice", "kvm") == ("yes", "")
        assert worker.member("dora", "kvm")[0] == "no"


def test_service_that_fails(accounts):
    """It says so: for the group, and for a login that may be in it by a number that only it knows."""
    switch(accounts, "saslwardtest")
    with accounts.resolve("") as worker:
        assert worker.member("alice", "corp") == ("undecided", "group corp: Input/output error")
        assert worker.member("carol", "kvm") == ("undecided", "user carol: Input/output error")
        assert worker.member("alice", "kvm") == ("yes", "")


def test_groups_change(accounts):
    with accounts.resolve("") as worker:
        assert worker.member("dora", "kvm")[0] == "no"
        (accounts.etc / "group").write_text("kvm:x:6001:dora\n")
        assert worker.member("dora", "kvm")[0] == "yes"
        assert worker.member("alice", "kvm")[0] == "no"
