# SPDX-License-Identifier: BSD-2-Clause
"""saslward explain: the words for each case, and that a daemon with the same configuration decides the same."""
import json
import os
import random
import re
import subprocess

import pytest
from client import ask
from commands import as_json, saslward, too_wide
from conftest import by_name
from daemon import BUILD, PATIENCE, SASLWARDD, WORKERS, WRAP
from fakes import Programs
from reloading import Reloaded

CONFIG = """\
listen RUN/mux
listen RUN/own vm=own name=owner
listen RUN/postfix name=mail allow=uid:4711
backend system pam services=spice,imap
backend corp ldap ldap_servers=ldap://127.0.0.1/ ldap_search_base=dc=x deadline=7s
backend consoles sasldb path=/etc/saslward/consoles
group admins carol,dave
group vms debianx,win11

deny   user=eve reason="%u left the company"
permit service=spice vm=any user=@admins with=system
permit service=spice vm=debianx user=alice with=system,corp
permit service=spice vm=win* user=@corp:console-%v with=corp
permit service=spice vm=uuid:9f3c2c1a-4f0e-4a52-9d5b-0f6b8f0a7c11 user=bob with=system
permit service=spice vm=lab-* with=consoles,corp as-realm=%v deadline=500ms
permit service=as with=consoles as=x-%u%R as-realm=%v
permit service=imap realm=example.org user=@GROUP with=system
permit service=imap from=10.0.0.0/8 peer=uid:4711 with=corp
permit service=smtp peer=unit:postfix* with=corp,system
permit service=gone user=@no-such-group with=corp
deny   service=until until=2001-01-01
permit service=until socket=owner with=corp
deny   service=closed
"""
UUID = "9f3c2c1a-4f0e-4a52-9d5b-0f6b8f0a7c11"
ROOT = "root"  # in the group of that name
NO_RULE = "no rule permits it"

