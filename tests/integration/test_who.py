# SPDX-License-Identifier: BSD-2-Clause
"""saslward who and saslward diff: the matrix of a configuration, and what changes between two."""
import fcntl
import html.parser
import itertools
import os
import pathlib
import re
import struct

import pytest
from commands import as_json, saslward, too_wide
from conftest import by_name

CONFIG = """\
listen RUN/mux
listen RUN/own vm=own name=owner
backend system pam services=spice,imap
backend corp ldap ldap_servers=ldap://127.0.0.1/ ldap_search_base=dc=x
backend consoles sasldb path=/etc/saslward/consoles
group admins carol,dave

deny   user=eve
permit service=spice vm=any user=@admins with=system
permit service=spice vm=debianx user=alice,@root with=system
permit service=spice vm=win* user=@corp:console-%v with=corp
permit service=spice vm=uuid:9f3c2c1a-4f0e-4a52-9d5b-0f6b8f0a7c11 user=bob,%v-owner with=system
permit service=spice vm=lab-* user=*-lab with=consoles as-realm=%v
permit service=imap user=alice@example.org with=consoles
permit service=imap vm=none from=10.0.0.0/8 with=corp
permit service=smtp realm=example.org,%v with=corp,system
permit service=sieve peer=uid:4711 with=corp
permit service=own socket=owner with=corp
permit service=pop user=@no-such-group with=corp
permit service=pop user=!alice with=corp
permit service=until until=2001-01-01 with=corp
"""
UUID = "uuid:9f3c2c1a-4f0e-4a52-9d5b-0f6b8f0a7c11"
UNRESOLVED = "user=@no-such-group (group no-such-group: not found)"

# what it is, user, service, VM, the verdict, what is asked or what it depends on
CELLS = [
    ("denied everywhere", "eve", "spice", "debianx", "no", None),
    ("a group of the file", "carol", "spice", "debianx", "yes", ["system"]),
    ("its other member", "dave", "spice", "any other VM", "yes", ["system"]),
    ("not where no VM asks", "carol", "spice", "no VM", "no", None),
    ("a user at his VM", "alice", "spice", "debianx", "yes", ["system"]),
    ("a user at another", "alice", "spice", "any other VM", "no", None),
    ("a member of the system's group", "root", "spice", "debianx", "yes", ["system"]),
    ("a group of a backend", "@corp:console-%v", "spice", "win*", "yes", ["corp"]),
    ("a group of a backend elsewhere", "@corp:console-%v", "spice", "debianx", "no", None),
    ("who may be in a backend's group", "alice", "spice", "win*", "depends", "user=@corp:console-%v"),
    ("anybody else", "anybody else", "spice", "win*", "no", None),
    ("a UUID", "bob", "spice", UUID, "yes", ["system"]),
    ("a VM whose UUID is not known", "bob", "spice", "debianx", "depends", f"vm={UUID.replace('-', '')}"),
    ("a UUID is no other VM's", "bob", "spice", "any other VM", "no", None),
    ("a token in a user's name", "%v-owner", "spice", UUID, "yes", ["system"]),
    ("a token in a user's name, and no VM", "%v-owner", "spice", "no VM", "no", None),
    ("a pattern of users and one of VMs", "*-lab", "spice", "lab-*", "yes", ["consoles"]),
    ("a pattern of VMs for another", "alice", "spice", "lab-*", "no", None),
    ("a user with his realm", "alice@example.org", "imap", "debianx", "yes", ["consoles"]),
    ("his login without it", "alice", "imap", "debianx", "depends", "yes (consoles) with realm=example.org; else no"),
    ("an address", "bob", "imap", "no VM", "depends", "yes (corp) with from=10.0.0.0/8; else no"),
    ("an address from a VM", "bob", "imap", "debianx", "no", None),
    ("realms", "bob", "smtp", "no VM", "depends", "yes (corp, system) with realm=example.org; else no"),
    ("a VM's name as realm", "bob", "smtp", "debianx", "depends",
     "yes (corp, system) with realm=example.org; yes (corp, system) with realm=%v; else no"),
    ("a process", "bob", "sieve", "no VM", "depends", "peer=uid:4711"),
    ("a VM's socket", "bob", "own", "own", "depends", "yes (corp) with socket=owner; else no"),
    ("a VM's socket for others", "bob", "own", "debianx", "no", None),
    ("a group that does not resolve", "bob", "pop", "no VM", "depends", UNRESOLVED),
    ("a group that does not resolve, for anybody", "anybody else", "pop", "no VM", "depends", UNRESOLVED),
    ("a group that does not resolve, its members", "@no-such-group", "pop", "no VM", "yes", ["corp"]),
    ("a day that has passed", "bob", "until", "no VM", "no", None),
    ("any other service", "carol", "any other", "debianx", "no", None),
]


