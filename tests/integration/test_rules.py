# SPDX-License-Identifier: BSD-2-Clause
"""The rules through the whole daemon with the real workers: the answer, and what the log says of it."""
import datetime

import pytest
from client import ask, checkpass
from conftest import by_name
from daemon import Daemon

TODAY = datetime.date.today()
NO_RULE = "no rule permits it"
BUT_FOR_VM = f"{NO_RULE}; RULE would, but for vm=: no VM asks; try: saslward test --vm NAME"

# Each condition has a service of its own, and lets alice in with her password of vmA.
CONDITIONS = """\
listen RUN/a vm=vmA name=first
listen RUN/b vm=vmB
listen RUN/long vm=win-server-2022
listen RUN/quoted vm="v*"
listen RUN/none name=second
listen RUN/somebody allow=uid:4711
listen RUN/everybody allow=uid:4711,uid:root
listen RUN/notroot allow=!uid:root
backend db sasldb path=DB
group staff alice,bob
group mail imap,pop
group vms vmA,vmX
group names first,third
group nets 192.0.2.0/24,2001:db8::/32
deny service=vm-deny vm=vmA reason="%s of %v"
permit service=service,other with=db as-realm=vmA
permit service=@mail with=db as-realm=vmA
permit service=glob* with=db as-realm=vmA
permit service="a b" with=db as-realm=vmA
permit service=realm realm=vmA,x?z with=db as-realm=vmA
permit service=empty realm="" with=db as-realm=vmA
permit service=notempty realm=!"" with=db as-realm=vmA
permit service=vrealm vm=any realm=%v with=db as-realm=vmA
permit service=exact vm=vmA with=db as-realm=vmA
permit service=pattern vm=vm?,win-* with=db as-realm=vmA
permit service=literal vm="v*" with=db as-realm=vmA
permit service=vms vm=@vms with=db as-realm=vmA
permit service=any vm=any with=db as-realm=vmA
permit service=none vm=none with=db as-realm=vmA
permit service=notvm vm=!vmA with=db as-realm=vmA
permit service=user user=alice with=db as-realm=vmA
permit service=userat user=alice@vmA with=db as-realm=vmA
permit service=staff user=@staff,!bob with=db as-realm=vmA
permit service=notuser user=!alice with=db as-realm=vmA
permit service=usertoken vm=any user=alice-%v with=db as=alice as-realm=vmA
permit service=socket socket=first with=db as-realm=vmA
permit service=sockets socket=@names with=db as-realm=vmA
permit service=uid peer=uid:root with=db as-realm=vmA
permit service=otheruid peer=uid:4711 with=db as-realm=vmA
permit service=from vm=none from=192.0.2.0/24,2001:db8::/32 with=db as-realm=vmA
permit service=nets vm=none from=@nets,!192.0.2.66 with=db as-realm=vmA
permit service=until until=TODAY with=db as-realm=vmA
permit service=past until=YESTERDAY with=db as-realm=vmA
permit service=both vm=vmA realm=vmA user=alice with=db
"""