# what it is, service, user, options, verdict, the start of its rule, what else is in the JSON
CASES = [
    ("by a group of the file", "spice", "carol", ["--vm", "x"], "let-in", "permit service=spice vm=any",
     {"backends": [("system", "pam", 3000)], "name": "carol", "realm": ""}),
    ("a chain", "spice", "alice", ["--vm", "debianx"], "let-in", "permit service=spice vm=debianx",
     {"backends": [("system", "pam", 3000), ("corp", "ldap", 7000)]}),
    ("a realm of the VM", "spice", "frank", ["--vm", "lab-1", "--realm", "typed"], "let-in",
     "permit service=spice vm=lab-*", {"backends": [("consoles", "sasldb", 500), ("corp", "ldap", 500)], "realm": "lab-1"}),
    ("another name", "as", "frank", ["--vm", "v", "--realm", "r"], "let-in", "permit service=as",
     {"name": "x-frank@r", "realm": "v"}),
    ("no VM for a realm of it", "as", "frank", [], "refused", "permit service=as",
     {"reason": "as= or as-realm= needs what is not known here", "line": "permit service=as vm=none realm=\"\" user=frank with=consoles"}),
    ("denied", "spice", "eve", ["--vm", "debianx"], "refused", "deny user=eve",
     {"reason": "eve left the company", "line": "permit service=spice vm=debianx user=eve with=system"}),
    ("denied without a reason", "closed", "alice", [], "refused", "deny service=closed", {"reason": "denied by a rule"}),
    ("another VM", "spice", "alice", ["--vm", "zoo"], "refused", None,
     {"reason": NO_RULE, "line": "permit service=spice vm=zoo user=alice with=system"}),
    ("no VM", "spice", "alice", [], "refused", None,
     {"reason": f"{NO_RULE}; CONFIG:12 would, but for vm=: no VM asks; try: saslward test --vm NAME",
      "line": "permit service=spice vm=none user=alice with=system,corp"}),
    ("a group of a backend", "spice", "alice", ["--vm", "win11"], "untold", "permit service=spice vm=win*",
     {"say": "--member @corp:console-win11 or --not-member @corp:console-win11", "line": None}),
    ("a member of it", "spice", "alice", ["--vm", "win11", "--member", "@corp:console-win11"], "let-in",
     "permit service=spice vm=win*", {"backends": [("corp", "ldap", 7000)]}),
    ("a member of it, without @", "spice", "alice", ["--vm", "win11", "--member", "corp:console-win11"], "let-in",
     "permit service=spice vm=win*", {}),
    ("not a member of it", "spice", "alice", ["--vm", "win11", "--not-member", "@corp:console-win11"], "refused", None,
     {"reason": NO_RULE}),
    ("a member of another", "spice", "alice", ["--vm", "win11", "--member", "@corp:console-win12"], "untold",
     "permit service=spice vm=win*", {}),
    ("a UUID", "spice", "bob", ["--vm", "renamed", "--uuid", UUID], "let-in", "permit service=spice vm=uuid", {}),
    ("a UUID in other case", "spice", "bob", ["--vm", "renamed", "--uuid", UUID.upper().replace("-", "")], "let-in",
     "permit service=spice vm=uuid", {}),
    ("another UUID", "spice", "bob", ["--vm", "renamed", "--uuid", "0" * 32], "refused", None, {"reason": NO_RULE}),
    ("no UUID", "spice", "bob", ["--vm", "renamed"], "untold", "permit service=spice vm=uuid", {"say": "--uuid"}),
    ("a UUID without a name", "spice", "bob", ["--uuid", UUID], "untold", "permit service=spice vm=win*", {"say": "--vm"}),
    ("a VM's own socket", "spice", "carol", ["--socket", "owner"], "let-in", "permit service=spice vm=any", {}),
    ("its path", "spice", "carol", ["--socket", "RUN/own"], "let-in", "permit service=spice vm=any", {}),
    ("another VM at its socket", "spice", "carol", ["--vm", "x", "--socket", "owner"], "refused", "permit service=spice vm=any",
     {"reason": "cannot tell vm=", "line": None}),
    ("its socket goes with its name", "until", "carol", ["--vm", "own"], "let-in", "permit service=until", {}),
    ("another socket", "until", "carol", ["--vm", "other"], "refused", None,
     {"line": "permit service=until vm=other user=carol with=corp"}),
    ("a group of the system", "imap", ROOT, ["--realm", "example.org"], "let-in", "permit service=imap realm", {}),
    ("no member of it", "imap", "nobody", ["--realm", "example.org", "--peer-uid", "0"], "refused", None, {"reason": NO_RULE}),
    ("said to be a member of it", "imap", "nobody", ["--realm", "example.org", "--member", "@GROUP"], "let-in",
     "permit service=imap realm", {}),
    ("a group that does not resolve", "gone", "alice", [], "refused", "permit service=gone",
     {"reason": "cannot tell user=: group no-such-group: not found"}),
    ("no address", "imap", "zoe", ["--peer-uid", "4711"], "refused", None, {}),
    ("an address", "imap", "zoe", ["--peer-uid", "4711", "--from", "10.1.2.3"], "let-in", "permit service=imap from", {}),
    ("an address with its port", "imap", "zoe", ["--peer-uid", "4711", "--from", "10.1.2.3;99"], "let-in",
     "permit service=imap from", {}),
    ("another address", "imap", "zoe", ["--peer-uid", "4711", "--from", "192.0.2.1"], "refused", None, {}),
    ("nobody said which process", "imap", "zoe", ["--from", "10.1.2.3"], "untold", "permit service=imap from",
     {"say": "--peer-uid (and --peer-unit)"}),
    ("nobody said which unit", "smtp", "zoe", ["--peer-uid", "0"], "untold", "permit service=smtp", {"say": "--peer-unit"}),
    ("a unit", "smtp", "zoe", ["--peer-unit", "postfix@-.service"], "let-in", "permit service=smtp",
     {"backends": [("corp", "ldap", 7000), ("system", "pam", 20000)]}),
    ("no unit", "smtp", "zoe", ["--peer-unit", ""], "refused", None,
     {"line": "permit service=smtp vm=none user=zoe with=corp,system"}),
    ("a socket for others", "imap", "zoe", ["--socket", "mail", "--peer-uid", "0"], "refused", None,
     {"reason": "this process may not use this socket (allow=)", "nearest": None, "line": None, "rules": []}),
    ("a socket for others, and nobody said who", "imap", "zoe", ["--socket", "mail"], "untold", None, {"rules": []}),
    ("its own process", "imap", "zoe", ["--socket", "mail", "--peer-uid", "4711", "--from", "10.0.0.1"], "let-in",
     "permit service=imap from", {}),
    ("a blank in the name", "spice", "carol ", ["--vm", "x"], "refused", None, {"reason": "blank in name", "rules": []}),
    ("a control byte in the name", "spice", "ca\x1b[31mrol", ["--vm", "x"], "refused", None,
     {"reason": "control byte in login", "rules": [], "line": None}),
    ("quotes in names", "spi,ce", 'al "ice"\\', ["--vm", "a*b"], "refused", None,
     {"line": 'permit service="spi,ce" vm="a*b" user="al \\"ice\\"\\\\" with=consoles as=x-%u%R as-realm=%v'}),
    ("names that are words", "any", "@x", ["--vm", "none"], "refused", None,
     {"line": 'permit service="any" vm="none" user="@x" with=consoles as=x-%u%R as-realm=%v'}),
    ("UTF-8", "spice", "jürgen", ["--vm", "zoo"], "refused", None, {"line": "permit service=spice vm=zoo user=jürgen with=system"}),
    ("a user of a realm", "spice", "al@ice", ["--vm", "zoo"], "refused", None,
     {"line": "permit service=spice vm=zoo user=al@ice with=system"}),
]
STATUS = {"let-in": 0, "refused": 1, "untold": 3}