@pytest.fixture(name="config", scope="module")
def make_config(place):
    path = place / "saslward.conf"
    path.write_text(CONFIG.replace("RUN", str(place / "run")))
    return path


@pytest.fixture(name="who", scope="module")
def make_who(config, place):
    """The cells by user, service and VM."""
    seen, status = as_json(saslward("who", "--config", config, "--libvirt", place / "none", "--json"))
    assert status == 0
    return {(c["user"], c["service"], c["vm"]): c for c in seen["cells"]}


@pytest.mark.parametrize("user, service, vm, verdict, more", by_name(CELLS))
def test_cells(who, user, service, vm, verdict, more):
    cell = who[user, service, vm]
    assert cell["verdict"] == verdict
    assert cell["backends"] == (more if verdict == "yes" else None)
    assert cell["depends"] == (more if verdict == "depends" else None)


def test_rule(who, config):
    assert who["alice", "spice", "debianx"]["rule"] == f"{config}:10"
    assert who["eve", "spice", "debianx"]["rule"] == f"{config}:8"
    assert who["anybody else", "spice", "debianx"]["rule"] is None


def test_axes(who):
    """Every user, service and VM that is named, the system's group as its members, and who is named nowhere."""
    users, services, vms = (set(values) for values in zip(*who))
    assert users >= {"eve", "carol", "dave", "alice", "root", "@corp:console-%v", "bob", "%v-owner", "*-lab",
                     "alice@example.org", "@no-such-group", "anybody else"}
    assert "@root" not in users and "@admins" not in users
    assert services == {"spice", "imap", "smtp", "sieve", "own", "pop", "until", "any other"}
    assert vms == {"debianx", "win*", UUID, "lab-*", "own", "any other VM", "no VM"}
    assert len(who) == len(users) * len(services) * len(vms)


def test_agrees_with_explain(who, config):
    """Where nothing is left open, each says what explain says."""
    plain = {"spice", "until", "any other"}
    for (user, service, vm), cell in who.items():
        if service not in plain or user[0] in "@%*" or "@" in user or vm not in ("debianx", "own", "no VM", "any other VM"):
            continue
        options = {"no VM": [], "any other VM": ["--vm", "zzz", "--uuid", "f" * 32]}.get(vm, ["--vm", vm])
        seen, _ = as_json(saslward("explain", "--config", config, "--service", service.replace("any other", "zzz"), "--user",
                                   user.replace("anybody else", "zzz"), *options, "--json", wrap=False))
        assert {"let-in": "yes", "refused": "no", "untold": "depends"}[seen["verdict"]] == cell["verdict"], (user, service, vm)


def tables(text):
    """{title: {user: {column: cell}}}, parts of one table put together."""
    found, title, columns = {}, None, None
    for line, below in itertools.zip_longest(text.splitlines(), text.splitlines()[1:], fillvalue=""):
        if line.startswith("Service: "):
            title = line[len("Service: "):]
            found[title] = {}
        elif re.fullmatch("-+", below):
            columns = [(m[0], m.start()) for m in re.finditer(r"\S+(?: \S+)*", line)]
        elif not line.startswith(" ") or not columns or line.startswith(" ["):
            columns = columns if re.fullmatch("-+", line) else None
        else:
            ends = [start for _, start in columns[1:]] + [None]
            cells = [line[start:end].strip() for (_, start), end in zip(columns, ends)]
            found[title].setdefault(cells[0], {}).update(zip([name for name, _ in columns[1:]], cells[1:]))
    return found