# what it is, socket, service, realm, fifth field or None, the reason (None: let in)
MATCHES = [
    ("a service", "none", "service", "", None, None),
    ("the other service", "none", "other", "x", None, None),
    ("no service", "none", "third", "", None, NO_RULE),
    ("a service in other case", "none", "Service", "", None, NO_RULE),
    ("a service's beginning", "none", "servic", "", None, NO_RULE),
    ("the empty service", "none", "", "", None, NO_RULE),
    ("a service of a group", "none", "pop", "", None, None),
    ("a service by pattern", "none", "globular", "", None, None),
    ("a pattern itself", "none", "glob*", "", None, None),
    ("a quoted service", "none", "a b", "", None, None),
    ("a realm", "none", "realm", "vmA", None, None),
    ("a realm by pattern", "none", "realm", "xyz", None, None),
    ("another realm", "none", "realm", "vmB", None, NO_RULE),
    ("no realm", "none", "realm", "", None, NO_RULE),
    ("the empty realm", "none", "empty", "", None, None),
    ("not the empty realm", "none", "empty", "x", None, NO_RULE),
    ("any realm but the empty one", "none", "notempty", "x", None, None),
    ("the empty one", "none", "notempty", "", None, NO_RULE),
    ("the VM's name as realm", "a", "vrealm", "vmA", None, None),
    ("another VM's name as realm", "b", "vrealm", "vmA", None, NO_RULE),
    ("its own", "b", "vrealm", "vmB", None, None),
    ("no realm for the VM's name", "a", "vrealm", "", None, NO_RULE),
    ("a pattern for the VM's name", "a", "vrealm", "vm*", None, NO_RULE),
    ("a realm and no VM", "none", "vrealm", "vmA", None, NO_RULE),
    ("a VM whose name is a pattern", "quoted", "vrealm", "vmA", None, NO_RULE),
    ("a VM whose name is a pattern, its own", "quoted", "vrealm", "v*", None, None),
    ("a VM", "a", "exact", "", None, None),
    ("another VM", "b", "exact", "vmA", None, NO_RULE),
    ("no VM", "none", "exact", "vmA", None, BUT_FOR_VM),
    ("VMs by pattern", "b", "pattern", "", None, None),
    ("VMs by another pattern", "long", "pattern", "", None, None),
    ("VMs by no pattern", "quoted", "exact", "", None, NO_RULE),
    ("a quoted name is no pattern", "a", "literal", "", None, NO_RULE),
    ("a quoted name", "quoted", "literal", "", None, None),
    ("VMs of a group", "a", "vms", "", None, None),
    ("none of the group", "b", "vms", "", None, NO_RULE),
    ("any VM", "long", "any", "", None, None),
    ("not any VM", "none", "any", "", None, BUT_FOR_VM),
    ("known to be none", "none", "none", "", None, None),
    ("known to be one", "a", "none", "", None, NO_RULE),
    ("another than the VM", "b", "notvm", "", None, None),
    ("the very VM", "a", "notvm", "", None, NO_RULE),
    ("none at all is another", "none", "notvm", "", None, None),
    ("a VM denied", "a", "vm-deny", "", None, "vm-deny of vmA"),
    ("a VM not denied", "b", "vm-deny", "", None, NO_RULE),
    ("a user", "none", "user", "x", None, None),
    ("a user with his realm", "none", "userat", "vmA", None, None),
    ("a user with another realm", "none", "userat", "vmB", None, NO_RULE),
    ("a user without a realm", "none", "userat", "", None, NO_RULE),
    ("a user of a group", "none", "staff", "", None, None),
    ("everybody else", "none", "notuser", "", None, NO_RULE),
    ("a user with the VM's name", "a", "usertoken", "", None, NO_RULE),
    ("a socket", "a", "socket", "", None, None),
    ("another socket", "none", "socket", "", None, NO_RULE),
    ("a socket without a name", "b", "socket", "", None, NO_RULE),
    ("sockets of a group", "a", "sockets", "", None, None),
    ("a uid", "none", "uid", "", None, None),
    ("another uid", "none", "otheruid", "", None, NO_RULE),
    ("an address", "none", "from", "", "192.0.2.7;4711", None),
    ("an address of IPv6", "none", "from", "", "2001:db8::1;4711", None),
    ("another address", "none", "from", "", "192.0.3.7;4711", NO_RULE),
    ("no address", "none", "from", "", None, NO_RULE),
    ("an empty address", "none", "from", "", "", NO_RULE),
    ("no address in it", "none", "from", "", "192.0.2.7", None),
    ("no address at all", "none", "from", "", "somewhere", "cannot tell from="),
    ("a VM says its client's address", "a", "from", "", "192.0.2.7;4711", NO_RULE),
    ("networks of a group", "none", "nets", "", "192.0.2.7;1", None),
    ("an address excluded", "none", "nets", "", "192.0.2.66;1", NO_RULE),
    ("the last day", "none", "until", "", None, None),
    ("the day before", "none", "past", "", None, NO_RULE),
    ("all hold", "a", "both", "vmA", None, None),
    ("one does not", "a", "both", "vmB", None, NO_RULE),
    ("another does not", "b", "both", "vmA", None, NO_RULE),
    ("a socket for others", "somebody", "service", "", None, "this process may not use this socket (allow=)"),
    ("a socket for us, too", "everybody", "service", "", None, None),
    ("a socket for all but us", "notroot", "service", "", None, "this process may not use this socket (allow=)"),
]
VMS = {"a": "vmA by socket", "b": "vmB by socket", "long": "win-server-2022 by socket", "quoted": "v* by socket"}


