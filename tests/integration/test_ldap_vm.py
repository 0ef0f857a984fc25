# SPDX-License-Identifier: BSD-2-Clause
"""One rule for all VMs, real QEMUs: who is in the directory's group vm-NAME may open the console of the VM NAME."""
import contextlib
import re
import subprocess
import time

import consoles
import ldif
import pytest
import qemu
from daemon import PATIENCE, SASLWARDD, SLOW
from slapd import Slapd

VMS = ["vmA", "vmB"]
KEPT = 10  # seconds for which an answer about a group is used
SASLAUTHD_CONF = """\
ldap_servers: {url}
ldap_bind_dn: {who}
ldap_password: {password}
ldap_search_base: {people}
ldap_group_search_base: {groups}
"""
CONFIGURATION = """\
listen  {mux} mode=0666
backend corp ldap config={file} deadline={deadline:.0f}ms
identity cmdline uid={uid}
permit  service=spice vm=any user=@corp:vm-%v with=corp
"""
PASSWORDS = {"alice": "alice's", "bob": "bob's", "carol": "carol's", "dora": ldif.DORA}


def configure(directory, url):
    """A saslward.conf for the directory server at url."""
    file = directory / "saslauthd.conf"
    file.write_text(SASLAUTHD_CONF.format(url=url, who=ldif.SEARCH, password=ldif.SEARCH_PASSWORD, people=ldif.PEOPLE,
                                          groups=ldif.GROUPS))
    file.chmod(0o600)
    return CONFIGURATION.format(mux=directory / "ward/mux", file=file, deadline=3000 * SLOW, uid=qemu.UID)


@pytest.fixture(name="text", scope="module")
def make_text(place, replica):
    """The configuration; skips the tests of a saslwardd that does not know such rules."""
    text = configure(place, replica.url)
    path = place / "try.conf"
    path.write_text(text)
    checked = subprocess.run([SASLWARDD, "--config", path, "--check"], capture_output=True, text=True, timeout=PATIENCE,
                             check=False)
    if re.search('unknown type of backend "ldap"|no backend knows groups', checked.stdout + checked.stderr):
        pytest.skip("this saslwardd has no groups of an LDAP backend yet")
    return text


@pytest.fixture(name="master", scope="module")
def make_master(place, ldap_database):
    """Where the administrator changes groups."""
    with Slapd(place / "master", ldap_database) as server:
        yield server


@pytest.fixture(name="replica", scope="module")
def make_replica(place, ldap_database, master):
    """What is asked on this host."""
    with Slapd(place / "replica", ldap_database, master=master) as server:
        yield server


@pytest.fixture(name="vms", scope="module")
def make_vms(place, certificates, text):
    qemu.configure_sasl(place / "sasl", place / "ward/mux")
    with consoles.Configured(place / "ward", text), contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(qemu.Qemu(place / name, name, place / "sasl", certificates)) for name in VMS}


def lets_in(vm, login):
    return vm.lets_in(login, PASSWORDS[login])


def changes_to(vm, login, expected):
    """Asks again until the console opens, or no longer opens, as long as an old answer may be used."""
    end = time.monotonic() + KEPT + 2 * SLOW
    while lets_in(vm, login) != expected:
        assert time.monotonic() < end, f"{login} at {vm.name}: not {expected} in time"


@pytest.mark.parametrize("name, login, expected", [
    ("vmA", "alice", True), ("vmA", "bob", False), ("vmB", "alice", False), ("vmB", "bob", True), ("vmA", "carol", False),
])
def test_members(vms, name, login, expected):
    assert lets_in(vms[name], login) == expected


def test_wrong_password(vms):
    assert not vms["vmA"].lets_in("alice", "bob's")


def test_the_next_login(master, replica, vms):
    """Nobody has asked about dora yet: no answer is kept."""
    master.add_member("vm-vmB", "dora")
    replica.wait_replicated()
    assert lets_in(vms["vmB"], "dora")
    assert not lets_in(vms["vmA"], "dora")


def test_added_and_removed(master, replica, vms):
    assert not lets_in(vms["vmA"], "carol")
    master.add_member("vm-vmA", "carol")
    replica.wait_replicated()
    changes_to(vms["vmA"], "carol", True)
    master.remove_member("vm-vmA", "carol")
    replica.wait_replicated()
    changes_to(vms["vmA"], "carol", False)


def test_the_master_is_away(master, vms):
    with master.frozen():
        assert lets_in(vms["vmA"], "alice")
        assert not lets_in(vms["vmB"], "alice")