def test_table(config, who, place):
    done = saslward("who", "--config", config, "--libvirt", place / "none")
    assert (done.returncode, done.stderr, too_wide(done.stdout)) == (0, "", [])
    assert done.stdout.isascii()
    seen = tables(done.stdout)
    assert seen["spice"]["alice"]["debianx"] == "yes (system)"
    assert set(seen["spice"]["alice"]) == {"debianx", "win*", UUID, "lab-*", "own", "any other VM", "no VM"}
    assert set(seen["pop"]["bob"]) == {"every VM", "no VM"}
    assert "until, any other - nobody gets in" in seen
    for user, row in seen["spice"].items():
        for vm, cell in row.items():
            assert cell.split(" ")[0] == who[user, "spice", vm]["verdict"]
    number = seen["pop"]["bob"]["no VM"].removeprefix("depends ")
    assert f"\n {number} {UNRESOLVED}\n" in done.stdout


def test_merged_services(directory):
    """Services with the same answers stand together, VMs where all have the same, too."""
    config = directory / "c"
    config.write_text("permit service=imap,pop with=shadow\npermit service=spice,vnc vm=any user=alice with=shadow\n"
                      "permit service=x vm=!a with=shadow\n")
    text = saslward("who", "--config", config, "--libvirt", directory).stdout
    assert text == """\
Service: imap, pop

 User           anywhere
------------------------------
 alice          yes (shadow)
 anybody else   yes (shadow)

Service: spice, vnc

 User           every VM       no VM
--------------------------------------
 alice          yes (shadow)   no
 anybody else   no             no

Service: x

 User           a    any other VM   no VM
--------------------------------------------------
 alice          no   yes (shadow)   yes (shadow)
 anybody else   no   yes (shadow)   yes (shadow)

Service: any other - nobody gets in
"""


def test_narrowed(config, place):
    """To users, VMs and services, also those that nothing names."""
    seen, _ = as_json(saslward("who", "--config", config, "--libvirt", place / "none", "--json", "--user", "zoe", "--user", "carol",
                               "--vm", "debianx", "--vm", "win11", "--service", "spice"))
    cells = {(c["user"], c["service"], c["vm"]): c["verdict"] for c in seen["cells"]}
    assert cells == {("carol", "spice", "debianx"): "yes", ("carol", "spice", "win11"): "yes",
                     ("zoe", "spice", "debianx"): "no", ("zoe", "spice", "win11"): "depends"}


# VMs of the host

DOCUMENT = """<domstatus state='running' reason='booted' pid='1'>
  <domain type='kvm' id='1'>
    <name>{name}</name>
    <uuid>{uuid}</uuid>
    <metadata><uuid>00000000-0000-0000-0000-000000000000</uuid></metadata>
  </domain>
</domstatus>
"""