def configuration(text, directory, database):
    for name, value in (("RUN", directory / "run"), ("DB", database), ("YESTERDAY", TODAY - datetime.timedelta(days=1)),
                        ("TODAY", TODAY)):
        text = text.replace(name, str(value))
    return text


def line_of(config, start):
    """FILE:LINE of the first line with that start, None if there is none."""
    lines = [n for n, line in enumerate(config.read_text().splitlines(), 1) if start and line.startswith(start)]
    return f"{config}:{lines[0]}" if lines else None


@pytest.fixture(name="conditions", scope="module")
def make_conditions(place, pristine):
    config = configuration(CONDITIONS, place, pristine)
    with Daemon(place / "run", config=config, ready=["identity", "db"]) as daemon:
        daemon.socket = daemon.directory / "none"
        yield daemon


@pytest.mark.parametrize("socket, service, realm, fifth, reason", by_name(MATCHES))
def test_conditions(conditions, socket, service, realm, fifth, reason):
    reply = ask(conditions.directory / socket, "alice", "secretA", service, realm, *([] if fifth is None else [fifth]))
    login = conditions.last_login()
    if service == "until" and datetime.date.today() != TODAY:
        pytest.skip("midnight has passed since the configuration was written")
    assert reply == (b"NO" if reason else b"OK")
    assert (login["user"], login["service"], login["realm"]) == ("alice", service, realm)
    rule = line_of(conditions.config, f"permit service={service} ")
    assert login.get("reason") == (reason and reason.replace("RULE", str(rule)))
    assert login.get("vm") == VMS.get(socket, "none")
    assert login.get("remote") == (fifth or None)
    assert login["mech"] == ("rules" if reason else "db")
    assert ("rule" in login) == (not reason or not reason.startswith((NO_RULE, "this process")))


def test_users(conditions):
    """Who else than alice."""
    socket = conditions.directory / "a"
    assert ask(socket, "bob", "b" * 200, "staff") == b"NO"
    assert conditions.last_reason() == NO_RULE
    assert ask(socket, "bob", "b" * 200, "notuser") == b"OK"
    assert ask(socket, "alice-vmA", "secretA", "usertoken") == b"OK"
    assert ask(socket, "alice-vmB", "secretA", "usertoken") == b"NO"
    assert ask(socket, "alice@vmA", "secretA", "userat") == b"NO"  # the rule holds; no such account
    assert conditions.last_reason() == "no such user in realm vmA"
    assert ask(socket, "alice@vmB", "secretA", "userat", "vmA") == b"NO"
    assert conditions.last_reason() == NO_RULE


# Names that are not what they look like

NAMES = """\
listen RUN/a vm=vmA
listen RUN/b vm=vmB
backend db sasldb path=DB
deny user=eve reason="%u left the company"
permit service=own vm=any realm=%v with=db as-realm=%v
permit service=spice vm=any with=db as-realm=%v
permit service=typed with=db
"""

