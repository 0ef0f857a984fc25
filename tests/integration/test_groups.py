# SPDX-License-Identifier: BSD-2-Clause
"""Groups of the system in rules, through the whole daemon: with the real "resolve" on accounts of the test's own, and
with a fake one for what a real one cannot be made to do."""
import contextlib
import os
import time

import pytest
from client import Raw, ask, request
from conftest import by_name
from daemon import BUILD, SLOW, Daemon, in_time, wait_for
from fakes import Programs
from host import PERMIT, Host, misbehave
from test_rules import line_of

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for accounts of its own")
RESOLVERS = ("identity", "groups")
READY = ("identity", "groups", "check")
NO_RULE = "no rule permits it"
TELL = "cannot tell user=: "
CHECK = '''
ready()
while True:
    verb, number, login, *rest = job()
    send(frame(b"result", number, b"OK", login, b""))
'''

# Real accounts

RULES = """\
backend system pam workers=1 services=staff,nobody,missing,denied,either,token,pop
deny service=denied user=@leavers reason="left"
deny service=pop user=@leavers,@gone reason="left"
permit service=staff user=@team with=system
permit service=missing user=@gone with=system
permit service=either user=@gone,alice with=system
permit service=token vm=any user=@vm-%v with=system
permit service=denied with=system
permit service=pop user=@team with=system
permit service=pop with=system
"""
GROUPS = """
team:x:7001:alice
leavers:x:7002:eve
vm-vmA:x:7003:alice
vm-*:x:7004:dora
primary:x:5000:
"""

# what it is, socket, login, service, the reason
MEMBERS = [
    ("a member", "mux", "alice", "staff", ""),
    ("no member", "mux", "bob", "staff", NO_RULE),
    ("no such account", "mux", "mallory", "staff", NO_RULE),
    ("a group that is not there", "mux", "alice", "missing", f"{TELL}group gone: not found"),
    ("a group that is not there, beside the user", "mux", "alice", "either", ""),
    ("a group that is not there, beside another user", "mux", "bob", "either", f"{TELL}group gone: not found"),
    ("denied to a group", "mux", "eve", "denied", "left"),
    ("denied to a group of others", "mux", "alice", "denied", ""),
    ("denied to groups, one of them not there", "mux", "alice", "pop", f"{TELL}group gone: not found"),
    ("denied to groups, a member of the other", "mux", "eve", "pop", "left"),
    ("a VM's group", "a", "alice", "token", ""),
    ("not a VM's group", "a", "bob", "token", NO_RULE),
    ("a group of no VM", "b", "alice", "token", f"{TELL}group vm-vmB: not found"),
    ("no VM", "mux", "alice", "token", NO_RULE),
]


@pytest.fixture(name="host", scope="module")
def make_host(place):
    host = Host(place)
    for service in ("staff", "missing", "denied", "either", "token"):
        host.service(service, PERMIT)
    host.service("pop", misbehave("user=eve"))
    host.group(GROUPS)
    return host


def sockets(directory):
    return f"listen {directory}/mux\nlisten {directory}/a vm=vmA\nlisten {directory}/b vm=vmB\n"


@pytest.fixture(name="shared", scope="module")
def make_shared(host, place):
    config = RULES + sockets(place / "run")
    with Daemon(place / "run", config=config, prefix=host.prefix, ready=(*RESOLVERS, "system")) as daemon:
        yield daemon


@needs_root
@pytest.mark.parametrize("socket, login, service, reason", by_name(MEMBERS))
def test_members(shared, socket, login, service, reason):
    assert ask(shared.directory / socket, login, "x", service) == (b"NO" if reason else b"OK"), shared.last_login()
    assert shared.last_login().get("reason", "") == reason


