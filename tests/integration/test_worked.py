# SPDX-License-Identifier: BSD-2-Clause
"""The worked configurations of saslward-vm(7), from the page's own text: who gets in with each, and who does not. A socket
that is said to be a machine's stands in for the machine; the directory, PAM and the sasldb are real."""
import os
import re

import ldif
import manual
import pytest
from client import ask, is_ok
from commands import saslward
from conftest import by_name, set_password
from daemon import Daemon
from host import UNIX, Host, hashed
from slapd import Slapd

SECTIONS = dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=^#)", manual.source("saslward-vm.7").partition("\n# EXAMPLES\n")[2], re.M | re.S))
LAB, DEPARTMENT, MAIL, MIXED, MANY = SECTIONS
MACHINES = ["lab-1", "lab-2", "vmA", "vmB", "other"]
GROUPS = {"console-admins": "carol", "former": "bob"}  # beside those of ldif.py
ALICE, CAROL = "alice's", "carol's"  # in the directory

# what it is, the configuration, the machine that asks (None: a program), service, login, password, realm, whether it is let in
LOGINS = [
    ("lab: its user", LAB, "lab-1", "spice", "frank", "frank 1", "", True),
    ("lab: its user, with a realm typed", LAB, "lab-1", "vnc", "frank", "frank 1", "lab-2", True),
    ("lab: another machine's password", LAB, "lab-2", "spice", "frank", "frank 1", "lab-1", False),
    ("lab: the teacher", LAB, "lab-2", "spice", "miller", "of miller", "", True),
    ("lab: another machine", LAB, "other", "spice", "miller", "of miller", "", False),
    ("lab: no machine", LAB, None, "spice", "frank", "frank 1", "lab-1", False),
    ("department: in the machine's group", DEPARTMENT, "vmA", "spice", "alice", ALICE, "", True),
    ("department: in another's", DEPARTMENT, "vmB", "spice", "alice", ALICE, "", False),
    ("department: a wrong password", DEPARTMENT, "vmA", "spice", "alice", CAROL, "", False),
    ("department: an administrator", DEPARTMENT, "vmB", "spice", "carol", CAROL, "", True),
    ("department: has left, in the group still", DEPARTMENT, "vmB", "spice", "bob", "bob's", "", False),
    ("mail: of the directory", MAIL, None, "imap", "alice", ALICE, "", True),
    ("mail: a wrong password", MAIL, None, "imap", "alice", CAROL, "", False),
    ("mail: the postmaster", MAIL, None, "smtp", "postmaster", "of the postmaster", "", True),
    ("mail: of the machine, and in no directory", MAIL, None, "smtp", "lastday", "secret", "", False),
    ("mail: a console", MAIL, "vmA", "spice", "alice", ALICE, "", False),
    ("mixed: a console", MIXED, "vmA", "spice", "frank", "of frank", "", True),
    ("mixed: another's", MIXED, "vmB", "spice", "frank", "of frank", "", False),
    ("mixed: mail", MIXED, None, "smtp", "alice", "secret", "", True),
    ("mixed: mail's password at a console", MIXED, "vmA", "spice", "alice", "secret", "", False),
    ("mixed: mail from a machine", MIXED, "vmA", "smtp", "alice", "secret", "", False),
    ("many: an operator", MANY, "vmA", "spice", "carol", CAROL, "", True),
    ("many: somebody else", MANY, "vmA", "spice", "alice", ALICE, "", False),
]
UUID = "9f3c2c1a-4f0e-4a52-9d5b-0f6b8f0a7c11"
# What no socket can stand in for: what it is, the configuration, what explain is asked, its exit status
EXPLAINED = [
    ("mixed: libvirt's administrator", MIXED, ["libvirt", "root", "--peer-unit=libvirtd.service"], 0),
    ("mixed: another program", MIXED, ["libvirt", "root", "--peer-unit=cron.service"], 1),
    ("many: the machine's owner", MANY, ["spice", "alice", "--vm=web-7", f"--uuid={UUID}"], 0),
    ("many: at another one of that name", MANY, ["spice", "alice", "--vm=web-7", f"--uuid={UUID[::-1]}"], 1),
    ("mail: Postfix in its chroot", MAIL, ["smtp", "alice", "--socket=postfix"], 0),
    ("mail: a service of nobody's", MAIL, ["xmpp", "alice", "--socket=postfix"], 1),
]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for service files and accounts of its own")


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database):
    with Slapd(place / "slapd", ldap_database) as server:
        for name, member in GROUPS.items():
            server.add(f"cn={name},{ldif.GROUPS}", objectClass="groupOfUniqueNames", cn=name, uniqueMember=ldif.user_dn(member))
        yield server