@pytest.fixture(name="config", scope="module")
def make_config(place):
    path = place / "saslward.conf"
    path.write_text(fill(CONFIG, place, path))
    assert saslward("check", path).returncode == 0
    return path


def fill(text, place, config):
    return text.replace("RUN", str(place / "run")).replace("CONFIG", str(config)).replace("GROUP", ROOT)


def place_of(config, start):
    lines = [n for n, line in enumerate(config.read_text().splitlines(), 1) if start and re.sub(" +", " ", line).startswith(start)]
    return f"{config}:{lines[0]}" if lines else None


@pytest.mark.parametrize("service, user, options, verdict, rule, more", by_name(CASES))
def test_verdict(config, service, user, options, verdict, rule, more):
    options = ["--config", config, "--service", service, "--user", user, *(fill(o, config.parent, config) for o in options)]
    seen, status = as_json(saslward("explain", *options, "--json"))
    assert (seen["verdict"], status) == (verdict, STATUS[verdict])
    assert seen["rule"] == place_of(config, rule)
    if "backends" in seen:
        seen["backends"] = [tuple(backend.values()) for backend in seen["backends"]]
    for key, value in more.items():
        assert seen[key] == (fill(value, config.parent, config) if isinstance(value, str) else value)
    text = saslward("explain", *options)
    assert (text.returncode, text.stderr) == (status, "")
    lines = text.stdout.splitlines()
    assert [line for line in too_wide(text.stdout) if line != f"  {seen.get('line')}"] == []
    assert "\x1b" not in text.stdout
    assert f"  {seen.get('line')}" in lines or not seen.get("line")
    assert len([line for line in lines if line.startswith("  > ")]) == (rule is not None)


def test_order(config):
    """Every rule up to the one that decides, with what it says."""
    done = saslward("explain", "--config", config, "--service", "spice", "--user", "alice", "--vm", "debianx")
    rules = done.stdout.split("Rules, in order:\n\n")[1].split("\n\n")
    assert re.sub(r"\n {10}", " ", rules[0]) == f"""\
    {config}:10: deny user=eve reason="%u left the company"
      - fails on user=eve: the login is alice
    {config}:11: permit service=spice vm=any user=@admins with=system
      - fails on user=@admins: the login is alice
  > {config}:12: permit service=spice vm=debianx user=alice with=system,corp
      - holds: service=spice: the service is spice
      - holds: vm=debianx: the VM is debianx
      - holds: user=alice: the login is alice"""
    assert rules[1] == "    11 more that are not looked at"
    assert rules[2].startswith("Would be let in if system, else corp accepts the password of alice.\n")


def test_nearest(config):
    """The permit with the fewest failing conditions, and each of them."""
    seen, _ = as_json(saslward("explain", "--config", config, "--service", "vnc", "--user", "alice", "--vm", "debianx", "--json"))
    assert seen["nearest"]["place"] == place_of(config, "permit service=spice vm=debianx")
    failing = [(c["condition"], c["why"]) for c in seen["nearest"]["conditions"] if c["value"] != "true"]
    assert failing == [("service=spice", "the service is vnc")]
    text = saslward("explain", "--config", config, "--service", "vnc", "--user", "alice", "--vm", "debianx").stdout
    assert f"The nearest permit is {config}:12, which\n      - fails on service=spice: the service is vnc\n" in text