@needs_root
def test_account_is_in_another_group(directory):
    """PAM lets somebody in under another name: the rules are asked again, groups as well."""
    host = Host(directory)
    host.group(GROUPS)
    host.service("pop", misbehave("user=eve"))
    for deny, permit, good in (("@leavers", "", False), ("@team,!alice", "", True), ("@nothere,!alice", "", False),
                               ("mallory", "user=@team", False), ("mallory", "user=@leavers,@team", True)):
        config = f"backend system pam workers=1 services=pop\ndeny user={deny}\npermit {permit} with=system\n"
        with Daemon(directory / "run", config=config, prefix=host.prefix, ready=(*RESOLVERS, "system")) as daemon:
            assert outcome(daemon, "pop") == ("" if good else 'account is "eve"'), (deny, permit)
            daemon.log_path.unlink()


@needs_root
def test_membership_changes(host, place):
    """Within some seconds: that is how long an answer is kept."""
    with Daemon(place / "changes", config=RULES, prefix=host.prefix, ready=(*RESOLVERS, "system")) as daemon:
        assert ask(daemon.socket, "bob", "x", "staff") == b"NO"
        assert ask(daemon.socket, "alice", "x", "staff") == b"OK"
        began = time.monotonic()
        host.group(GROUPS.replace("team:x:7001:alice", "team:x:7001:bob"))
        wait_for(lambda: ask(daemon.socket, "bob", "x", "staff") == b"OK", "the new member to be let in")
        wait_for(lambda: ask(daemon.socket, "alice", "x", "staff") == b"NO", "the old one to be refused")
        took = time.monotonic() - began
        assert took > 5
        in_time(took, 11 + 2 * SLOW)
        host.group(GROUPS)


SWITCHED = 'mount --bind "$0" /etc/nsswitch.conf || exit 1; exec "$@"'
NO_SERVICE = f"{TELL}service saslward"
# what nsswitch.conf names beside files, login, the reason where former members are kept out; "carol" is nobody here
SERVICES = [
    ("knows nobody", "saslwardempty", {"alice": "", "carol": "", "eve": "left"}),
    ("away", "saslwardaway",
     {"alice": f"{NO_SERVICE}away: not available", "carol": f"{NO_SERVICE}away: not available", "eve": "left"}),
    ("module missing", "saslwardnone",
     {"alice": f"{NO_SERVICE}none: its module is missing", "carol": f"{NO_SERVICE}none: its module is missing", "eve": "left"}),
]


@needs_root
@pytest.mark.parametrize("service, reasons", by_name(SERVICES))
def test_deny_group_while_a_service_is_away(directory, service, reasons):
    """Whom only that service knows may be in the group, and it is nobody's word that he is not. The worker has to load
    modules under its confinement."""
    host = Host(directory)
    host.service("denied", PERMIT)
    host.group(GROUPS)
    (directory / "nsswitch.conf").write_text(f"passwd: files {service}\ngroup: files {service}\n")
    config = "backend system pam workers=1 services=denied\ndeny user=@leavers reason=left\npermit with=system\n"
    prefix = [*host.prefix, "sh", "-c", SWITCHED, str(directory / "nsswitch.conf")]
    with Daemon(directory / "run", config=config, prefix=prefix, ready=(*RESOLVERS, "system"),
                env={"LD_LIBRARY_PATH": str(BUILD / "tests/integration")}) as daemon:
        for login, reason in reasons.items():
            assert outcome(daemon, "denied", login) == reason


# What a real one cannot be made to do

ONE = """\
backend check shadow workers=1
deny service=deny user=@leavers reason="left"
permit service=permit user=@team with=check
permit service=deny with=check
permit service=other with=check
permit service=list user=alice,@team with=check
permit service=exclude user=@team,!alice with=check
permit service=last user=@team vm=any with=check
"""


@pytest.fixture(name="programs")
def make_programs(directory):
    programs = Programs(directory).resolve()
    programs.add("shadow", CHECK)
    return programs


def outcome(daemon, service, login="alice"):
    reply = ask(daemon.socket, login, "x", service)
    reason = daemon.last_login().get("reason", "")
    assert reply == (b"NO" if reason else b"OK")
    return reason


