# SPDX-License-Identifier: BSD-2-Clause
"""Who may open which console: the accounts, the rules, and what becomes of each login with saslward and without."""
import re
import subprocess

import pytest
from conftest import set_password
from daemon import PATIENCE, SASLWARDD, SLOW, WRAP, Daemon, wait_for

VMS = ["vmA", "vmB", "vmC"]

# (login, realm, password); the realm None is the machine's name. alice may open vmA, bob vmB, carol all; vmC is open to
# whoever has a password for it, but not to eve, who has left and whose accounts nobody has deleted.
ACCOUNTS = [
    ("alice", "vmA", "alice-A"),
    ("alice", "vmB", "alice-B"),
    ("alice", None, "alice-A"),
    ("bob", "vmB", "bob-B"),
    ("bob", None, "bob-B"),
    ("carol", "vmA", "carol-A"),
    ("carol", "vmB", "carol-B"),
    ("carol", "vmC", "carol-C"),
    ("carol", None, "carol-host"),
    ("eve", "vmA", "eve-x"),
    ("eve", "vmB", "eve-x"),
    ("eve", "vmC", "eve-x"),
    ("eve", None, "eve-x"),
]

RULES = """\
group  admins carol
deny   user=eve reason="left the company"
permit service=spice vm=vmA user=alice,@admins with=consoles as-realm=%v
permit service=spice vm=vmB user=bob,@admins   with=consoles as-realm=%v
permit service=spice vm=vmC                    with=consoles as-realm=%v
"""

OPENS, REFUSED = True, False

# VM, what is typed as user (with the realm), password, with saslward, with saslauthd
TABLE = [
    # right: the user's own VM, with that VM's password
    ("vmA", "alice@vmA", "alice-A", OPENS, OPENS),
    ("vmA", "alice", "alice-A", OPENS, OPENS),
    ("vmB", "bob@vmB", "bob-B", OPENS, OPENS),
    ("vmB", "bob", "bob-B", OPENS, OPENS),
    ("vmA", "carol@vmA", "carol-A", OPENS, OPENS),
    ("vmB", "carol@vmB", "carol-B", OPENS, OPENS),
    ("vmC", "carol@vmC", "carol-C", OPENS, OPENS),
    # what is typed as realm does not matter: the password is the VM's
    ("vmC", "carol", "carol-C", OPENS, REFUSED),
    ("vmB", "carol@vmA", "carol-B", OPENS, REFUSED),
    ("vmA", "alice@vmB", "alice-A", OPENS, REFUSED),
    ("vmA", "alice@nowhere", "alice-A", OPENS, REFUSED),
    # somebody else's VM: the article's complaint
    ("vmB", "alice@vmA", "alice-A", REFUSED, OPENS),
    ("vmC", "alice@vmA", "alice-A", REFUSED, OPENS),
    ("vmB", "alice", "alice-A", REFUSED, OPENS),
    ("vmC", "alice", "alice-A", REFUSED, OPENS),
    ("vmA", "bob@vmB", "bob-B", REFUSED, OPENS),
    ("vmC", "bob@vmB", "bob-B", REFUSED, OPENS),
    ("vmA", "bob", "bob-B", REFUSED, OPENS),
    ("vmC", "bob", "bob-B", REFUSED, OPENS),
    # an account in the VM's realm, but no right
    ("vmB", "alice@vmB", "alice-B", REFUSED, OPENS),
    ("vmB", "alice", "alice-B", REFUSED, REFUSED),
    # another VM's password
    ("vmA", "alice@vmB", "alice-B", REFUSED, OPENS),
    ("vmB", "carol@vmA", "carol-A", REFUSED, OPENS),
    ("vmC", "carol@vmB", "carol-B", REFUSED, OPENS),
    ("vmA", "carol", "carol-host", REFUSED, OPENS),
    # denied everywhere
    ("vmA", "eve@vmA", "eve-x", REFUSED, OPENS),
    ("vmB", "eve@vmB", "eve-x", REFUSED, OPENS),
    ("vmC", "eve@vmC", "eve-x", REFUSED, OPENS),
    ("vmC", "eve", "eve-x", REFUSED, OPENS),
    # walking around the deny, where nothing else is in the way
    ("vmC", "EVE", "eve-x", REFUSED, REFUSED),
    ("vmC", "Eve@vmC", "eve-x", REFUSED, REFUSED),
    ("vmC", "ｅｖｅ", "eve-x", REFUSED, REFUSED),
    ("vmC", "ｅｖｅ@vmC", "eve-x", REFUSED, REFUSED),
    ("vmC", " eve", "eve-x", REFUSED, OPENS),
    ("vmC", " eve@vmC", "eve-x", REFUSED, OPENS),
    ("vmC", "eve @", "eve-x", REFUSED, REFUSED),
    ("vmC", "eve @vmC", "eve-x", REFUSED, REFUSED),
    ("vmC", "\teve@vmC", "eve-x", REFUSED, OPENS),
    ("vmC", "eve@", "eve-x", REFUSED, OPENS),
    ("vmC", "eve@vmC@", "eve-x", REFUSED, REFUSED),
    ("vmC", "eve@vmC@vmC", "eve-x", REFUSED, REFUSED),
    ("vmC", "eve@vmA", "eve-x", REFUSED, OPENS),
    ("vmC", "@eve", "eve-x", REFUSED, REFUSED),
    # walking around the VM
    ("vmA", "alice@vmA@", "alice-A", REFUSED, REFUSED),
    ("vmB", "alice@vmA@", "alice-A", REFUSED, REFUSED),
    ("vmB", "alice@vmA@vmB", "alice-A", REFUSED, REFUSED),
    ("vmC", "alice@vmA@", "alice-A", REFUSED, REFUSED),
    ("vmB", "bob @", "alice-A", REFUSED, REFUSED),
    # nobody's password
    ("vmA", "alice@vmA", "wrong", REFUSED, REFUSED),
    ("vmB", "bob", "alice-A", REFUSED, REFUSED),
    ("vmC", "mallory@vmC", "eve-x", REFUSED, REFUSED),
]