def test_came_first(config):
    """A deny before the permit that would hold."""
    seen = saslward("explain", "--config", config, "--service", "spice", "--user", "eve", "--vm", "lab-7").stdout
    assert f"{config}:15 would permit it, if it came first.\n" in seen
    assert f"This line, put before {config}:10," in seen.replace("\n", " ")


def test_no_permit(directory):
    config = directory / "c"
    config.write_text("deny user=eve\n")
    seen, status = as_json(saslward("explain", "--config", config, "--service", "s", "--user", "u", "--realm", "r", "--json"))
    assert (status, seen["line"], seen["nearest"]) == (1, "permit service=s vm=none realm=r user=u with=sasldb", None)


# what it is, arguments, exit status, what is said
WRONG = [
    ("nothing", [], 2, "give --service and --user"),
    ("no user", ["--service", "s"], 2, "give --service and --user"),
    ("an argument too many", ["--service", "s", "--user", "u", "more"], 2, "more: an argument too many"),
    ("no such option", ["--sirvice", "s"], 2, "wrong usage"),
    ("no such socket", ["--service", "s", "--user", "u", "--socket", "x"], 2, "--socket x: the configuration has no such listen"),
    ("no UUID", ["--service", "s", "--user", "u", "--uuid", "x"], 2, "--uuid x: give 32 hexadecimal digits"),
    ("no address", ["--service", "s", "--user", "u", "--from", "x"], 2, "--from x: give an address"),
    ("no such user", ["--service", "s", "--user", "u", "--peer-uid", "nobody-here"], 2, "--peer-uid nobody-here: there is no such user"),
    ("no such file", ["--service", "s", "--user", "u", "--config", "/nowhere"], 2, "/nowhere:1:1: cannot be read"),
]


@pytest.mark.parametrize("arguments, status, said", by_name(WRONG))
def test_wrong(config, arguments, status, said):
    more = [] if "--config" in arguments else ["--config", config]
    done = saslward("explain", *arguments, *more)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr


@pytest.mark.parametrize("command", ["explain", "who", "diff", "check", "conf", "test"])
def test_help(command):
    done = saslward(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: saslward {command} ") and "Exit status: 0 " in done.stdout
    assert too_wide(done.stdout) == []


def test_commands():
    """Without one, they are listed."""
    done = saslward("--help")
    assert (done.returncode, too_wide(done.stdout)) == (0, [])
    assert [c for c in ("test", "explain", "who", "diff", "check", "conf") if f"\n  {c} " not in done.stdout] == []
    assert saslward().stderr == done.stdout and saslward().returncode == 1


# check and conf

def test_check(directory):
    """The daemon's own words and exit status."""
    for text in ("permit vm=any with=sasldb\n", "permit service=x with=y\n", "deny user=eve", ""):
        config = directory / "c"
        config.write_text(text)
        theirs = subprocess.run([*WRAP, SASLWARDD, "--check", "--config", config], capture_output=True, text=True, timeout=60,
                                check=False)
        for arguments in ([config], ["--config", config]):
            ours = saslward("check", *arguments)
            assert (ours.stdout, ours.stderr, ours.returncode) == (theirs.stdout, theirs.stderr, theirs.returncode)
        assert theirs.stderr or text.startswith("permit vm")


def test_conf(config, directory):
    """With defaults it means the same, and has no more of them."""
    written = saslward("conf", "-n", "--config", config)
    theirs = subprocess.run([*WRAP, SASLWARDD, "--print", "--config", config], capture_output=True, text=True, timeout=60, check=True)
    assert (written.stdout, written.returncode) == (theirs.stdout, 0)
    full = saslward("conf", "--config", config)
    again = directory / "again"
    again.write_text(full.stdout)
    assert saslward("conf", "--config", again).stdout == full.stdout
    assert saslward("diff", again, "--config", config).returncode == 0
    lines = full.stdout.splitlines()
    assert lines[0] == "identity libvirt machined socket"
    corp = 'backend corp ldap ldap_servers="ldap://127.0.0.1/" ldap_search_base="dc=x" workers=5 jobs=[0-9]+ deadline=7000ms'
    assert [line for line in lines if re.fullmatch(corp, line)]
    assert f"listen {config.parent}/run/mux mode=0666" in lines
    assert "identity" not in written.stdout and "workers" not in written.stdout


def test_conf_of_nothing(directory):
    """What a file with one line leaves to the defaults."""
    config = directory / "c"
    config.write_text("permit service=spice vm=any with=sasldb as-realm=%v\n")
    lines = saslward("conf", "--config", config).stdout.splitlines()
    assert re.fullmatch(r"listen /\S+/mux mode=0666", lines[1])
    assert lines[2] == 'backend sasldb sasldb path="/etc/sasldb2" workers=5 jobs=10000'


# The daemon itself

ACCEPT = '''
ready()
word = b"UNKNOWN" if "source=passwd" in sys.argv else b"OK"  # of getpwent, and of all others
served = [argument[9:].split(",") for argument in sys.argv if argument.startswith("services=")]
while True:
    verb, number, login, password, service, *rest = job()
    if served and service.decode() not in served[0]:
        send(frame(b"result", number, b"DENIED", login, b"PAM service " + service + b" is not served here"))
    else:
        send(frame(b"result", number, word, login, b""))
'''
SERVICES, VMS, USERS, REALMS = ["spice", "vnc", "imap"], ["a", "b", "ab"], ["alice", "bob", "root", "daemon", "u@r"], ["", "a", "r"]
SERVED = ["spice", "imap"]
CLIENTS = [None, "10.1.2.3", "192.0.2.7", "2001:db8::7"]
SOCKETS = ["a", "b", "ab", "common", "closed"]
WORDS = {
    "service": [*SERVICES, "*c*", "!imap", "@services"],
    "vm": [*VMS, "a*", "any", "none", "!b", "@vms", "uuid:" + "0" * 32],
    "user": [*USERS, "*", "a*", "!alice", "@users", "@root", "!@daemon", "@no-such-group", "%v", "alice@r"],
    "realm": ['""', "a", "r", "%v", '!""'],
    "from": ["10.0.0.0/8", "192.0.2.7", "!2001:db8::/32", "::/0"],
    "peer": ["uid:UID", "uid:4711", "!uid:4711"],
    "socket": ["own", "!own", "common"],
    "until": ["2001-01-01", "2999-01-01"],
}
CHANCES = {"service": 0.5, "vm": 0.5, "user": 0.5, "realm": 0.15, "from": 0.2, "peer": 0.1, "socket": 0.1, "until": 0.05}
CHAINS = ["one", "two", "one,two", "nobody,one", "nobody,two,one", "system", "nobody,system"]
LISTENS = """\
listen RUN/a vm=a name=own
listen RUN/b vm=b
listen RUN/ab vm="ab"
listen RUN/common name=common
listen RUN/closed allow=uid:4711
backend one shadow workers=1
backend two shadow workers=1 deadline=5s
backend nobody getpwent workers=1
backend system pam workers=1 services=SERVED
group services imap,smtp
group vms b,ab
group users bob,root
penalty none
"""


def make_words(chance, permit):
    words = {key: ",".join(chance.sample(choices, chance.choice([1, 1, 2] if key != "until" else [1])))
             for key, choices in WORDS.items() if chance.random() < CHANCES[key]}
    if "from" in words and words.get("vm") != "none":  # it is believed only together with one of these
        words |= {"vm": "none"} if chance.random() < 0.5 else {"peer": "uid:UID"}
    if permit:
        words["with"] = chance.choice(CHAINS)
        if words["with"] == "nobody,system":
            words["service"] = ",".join(chance.sample(SERVED, chance.choice([1, 2])))
        words |= chance.choice([{}, {"as": "%u%R"}, {"as-realm": "%v"}, {"as": "x", "as-realm": '""'}])
    elif chance.random() < 0.5:
        words["reason"] = '"%u at %s, not %v"'
    return words


def make_rule(chance):
    permit = chance.random() < 0.7
    return " ".join(["permit" if permit else "deny", *(f"{key}={value}" for key, value in make_words(chance, permit).items())])


def make_table(chance, run):
    rules = "\n".join(make_rule(chance) for _ in range(chance.randint(3, 9)))
    config = f"{LISTENS}{rules}\npermit service=vnc vm=!b with=two\n"
    return config.replace("RUN", str(run)).replace("UID", str(os.geteuid())).replace("SERVED", ",".join(SERVED))


TABLES, REQUESTS = (5, 400) if not WRAP else (2, 20)


@pytest.mark.parametrize("seed", range(5))
def test_daemon_agrees(directory, seed, record_property):
    """10,000 times: the answer of a running daemon, whose backends accept everything or know nobody, its reason and its
    rule. It is reloaded for each table."""
    chance, run, programs = random.Random(seed), directory / "run", Programs(directory)
    programs.add("shadow", ACCEPT)
    programs.add("pam", ACCEPT)
    configs = [make_table(chance, run) for _ in range(TABLES)]
    let_in = 0
    with Reloaded(directory, configs[0], env={"SASLWARD_LIBEXECDIR": str(programs.directory)},
                  ready=("identity", "one", "two", "nobody", "system")) as daemon:
        for number, config in enumerate(configs, 1):
            if number > 1:
                assert daemon.reload(config) == f"generation {number} serves {daemon.config}"
            let_in += agree(daemon, [make_request(chance) for _ in range(REQUESTS)])
    record_property("answered", TABLES * REQUESTS)
    assert TABLES * REQUESTS / 20 < let_in < TABLES * REQUESTS * 19 / 20


def make_request(chance):
    return (chance.choice(SERVICES), chance.choice(USERS), chance.choice(REALMS), chance.choice(SOCKETS), chance.choice(CLIENTS))


def explain_many(daemon, requests):
    """What is explained of each."""
    lines = ("\t".join([service, user, realm, str(daemon.directory / name), client or "-", str(os.geteuid())])
             for service, user, realm, name, client in requests)
    done = subprocess.run([*WRAP, str(BUILD / "tests/integration/explain_many"), str(daemon.config)], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, timeout=2 * PATIENCE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def agree(daemon, requests):
    """Makes the requests, one after the other, and compares. Returns how many were let in."""
    offset, replies = daemon.log_path.stat().st_size, []
    for number, (service, user, realm, name, client) in enumerate(requests):
        fields = [user, f"password {number}", service, realm, *([f"{client};4711"] if client else [])]
        replies.append(ask(daemon.directory / name, *fields))  # no password is that of another: none is another's channel
    with daemon.log_path.open(encoding="utf-8") as log:
        log.seek(offset)
        logged = re.findall(r"auth (?:success|failure): (.*)", log.read())
    seen = explain_many(daemon, requests)
    assert len(logged) == len(seen) == len(replies) == len(requests)
    for made, reply, line, found in zip(requests, replies, logged, seen):
        compare(daemon, reply, dict(re.findall(r"\[(\w+)=(.*?)\]", line)), found, f"{made}\n{line}\n{found}")
    return replies.count(b"OK")


def compare(daemon, reply, log, seen, case):
    case = f"{case}\n{daemon.config.read_text()}"
    assert (reply == b"OK") == (seen["verdict"] == "let-in"), case
    assert seen["verdict"] != "untold" or "uuid:" in case, case
    assert log.get("rule") == seen["rule"], case
    if seen["verdict"] == "let-in":
        names = [backend["name"] for backend in seen["backends"] if backend["name"] != "nobody"]
        assert (log["user"], log["mech"]) == (seen["name"], names[0]), case
    elif not log["reason"].startswith("this process"):
        assert seen["reason"].startswith(log["reason"]), case


@pytest.mark.parametrize("service, verdict", [("mine", "let-in"), ("others", "refused"), ("console", "refused"), ("else", "let-in")])
def test_a_process(directory, monkeypatch, service, verdict):
    """Who it is and where it runs is looked up, and not believed."""
    monkeypatch.setenv("SASLWARD_LIBEXECDIR", str(WORKERS))
    config = directory / "saslward.conf"
    config.write_text(f"""backend system pam services=mine,others,console,else
permit service=mine peer=uid:{os.getuid()} with=system
permit service=others peer=uid:4711 with=system
permit service=console vm=any with=system
permit service=else vm=none with=system
""")
    seen, _ = as_json(saslward("explain", "--config", config, "--service", service, "--user", "alice", "--pid", os.getpid(), "--json"))
    assert (seen["verdict"], seen["request"]["vm"]) == (verdict, "none")


@pytest.mark.parametrize("options, message", [
    (["--pid", "x"], "--pid x: there is no such process"), (["--pid", "0"], "--pid 0: there is no such process"),
    (["--pid", "4194304"], "--pid 4194304: there is no such process"),  # more than there can be (proc(5), pid_max)
    (["--pid", "1", "--vm", "x"], "--pid says what --vm, --uuid, --peer-uid and --peer-unit do")])
def test_no_process(config, options, message):
    done = saslward("explain", "--config", config, "--service", "spice", "--user", "alice", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