@pytest.fixture(name="libvirt")
def make_libvirt(directory):
    """Two VMs, one of which runs: this process holds its lock, as its QEMU would."""
    for name, uuid in (("here", "9f3c2c1a-4f0e-4a52-9d5b-0f6b8f0a7c11"), ("stale", "11111111-4f0e-4a52-9d5b-0f6b8f0a7c11")):
        (directory / f"{name}.xml").write_text(DOCUMENT.format(name=name, uuid=uuid))
        (directory / f"{name}.pid").write_text(str(os.getpid()))
    (directory / "driver.pid").write_text("1")
    with open(directory / "here.pid", "r+b") as held:
        fcntl.fcntl(held, fcntl.F_SETLK, struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        yield directory


def test_domains(config, libvirt):
    """They are there without being named, under the name where a rule has the UUID, and running ones are marked."""
    seen, _ = as_json(saslward("who", "--config", config, "--libvirt", libvirt, "--json"))
    vms = {vm["name"]: vm for vm in seen["vms"]}
    assert (vms["here"]["running"], vms["stale"]["running"]) == (True, False)
    assert vms["here"]["uuid"] == UUID.replace("uuid:", "").replace("-", "")
    assert UUID not in vms and "driver" not in vms
    cells = {(c["user"], c["service"], c["vm"]): c for c in seen["cells"]}
    assert cells["bob", "spice", "here"]["verdict"] == "yes"
    assert cells["bob", "spice", "stale"]["verdict"] == "no"
    text = saslward("who", "--config", config, "--libvirt", libvirt).stdout
    assert "  here*  " in text and "stale*" not in text and text.count("\n* is running\n") == 1


# The page

class Page(html.parser.HTMLParser):
    """Its tables, what it loads, and whether each element is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tables, self.headings, self.loads = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta",):
            self.open.append(tag)
        self.loads += [(tag, key, value) for key, value in attrs if key in ("src", "href") and not value.startswith("#")]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data
        if "h2" in self.open:
            self.headings.append(data)


def test_page(config, libvirt, who):
    done = saslward("who", "--config", config, "--libvirt", libvirt, "--html")
    page = Page(done.stdout)
    assert (done.returncode, page.loads) == (0, [])
    assert "@import" not in done.stdout and "url(" not in done.stdout and "<script" not in done.stdout
    assert "prefers-color-scheme:dark" in done.stdout and "@media print" in done.stdout
    assert page.headings[0] == "Service: spice"
    table = page.tables[0]
    assert table[0][0] == "User" and "here running" in table[0] and "stale" in table[0]
    for row in table[1:]:
        assert row[1 + table[0][1:].index("debianx")].split(" ")[0] == who[row[0], "spice", "debianx"]["verdict"]
    notes = set(re.findall(r'<li id="(n\d+)">', done.stdout))
    assert notes == set(re.findall(r'<a href="#(n\d+)">', done.stdout)) != set()


ODD = """\
permit service="<s>&amp;\\"'" vm="<script>alert(1)</script>" user="<b>x</b>" with=shadow
permit service="<s>&amp;\\"'" vm="a\tb" user=j\u00fcrgen realm="</code>" with=shadow
"""


def test_odd_names(directory):
    """Nothing that a name holds becomes markup or reaches a terminal."""
    config = directory / "<i>.conf"
    config.write_text(ODD)
    page = saslward("who", "--config", config, "--libvirt", directory, "--html").stdout
    parsed = Page(page)
    assert re.findall(r"<(?:script|b|i|s)\b", page) == []
    assert "<script>alert(1)</script>" in parsed.tables[0][0]
    assert "<b>x</b>" in [row[0] for row in parsed.tables[0]]
    text = saslward("who", "--config", config, "--libvirt", directory).stdout
    assert "a\\x09b" in text and "\t" not in text
    seen, _ = as_json(saslward("who", "--config", config, "--libvirt", directory, "--json"))
    assert "a\\x09b" in {vm["name"] for vm in seen["vms"]}


def test_no_utf8(directory):
    config = directory / "c"
    config.write_bytes(b"permit service=spice vm=any user=\xff\xfe with=shadow\n")
    seen, _ = as_json(saslward("who", "--config", config, "--libvirt", directory, "--json"))
    assert "\\xff\\xfe" in {user["name"] for user in seen["users"]}


# Differences

BEFORE = "permit service=spice vm=a user=alice,bob with=shadow\npermit service=imap user=alice with=shadow\n"
UNCHANGED = []

# what it is, after, the changes: (user, service, VM, change, before, after)
CHANGES = [
    ("nothing", BEFORE, UNCHANGED),
    ("the same in other words", "group g bob,alice\npermit service=imap user=alice with=shadow\n"
     "permit service=spice vm=a user=@g with=shadow\n", UNCHANGED),
    ("a rule that decides nothing", BEFORE + "deny user=alice\n", UNCHANGED),
    ("a user gone", BEFORE.replace(",bob", ""), [("bob", "spice", "a", "loses", "yes (shadow)", "no")]),
    ("a new user", BEFORE.replace("alice,", "alice,carol,"), [("carol", "spice", "a", "gains", "no", "yes (shadow)")]),
    ("another VM", BEFORE.replace("vm=a", "vm=b"), [
        ("alice", "spice", "a", "loses", "yes (shadow)", "no"), ("alice", "spice", "b", "gains", "no", "yes (shadow)"),
        ("bob", "spice", "a", "loses", "yes (shadow)", "no"), ("bob", "spice", "b", "gains", "no", "yes (shadow)")]),
    ("a service gone", BEFORE.splitlines()[0] + "\n", [("alice", "imap", "anywhere", "loses", "yes (shadow)", "no")]),
    ("a service for everybody", BEFORE + "permit service=imap with=shadow\n", [
        ("bob", "imap", "anywhere", "gains", "no", "yes (shadow)"),
        ("anybody else", "imap", "anywhere", "gains", "no", "yes (shadow)")]),
    ("every VM", BEFORE + "permit service=spice vm=any user=bob with=shadow\n", [
        ("bob", "spice", "any other VM", "gains", "no", "yes (shadow)")]),
    ("another backend", BEFORE.replace("with=shadow", "with=getpwent", 1), [
        (user, "spice", "a", "changes", "yes (shadow)", "yes (getpwent)") for user in ("alice", "bob")]),
    ("a condition that cannot be told", BEFORE.replace("user=alice with", "user=alice peer=uid:0 with"), [
        ("alice", "imap", "anywhere", "may lose", "yes (shadow)", "depends")]),
    ("a denial first", "deny user=alice\n" + BEFORE, [
        ("alice", "spice", "a", "loses", "yes (shadow)", "no"), ("alice", "imap", "anywhere", "loses", "yes (shadow)", "no")]),
    ("everything", "deny user=alice\n", [
        ("alice", "spice", "a", "loses", "yes (shadow)", "no"), ("alice", "imap", "anywhere", "loses", "yes (shadow)", "no"),
        ("bob", "spice", "a", "loses", "yes (shadow)", "no")]),
]


def run_diff(directory, before, after, *options):
    (directory / "before").write_text(before)
    (directory / "after").write_text(after)
    return saslward("diff", directory / "after", "--config", directory / "before", "--libvirt", directory, *options)


@pytest.mark.parametrize("after, changes", by_name(CHANGES))
def test_diff(directory, after, changes):
    seen, status = as_json(run_diff(directory, BEFORE, after, "--json"))
    rows = [(c["user"], c["service"], c["vm"], c["change"], c["before"]["answer"], c["after"]["answer"]) for c in seen["changes"]]
    assert (rows, status) == (changes, 1 if changes else 0)
    back, _ = as_json(run_diff(directory, after, BEFORE, "--json"))
    assert {(c["user"], c["service"], c["vm"], c["after"]["answer"], c["before"]["answer"]) for c in back["changes"]} \
        == {(*row[:3], *row[4:]) for row in rows}
    text = run_diff(directory, BEFORE, after)
    assert (text.returncode, text.stderr, too_wide(text.stdout)) == (status, "", [])
    assert text.stdout == "Nobody gains or loses anything.\n" if not changes else text.stdout.count("\n") >= 2 + len(changes)


def test_diff_table(directory):
    text = run_diff(directory, BEFORE, BEFORE.replace("user=alice with", "user=alice peer=uid:0 with")).stdout
    assert text == """\
 User    Service   VM                    Before         After
---------------------------------------------------------------------
 alice   imap      anywhere   may lose   yes (shadow)   depends [1]

Depends on:
 [1] peer=uid:0

Lines that change, whoever they concern:
 - permit service=imap user=alice with=shadow
 + permit service=imap peer=uid:0 user=alice with=shadow
"""


# A configuration with all that the table of changes cannot show.
WHOLE = """\
listen /run/w/mux
listen /run/w/mail name=mail mode=0660
backend system pam services=spice,imap
backend consoles sasldb path=/etc/saslward/consoles
identity libvirt
penalty after=5
permit service=spice vm=any with=consoles as-realm=%v
permit service=imap with=system
"""
REALM = "permit service=spice vm=any with=consoles as-realm=%v"

# what it is, a text, its replacement, the lines that change as diff shows them
LINES = [
    ("who may ask", "listen /run/w/mail name=mail mode=0660", "listen /run/w/mail name=mail mode=0660 allow=uid:0"),
    ("a mode", "mode=0660", "mode=0600"),
    ("a name", "name=mail", "name=post"),
    ("the services of a backend", "services=spice,imap", "services=spice,imap,pop"),
    ("a backend's path", "path=/etc/saslward/consoles", "path=/etc/saslward/others"),
    ("whose word is taken", "identity libvirt", "identity libvirt machined"),
    ("a penalty", "after=5", "after=25"),
]


@pytest.mark.parametrize("text, changed", by_name(LINES))
def test_diff_lines(directory, text, changed):
    """What no table shows is listed, and is a difference."""
    after = WHOLE.replace(text, changed)
    removed, = set(WHOLE.splitlines()) - set(after.splitlines())
    added, = set(after.splitlines()) - set(WHOLE.splitlines())
    seen, status = as_json(run_diff(directory, WHOLE, after, "--json"))
    assert (status, seen["changes"], seen["rules_reordered"]) == (1, [], False)
    for line, lines in ((removed, seen["lines_removed"]), (added, seen["lines_added"])):
        assert len(lines) == 1 and all(word in lines[0].replace('"', "") for word in line.split())
    text = run_diff(directory, WHOLE, after)
    assert (text.returncode, too_wide(text.stdout)) == (1, [])
    assert text.stdout.startswith("Lines that change, whoever they concern:\n - ") and "\n + " in text.stdout
    assert "Nobody" not in text.stdout


# what it is, before, after, the cells
OPTIONS = [
    ("a realm", REALM, REALM.replace("%v", "lab"), ("yes (consoles as-realm=%v)", "yes (consoles as-realm=lab)")),
    ("no realm", REALM, REALM.replace(" as-realm=%v", ""), ("yes (consoles as-realm=%v)", "yes (consoles)")),
    ("a name", REALM, f"{REALM} as=x", ("yes (consoles as-realm=%v)", "yes (consoles as=x as-realm=%v)")),
    ("what stands in for it", REALM, f"{REALM} stale=1m", ("yes (consoles as-realm=%v)", "yes (consoles as-realm=%v stale=60000ms)")),
]


@pytest.mark.parametrize("before, after, cells", by_name(OPTIONS))
def test_diff_options(directory, before, after, cells):
    """What a rule has the backends asked for."""
    seen, status = as_json(run_diff(directory, WHOLE, WHOLE.replace(before, after), "--json"))
    change, = seen["changes"]
    assert (status, change["user"], change["service"], change["vm"]) == (1, "anybody else", "spice", "every VM")
    assert (change["change"], change["before"]["answer"], change["after"]["answer"]) == ("changes", *cells)
    assert cells[1] in run_diff(directory, WHOLE, WHOLE.replace(before, after)).stdout


def test_diff_services(directory):
    """A service that its only backend does not serve any more."""
    seen, status = as_json(run_diff(directory, WHOLE, WHOLE.replace("services=spice,imap", "services=spice"), "--json"))
    change, = seen["changes"]
    assert (status, change["service"], change["change"], change["after"]["answer"]) == (1, "imap", "loses", "no")


def test_diff_behind_what_cannot_be_told(directory):
    """A table that ends with "depends" does not tell what the rules behind it say, nor their order."""
    first, second = "permit service=imap peer=uid:0 with=shadow\n", "permit service=imap user=alice with=shadow\n"
    seen, status = as_json(run_diff(directory, first + second, first, "--json"))
    assert (status, seen["lines_removed"], seen["lines_added"]) == (1, [second.strip()], [])
    first, second = f"{first}permit service=imap peer=uid:1 with=shadow\n", f"deny service=imap peer=uid:1\n{second}"
    moved = "".join(line + "\n" for line in reversed((first + second).splitlines()))
    seen, status = as_json(run_diff(directory, first + second, moved, "--json"))
    assert (status, seen["rules_reordered"]) == (1, True)
    assert "The order of the rules changes.\n" in run_diff(directory, first + second, moved).stdout


def test_diff_later(directory):
    """What ends some day."""
    before = "permit service=imap until=2099-12-31 with=shadow\n"
    seen, status = as_json(run_diff(directory, before, before.replace("99", "98"), "--json"))
    assert (status, seen["changes"], len(seen["lines_added"])) == (1, [], 1)


def test_sockets_of_some(directory):
    """A yes is one at a socket that everybody may ask at; where there is none, it depends."""
    config = directory / "c"
    rule = "permit service=imap with=shadow\n"
    listens = f"listen {directory}/mux allow=uid:4711\n", f"listen {directory}/other\n"

    def who(*options):
        return saslward("who", "--config", config, "--libvirt", directory, *options)

    config.write_text("".join(listens) + rule)
    seen, _ = as_json(who("--json"))
    assert [(s["path"], s["allow"]) for s in seen["sockets"]] == [(f"{directory}/mux", "uid:4711"), (f"{directory}/other", None)]
    assert {c["verdict"] for c in seen["cells"] if c["service"] == "imap"} == {"yes"}
    remark = f"allow=uid:4711 at {directory}/mux"
    assert f"Not for every process, whatever the rules say:\n - {remark}\n" in who().stdout
    assert Page(who("--html").stdout).open == [] and remark in who("--html").stdout
    config.write_text(listens[0] + rule)
    seen, _ = as_json(who("--json"))
    assert {(c["verdict"], c["depends"]) for c in seen["cells"] if c["service"] == "imap"} \
        == {("depends", f"yes (shadow) with {remark}; else no")}
    seen, status = as_json(run_diff(directory, listens[1] + rule, listens[0] + rule, "--json"))
    assert status == 1 and {c["change"] for c in seen["changes"]} == {"may lose"}


# what it is, arguments, what is said; GOOD and BAD are files
WRONG = [
    ("no new one", ["diff"], "give the new configuration's file"),
    ("two", ["diff", "GOOD", "GOOD"], "GOOD: an argument too many"),
    ("a wrong new one", ["diff", "BAD", "--config", "GOOD"], "BAD:1:1: unknown keyword"),
    ("a wrong old one", ["diff", "GOOD", "--config", "BAD"], "BAD:1:1: unknown keyword"),
    ("none", ["diff", "GOOD", "--config", "/nowhere"], "/nowhere:1:1: cannot be read"),
    ("a wrong one", ["who", "--config", "BAD"], "BAD:1:1: unknown keyword"),
    ("an argument too many", ["who", "more"], "more: an argument too many"),
    ("two forms", ["who", "--json", "--html"], "give one of --json and --html"),
    ("no such option", ["who", "--wmo"], "wrong usage"),
    ("a wrong one, shown", ["conf", "--config", "BAD"], "BAD:1:1: unknown keyword"),
]


@pytest.mark.parametrize("arguments, said", by_name(WRONG))
def test_wrong(directory, arguments, said):
    files = {"GOOD": directory / "good", "BAD": directory / "bad"}
    files["GOOD"].write_text(BEFORE)
    files["BAD"].write_text("nonsense\n")
    done = saslward(*(files.get(a, a) for a in arguments))
    for name, path in files.items():
        said = said.replace(name, str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_too_many(directory):
    """Refused before they fill the memory; narrowed, shown."""
    config = directory / "c"
    config.write_text("".join(f"permit service=s{n % 9} vm=v{n} user=u{n} with=shadow\n" for n in range(2000)))
    for arguments in (["who"], ["diff", config]):
        done = saslward(*arguments, "--config", config, "--libvirt", directory)
        assert done.returncode == 2 and "2001 users, 10 services and 2002 VMs are too many" in done.stderr
    done = saslward("who", "--config", config, "--libvirt", directory, "--user", "u7", "--vm", "v7")
    assert "\n u7     yes (shadow)\n" in done.stdout


def test_cannot_write(config):
    """A full disk is no success."""
    if not pathlib.Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = saslward("conf", "--config", config, stdout=full)
    assert done.returncode == 2 and "cannot write the output: No space left on device" in done.stderr