# what "resolve" does, the text
FAILURES = [
    ("it cannot tell", 'membership("undecided", "group x: Input/output error")', "group x: Input/output error"),
    ("it does not say why", 'membership("undecided")', ""),
    ("it ends", "sys.exit(0)", "worker ended"),
    ("it crashes", "os.abort()", "worker ended"),
    ("it talks nonsense", 'send(counted(b"nonsense"))', "worker broke the protocol"),
    ("it answers another question", 'number = b"4711"; membership("yes")', "worker broke the protocol"),
    ("it answers another kind", "sighted()", "worker broke the protocol"),
    ("it says neither", 'membership("perhaps")', "worker broke the protocol"),
    ("it hangs", "hang()", "no answer within the deadline"),
]


@pytest.fixture(name="faulty_programs", scope="module")
def make_faulty_programs(place):
    directory = place / "faulty"
    directory.mkdir()
    programs = Programs(directory).resolve()
    programs.add("shadow", CHECK)
    return programs


@pytest.fixture(name="faulty", scope="module")
def make_faulty(faulty_programs):
    with faulty_programs.daemon(ONE, ready=READY) as daemon:
        yield daemon


@pytest.mark.parametrize("does, text", by_name(FAILURES))
def test_failures(faulty_programs, faulty, does, text):
    """Never opens anything, neither where the group is let in nor where it is kept out."""
    faulty_programs.member(does)
    login = f"user{len(faulty_programs.questions('member'))}"  # of whom nothing is known yet
    for service in ("deny", "permit"):
        assert outcome(faulty, service, login) == (TELL + text if text else TELL[:-2])
    assert faulty.last_login()["rule"] == line_of(faulty.config, "permit service=permit")
    for service in ("other", "list"):
        assert outcome(faulty, service) == ""
    for service in ("exclude", "last"):
        assert outcome(faulty, service).startswith(NO_RULE)


def test_it_hangs(programs):
    """For a second, while everybody else is served."""
    programs.member("hang()")
    with programs.daemon(ONE, ready=READY) as daemon, contextlib.ExitStack() as stack:
        began = time.monotonic()  # the daemon's clock may be the one of the connection
        waiting = stack.enter_context(Raw(daemon.socket)).send(request("alice", "x", "deny"))
        programs.wait_question("member", 1)
        for _ in range(20):
            assert ask(daemon.socket, "alice", "x", "other") == b"OK"
        in_time(time.monotonic() - began, 0.9 * SLOW)
        assert waiting.reply() == b"NO"
        took = time.monotonic() - began
        assert took >= 0.95
        in_time(took, 1.05 + 0.15 * SLOW)


def test_it_is_slow(programs, directory):
    """Each look-up is quick enough, and together they are not: a VM waits no longer than it may."""
    programs.member('time.sleep(0.7); membership("no")')
    rules = "".join(f"deny user=@group{number}\n" for number in range(9))
    config = f"backend check shadow workers=1\nlisten {directory}/run/mux vm=vmA\n{rules}permit with=check\n"
    with programs.daemon(config, ready=READY) as daemon:
        began = time.monotonic()
        assert ask(daemon.socket, "alice", "x") == b"NO"
        took = time.monotonic() - began
        in_time(took / len(programs.questions("member")), 0.7)  # the fifth is under way; later than it, only a fourth
        assert took >= 2.95
        in_time(took, 3.05 + 0.15 * SLOW)
        assert daemon.last_reason() == f"{TELL}no answer within the deadline"
        assert daemon.last_login()["rule"] == line_of(daemon.config, "deny user=@group4")


def test_rules_deadline_while_it_hangs(programs):
    programs.member("hang()")
    config = "backend check shadow workers=1\npermit user=@team deadline=300ms with=check\n"
    with programs.daemon(config, ready=READY) as daemon:
        began = time.monotonic()
        assert outcome(daemon, "any") == f"{TELL}no answer within the deadline"
        took = time.monotonic() - began
        assert took >= 0.29
        in_time(took, 0.35 + 0.15 * SLOW)