def make_accounts(database):
    for account in ACCOUNTS:
        set_password(database, *account)


def rows(with_saslward):
    """The table as parameters: VM, what is typed, password, expected."""
    found = []
    for number, (name, user, password, ward, stock) in enumerate(TABLE):
        identifier = f"{number} {name} {ascii(user)} {password}"
        found.append(pytest.param(name, user, password, ward if with_saslward else stock, id=identifier))
    return found


def has_configuration():
    usage = subprocess.run([SASLWARDD, "--help"], capture_output=True, timeout=PATIENCE, check=False)
    return b"--config" in usage.stdout + usage.stderr


needs_configuration = pytest.mark.skipif(not has_configuration(), reason="this saslwardd has no --config yet")


class Configured(Daemon):
    """A saslwardd with a configuration file instead of saslauthd's options; in a Box, if there is one."""

    def __init__(self, directory, text, box=None):
        super().__init__(directory)
        self.box = box
        path = self.directory / "saslward.conf"
        path.write_text(text)
        self.command = [*(box.prefix if box else ()), *WRAP, str(SASLWARDD), "--config", str(path),
                        "-m", str(self.directory), "--state-dir", str(self.directory / "state"), "-d"]

    def __enter__(self):
        before = len(self.log())
        super().__enter__()
        # who asks earlier has less time to be identified
        wait_for(lambda: re.search(r"identity: worker \d+ is ready", self.log()[before:]), "identity's worker")
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            print(self.log())
        super().__exit__(kind, value, trace)

    def stop(self):
        if self.box and self.process.poll() is None:
            self.box.end(self.process)
        super().stop()


def configuration(mux, database, rules=RULES, identity=""):
    deadline = f"{3000 * SLOW:.0f}ms"
    return f"listen  {mux} mode=0666\nbackend consoles sasldb path={database} deadline={deadline}\n{identity}\n{rules}"