@pytest.fixture(name="host", scope="module")
def make_host(place):
    host = Host(place)
    for service in ("smtp", "imap", "sieve", "libvirt"):
        host.service(service, UNIX)
    host.add_account("postmaster", hashed("of the postmaster"))
    return host


@pytest.fixture(name="consoles", scope="module")
def make_consoles(place):
    for login, realm, password in [("frank", "lab-1", "frank 1"), ("miller", "teachers", "of miller"),
                                   ("frank", "vmA", "of frank")]:
        set_password(place / "consoles", login, realm, password)
    return place / "consoles"


def adapted(name, place, ldap=""):
    """The page's text, with paths and the directory of the test, and the machines' sockets."""
    text = re.search(r"; example: saslward.conf\n```\n(.*?)^```$", SECTIONS[name], re.M | re.S)[1]
    (place / "saslward.d").mkdir(exist_ok=True)
    (place / "saslward.d/vm.conf").write_text(manual.examples("saslward.d")[0][1])
    for path, content in (("ldap.password", ldif.SEARCH_PASSWORD), (
            "saslauthd.conf", f"ldap_servers: {ldap or 'ldap://127.0.0.1/'}\nldap_search_base: {ldif.PEOPLE}\n")):
        (place / path).write_text(content)
        (place / path).chmod(0o600)
    for pattern, value in [
            (r"/etc/saslward/|/etc/(?=sasl)", f"{place}/"), (r'"ldaps://[^"]*"', ldap or "ldap://127.0.0.1/"),
            ("dc=example,dc=com", ldif.BASE), ("cn=saslward,", "cn=search,"), (r".*ldap_tls_cacert_file=.*\n", "\n"),
            (r'("ou=groups,.*" \\|ldap_password_file=\S*) \\\n(?=\n)', r"\1\n"),
            (r"^listen \S*/postfix/\S*", f"listen {place}/run/postfix.mux"), (r"^listen (?!\S*postfix)\S*", f"listen {place}/run/mux")]:
        text = re.sub(pattern, value, text, flags=re.M)
    if f"listen {place}/run/mux" not in text:
        text += f"listen {place}/run/mux\n"
    return text + "".join(f"listen {place}/run/{machine} vm={machine}\n" for machine in MACHINES)


@pytest.fixture(name="running", scope="module")
def make_running(place, host, server, consoles):
    """A daemon with that configuration; the one from before has ended."""
    del consoles
    current = {}

    def start(name):
        if name not in current:
            while current:
                current.popitem()[1].__exit__(None, None, None)
            daemon = Daemon(place / "run", config=adapted(name, place, server.url), prefix=host.prefix)
            current[name] = daemon.__enter__()
        return current[name]

    yield start
    for daemon in current.values():
        daemon.__exit__(None, None, None)


@needs_root
@pytest.mark.parametrize("name, machine, service, login, password, realm, expected", by_name(LOGINS))
def test_logins(running, name, machine, service, login, password, realm, expected):
    daemon = running(name)
    assert is_ok(ask(daemon.directory / (machine or "mux"), login, password, service, realm)) == expected, daemon.log()


@pytest.mark.parametrize("name, question, status", by_name(EXPLAINED))
def test_explained(directory, name, question, status):
    (directory / "saslward.conf").write_text(adapted(name, directory))
    service, user, *options = question
    done = saslward("explain", "--config", directory / "saslward.conf", "--service", service, "--user", user, *options)
    assert done.returncode == status, done.stdout + done.stderr


def test_all_are_tried():
    """Each lets somebody in, and refuses somebody."""
    tried = {(row[1], row[-1]) for row in LOGINS}
    assert tried == {(name, expected) for name in SECTIONS for expected in (True, False)} and len(SECTIONS) == 5