def test_no_time_is_left(programs):
    """The worker that is not asked is not taken for a hung one."""
    programs.member('time.sleep(0.35); membership("no")')
    config = "backend check shadow workers=1\ndeny user=@team\npermit with=check deadline=300ms\n"
    with programs.daemon(config, ready=READY) as daemon:
        assert outcome(daemon, "any") == "no time is left to ask a backend"
        assert "replacing it" not in daemon.log()
        began = time.monotonic()
        reason = outcome(daemon, "any")
        in_time(time.monotonic() - began, 0.29)
        assert reason == ""


RENAMES = CHECK.replace('b"OK", login', 'b"OK", b"eve"')
# what it is, what is said of eve, the reason; alice is a member
RENAMED = [
    ("a member, too", 'membership("yes")', ""),
    ("no member", 'membership("no")', 'account is "eve"'),
    ("nobody can tell", 'membership("undecided", "busy")', 'account is "eve"'),
    ("who could tell ends", "sys.exit(0)", 'account is "eve"'),
    ("who could tell hangs", "hang()", f"{TELL}no answer within the deadline"),
]


@pytest.mark.parametrize("of_eve, reason", by_name(RENAMED))
def test_account_is_looked_up_again(programs, of_eve, reason):
    """The backend calls him otherwise: nothing is known of that name when its answer comes, and it is waited for."""
    programs.add("shadow", RENAMES)
    programs.member(f'if rest[0] == b"alice":\n    membership("yes")\nelse:\n    {of_eve}\n')
    config = "backend check shadow workers=1\npermit user=@team with=check deadline=900ms\n"  # a look-up may take a second
    with programs.daemon(config, ready=READY) as daemon:
        assert outcome(daemon, "any") == reason
        assert programs.questions("member") == ["member alice team", "member eve team"]
        assert daemon.last_login()["account"] == "eve"


def test_answers_are_kept(programs):
    """One question for a login and a group, however often they meet, and for four at once."""
    programs.member('membership("yes" if rest[0] == b"alice" else "no")')
    with programs.daemon(ONE, ready=READY) as daemon:
        channels = [Raw(daemon.socket) for _ in range(4)]
        for channel in channels:
            channel.send(request("alice", "x", "permit"))
        assert [channel.reply() for channel in channels] == [b"OK"] * 4
        for channel in channels:
            channel.socket.close()
        for _ in range(3):
            assert outcome(daemon, "permit") == ""
            assert outcome(daemon, "permit", "bob") == NO_RULE
            assert outcome(daemon, "deny") == "left"
        assert programs.questions("member") == ["member alice team", "member bob team", "member alice leavers"]


def test_failures_are_kept_for_less(programs):
    programs.member('membership("undecided", "busy")')
    with programs.daemon(ONE, ready=READY) as daemon:
        assert outcome(daemon, "permit") == f"{TELL}busy"
        programs.member('membership("yes")')
        began = time.monotonic()
        wait_for(lambda: outcome(daemon, "permit") == "", "the group to be asked for again")
        in_time(time.monotonic() - began, 1.2 + SLOW)
        assert len(programs.questions("member")) == 2


def test_groups_are_asked_for_last(programs):
    """Nobody is asked where something else decides."""
    with programs.daemon(ONE, ready=READY) as daemon:
        for service in ("other", "list", "exclude", "last", "nothing"):
            outcome(daemon, service)
        assert programs.questions("member") == []


def test_several_groups_of_one_rule(programs):
    """All are asked for; one yes is enough, whatever the others cannot say."""
    programs.member('membership({b"b": "yes", b"c": "no"}.get(rest[1], "undecided"), "why")')
    rules = {"ab": "@a,@b", "ac": "@a,@c", "cb": "@c,@b", "notb": "!@b", "nota": "!@a", "notc": "!@c"}
    config = "backend check shadow workers=1\n"
    config += "".join(f"permit service={service} user={user} with=check\n" for service, user in rules.items())
    with programs.daemon(config, ready=READY) as daemon:
        for service, reason in (("ab", ""), ("ac", f"{TELL}why"), ("cb", ""),
                                ("notb", NO_RULE), ("nota", f"{TELL}why"), ("notc", "")):
            assert outcome(daemon, service) == reason, service
