# SPDX-License-Identifier: BSD-2-Clause
"""One rule for all VMs, real QEMUs: who is in the directory's group vm-NAME may open the console of the VM NAME.

Either the rule asks for the group, or the backend does, for each login; only the rule's answer is kept for a while."""
import contextlib
import re
import subprocess
import time

import consoles
import ldif
import pytest
import qemu
from daemon import PATIENCE, SASLWARDD, SLOW, in_time
from qemu import OPENED, REFUSED
from slapd import Slapd

VMS = ["vmA", "vmB"]
KEPT = {"rule": 10, "backend": 5}  # seconds: of an answer about a group; of an OK to a VM
SASLAUTHD_CONF = """\
ldap_servers: {url}
ldap_bind_dn: {who}
ldap_password: {password}
ldap_search_base: {people}
"""
CONFIGURATION = """\
listen  {mux} mode=0666
backend corp ldap config={file} deadline={deadline:.0f}ms
identity cmdline uid={uid}
"""
# Where the group is asked for: the rule, and what stands in saslauthd.conf.
PLACES = {
    "rule": ("permit service=spice vm=any user=@corp:vm-%v with=corp\n", f"ldap_group_search_base: {ldif.GROUPS}\n"),
    "backend": ("permit service=spice vm=any with=corp\n", f"ldap_group_dn: cn=vm-%v,{ldif.GROUPS}\n"),
}
PASSWORDS = {"alice": "alice's", "bob": "bob's", "carol": "carol's", "dora": ldif.DORA}


def configure(directory, url, where):
    """A saslward.conf for the directory server at url."""
    rule, groups = PLACES[where]
    file = directory / "saslauthd.conf"
    file.write_text(SASLAUTHD_CONF.format(url=url, who=ldif.SEARCH, password=ldif.SEARCH_PASSWORD, people=ldif.PEOPLE)
                    + groups)
    file.chmod(0o600)
    text = CONFIGURATION.format(mux=directory / "ward/mux", file=file, deadline=3000 * SLOW, uid=qemu.UID)
    return text + rule


def check(text, directory):
    """Skips the tests of a saslwardd that does not know such backends or rules."""
    path = directory / "try.conf"
    path.write_text(text)
    checked = subprocess.run([SASLWARDD, "--config", path, "--check"], capture_output=True, text=True, timeout=PATIENCE,
                             check=False)
    if re.search('unknown type of backend "ldap"|no backend knows groups', checked.stdout + checked.stderr):
        pytest.skip("this saslwardd has no groups of an LDAP backend yet")


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


@pytest.fixture(name="where", scope="module", params=PLACES)
def make_where(request):
    return request.param


@pytest.fixture(name="vms", scope="module")
def make_vms(where, place, certificates, replica):
    directory = place / where
    directory.mkdir()
    directory.chmod(0o755)
    text = configure(directory, replica.url, where)
    check(text, directory)
    qemu.configure_sasl(directory / "sasl", directory / "ward/mux")
    with consoles.Configured(directory / "ward", text), contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(qemu.Qemu(directory / name, name, directory / "sasl", certificates))
               for name in VMS}


def lets_in(vm, login):
    return vm.lets_in(login, PASSWORDS[login])


def changes_to(vm, login, expected, kept):
    """Asks again until the console opens, or no longer opens, as long as an old answer may be used.

    That may end between two channels of one login, which then has only some of them."""
    began = time.monotonic()
    while vm.login(login, PASSWORDS[login]) != (OPENED if expected else REFUSED):
        in_time(time.monotonic() - began, kept + 2 * SLOW)


MEMBERS = [("vmA", "alice", True), ("vmA", "bob", False), ("vmA", "carol", False), ("vmB", "alice", False),
           ("vmB", "bob", True)]


@pytest.mark.parametrize("name, login, expected", MEMBERS)
def test_members(vms, name, login, expected):
    assert lets_in(vms[name], login) == expected


def test_wrong_password(vms):
    assert not vms["vmA"].lets_in("alice", "bob's")


def test_the_next_login(master, replica, vms):
    """Nobody has asked about dora yet: no answer is kept."""
    master.add_member("vm-vmB", "dora")
    replica.wait_replicated()
    try:
        assert lets_in(vms["vmB"], "dora")
        assert not lets_in(vms["vmA"], "dora")
    finally:
        master.remove_member("vm-vmB", "dora")
        replica.wait_replicated()


def test_added_and_removed(master, replica, vms, where):
    assert not lets_in(vms["vmA"], "carol")
    master.add_member("vm-vmA", "carol")
    replica.wait_replicated()
    changes_to(vms["vmA"], "carol", True, KEPT[where])
    master.remove_member("vm-vmA", "carol")
    replica.wait_replicated()
    changes_to(vms["vmA"], "carol", False, KEPT[where])


def test_the_master_is_away(master, vms):
    with master.frozen():
        assert lets_in(vms["vmA"], "alice")
        assert not lets_in(vms["vmB"], "alice")