# what it is, login, password, service, realm, socket, the rule, the reason
ODD_NAMES = [
    ("eve", "eve", "eve-host", "typed", "", "a", "deny", "eve left the company"),
    ("eve of a realm", "eve", "eve-x", "typed", "x", "a", "deny", "eve left the company"),
    ("a blank before", " eve", "eve-x", "typed", "x", "a", None, "blank in name"),
    ("a blank behind", "eve ", "eve-x", "typed", "x", "a", None, "blank in name"),
    ("a tab behind", "eve\t", "eve-x", "typed", "x", "a", None, "control byte in login"),
    ("a tab before", "\teve", "eve-x", "typed", "x", "a", None, "control byte in login"),
    ("a newline", "eve\n", "eve-x", "typed", "x", "a", None, "control byte in login"),
    ("a control byte inside", "e\x01ve", "eve-x", "typed", "x", "a", None, "control byte in login"),
    ("DEL", "eve\x7f", "eve-x", "typed", "x", "a", None, "control byte in login"),
    ("nothing but a blank", " ", "eve-x", "typed", "x", "a", None, "blank in name"),
    ("a blank in the realm", "eve", "eve-x", "typed", "x ", "a", None, "blank in name"),
    ("a blank in the service", "eve", "eve-x", "typed ", "x", "a", None, "blank in name"),
    ("other case", "EVE", "eve-x", "typed", "x", "a", "permit service=typed", "no such user in realm x"),
    ("fullwidth letters", "ｅｖｅ", "eve-x", "typed", "x", "a", "permit service=typed", "no such user in realm x"),
    ("a realm in the login", "eve@x", "eve-x", "typed", "", "a", "permit service=typed", None),
    ("a realm in the login, and an @", "alice@vmA@", "secretA", "spice", "", "b", "permit service=spice",
     "no such user in realm vmB"),
    ("a realm in the login, for libsasl", "alice@vmA", "secretA", "spice", "", "b", "permit service=spice",
     "no such user in realm vmB"),
    ("two in the login", "a@b@vmA", "secretA", "spice", "", "a", "permit service=spice", "no such user in realm vmA"),
    ("another VM's realm typed", "alice", "secretA", "spice", "vmA", "b", "permit service=spice", "wrong password"),
    ("another VM's realm, this one's password", "alice", "secretB", "spice", "vmA", "b", "permit service=spice", ""),
    ("another VM's realm typed where it must be this one's", "alice", "secretB", "own", "vmA", "b", None, NO_RULE),
    ("this VM's realm typed", "alice", "secretB", "own", "vmB", "b", "permit service=own", ""),
    ("its password at the other", "alice", "secretB", "spice", "", "a", "permit service=spice", "wrong password"),
    ("the host's password", "alice", "secretH", "spice", "", "a", "permit service=spice", "wrong password"),
]


@pytest.fixture(name="names", scope="module")
def make_names(place, pristine):
    directory = place / "names"
    directory.mkdir()
    config = configuration(NAMES, directory, pristine)
    with Daemon(directory / "run", config=config, ready=["identity", "db"]) as daemon:
        daemon.socket = daemon.directory / "none"
        yield daemon


@pytest.mark.parametrize("login, password, service, realm, socket, rule, reason", by_name(ODD_NAMES))
def test_odd_names(names, login, password, service, realm, socket, rule, reason):
    reply = ask(names.directory / socket, login, password, service, realm)
    seen = names.last_login()
    if reason is None:  # whatever a backend makes of it: it is refused
        assert reply == b"NO" and seen["outcome"] == "failure"
        return
    text = f" {reason}" if reason in ("blank in name", "control byte in login") else ""  # as with any bad request
    assert reply == (f"NO{text}".encode() if reason else b"OK"), seen
    assert seen.get("reason", "") == reason
    assert seen.get("rule") == line_of(names.config, rule)


# typed at vmB's console, password, the service that lets it in: one by the VM's realm, one by the realm that is typed
TYPED = [
    ("a good login", "alice", "secretB", "spice"),
    ("another VM's realm, this one's password", "alice@vmA", "secretB", "spice"),
    ("another VM's password", "alice", "secretA", None),
    ("another VM's realm and password", "alice@vmA", "secretA", "typed"),
    ("another VM's, and an @", "alice@vmA@", "secretA", None),
    ("another VM's, and this one's", "alice@vmA@vmB", "secretA", None),
    ("eve", "eve", "eve-host", None),
    ("eve of a realm", "eve@x", "eve-x", None),
    ("eve with a blank", "eve @x", "eve-x", None),
    ("eve behind a blank", " eve@x", "eve-x", None),
    ("eve in capitals", "EVE@x", "eve-x", None),
    ("eve in fullwidth letters", "ｅｖｅ@x", "eve-x", None),
]


@pytest.mark.parametrize("service", ["spice", "typed"])
@pytest.mark.parametrize("typed, password, where", by_name(TYPED))
def test_typed_through_libsasl2(names, typed, password, where, service):
    """Which splits the name and strips blanks, here and, for the sasldb, once more in our worker."""
    assert checkpass(names.directory / "b", typed, password, service) == (service == where)
