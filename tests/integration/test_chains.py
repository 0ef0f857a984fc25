# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of a login that a rule permits: which backends are asked, with which names, by when, and whether the
account that they find is the one that was let in."""
import os
import re
import time

import mail
import pytest
from client import Raw, ask, request, run
from conftest import by_name, set_password
from daemon import CHECKPASS, SLOW, Daemon, duration, in_time
from fakes import Programs
from host import PERMIT, UNIX, Host, misbehave
from test_rules import configuration, line_of

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for service files of its own")
TEMPORARY = b"\0\1X"

# Names

NAMES = """\
listen RUN/a vm=vmA
listen RUN/none
backend db sasldb path=DB
permit service=as vm=any with=db as=alice as-realm=%v
permit service=typed with=db
permit service=both with=db as=%u%R as-realm=x
permit service=percent with=db as=%%u as-realm=100%%
permit service=split with=db as=%s as-realm=%r
permit service=address vm=none from=0.0.0.0/0 with=db as=%h as-realm=x
permit service=uuid with=db as-realm=%i
permit service=vm with=db as-realm=%v
deny service=deny1 reason="%u%R at %v by %s, 100%%"
deny service=deny2
"""

# what it is, socket, login, password, service, realm, [user=], the reason
HANDED_OVER = [
    ("another name", "a", "root", "secretA", "as", "vmB", "alice", ""),
    ("another name, wrong password", "a", "root", "secretB", "as", "vmB", "alice", "wrong password"),
    ("as typed", "a", "alice", "secretB", "typed", "vmB", "alice", ""),
    ("with the realm", "none", "eve", "p", "both", "y", "eve@y", "no such user in realm x"),
    ("without one", "none", "eve", "eve-x", "both", "", "eve", ""),
    ("percent signs", "none", "eve", "p", "percent", "", "%u", "no such user in realm 100%"),
    ("what is typed is no token", "none", "%u", "p", "both", "%r", "%u@%r", "no such user in realm x"),
    ("what is typed is never split", "none", "a@b", "p", "split", "c@d", "split", "no such user in realm c@d"),
    ("no address", "none", "alice", "p", "address", "", "alice", "no rule permits it"),
    ("no UUID", "a", "alice", "p", "uuid", "", "alice", "as= or as-realm= needs what is not known here"),
    ("no VM", "none", "alice", "p", "vm", "", "alice", "as= or as-realm= needs what is not known here"),
    ("a VM", "a", "alice", "secretA", "vm", "", "alice", ""),
    ("a reason", "a", "alice", "p", "deny1", "r", "alice", "alice@r at vmA by deny1, 100%"),
    ("a reason without its VM", "none", "alice", "p", "deny1", "r", "alice", "denied by a rule"),
    ("no reason", "none", "alice", "p", "deny2", "", "alice", "denied by a rule"),
    ("a name that is too long", "none", "e" * 1024, "p", "both", "y" * 1024, "e" * 508 + "...",
     "no such user in realm x"),
]


@pytest.fixture(name="names", scope="module")
def make_names(place, pristine):
    with Daemon(place / "run", config=configuration(NAMES, place, pristine), ready=["identity", "db"]) as daemon:
        daemon.socket = daemon.directory / "none"
        yield daemon


@pytest.mark.parametrize("socket, login, password, service, realm, user, reason", by_name(HANDED_OVER))
def test_names(names, socket, login, password, service, realm, user, reason):
    reply = ask(names.directory / socket, login, password, service, realm)
    seen = names.last_login()
    assert reply == (b"NO" if reason else b"OK"), seen
    assert (seen["user"], seen.get("reason", "")) == (user, reason)
    verb = "deny" if service.startswith("deny") else "permit"
    rule = line_of(names.config, f"{verb} service={service}")
    assert seen.get("rule") == (None if reason == "no rule permits it" else rule)


def test_address(names):
    assert ask(names.socket, "alice", "p", "address", "", "192.0.2.1;25") == b"NO"
    seen = names.last_login()
    assert (seen["user"], seen["reason"]) == ("192.0.2.1", "no such user in realm x")


# Chains

CHAIN_HOST = """\
listen RUN/mux
listen RUN/temporary unavailable=temporary
backend first sasldb path=FIRST workers=1
backend second sasldb path=SECOND workers=1
backend gone sasldb path=RUN/missing workers=1
backend system pam services=first,second workers=1
backend accounts shadow workers=1
permit service=both with=first,second as-realm=r
permit service=gone with=gone,second as-realm=r
permit service=next with=gone,second as-realm=r on-unavailable=next
permit service=allgone with=second,gone as-realm=r
permit service=temporary with=gone,second as-realm=r unavailable=temporary
permit service=nothing with=gone as-realm=r on-unavailable=next unavailable=temporary
permit service=final with=accounts,first as-realm=r
permit service=three with=gone,first,accounts as-realm=r on-unavailable=next
permit service=first with=system,second as-realm=r
deny service=deny vm=uuid:407c4331-2f36-484b-960d-38b2a6d88363 reason="by UUID" unavailable=temporary
"""
MISSING = "RUN/missing: No such file or directory"

# what it is, login, password, service, reply, [mech=], the reason
CHAINS = [
    ("OK is final", "alice", "one", "both", "OK", "first", ""),
    ("MISMATCH goes on", "alice", "two", "both", "OK", "second", ""),
    ("UNKNOWN goes on", "bob", "two", "both", "OK", "second", ""),
    ("MISMATCH at the end", "alice", "three-x", "both", "NO", "second", "wrong password"),
    ("UNKNOWN at the end", "mallory", "two", "both", "NO", "second", "no such user in realm r"),
    ("UNAVAILABLE is final", "alice", "two", "gone", "NO", "gone", MISSING),
    ("UNAVAILABLE goes on if told so", "alice", "two", "next", "OK", "second", ""),
    ("and may be wrong then", "alice", "one", "next", "NO", "second", "wrong password"),
    ("UNAVAILABLE behind MISMATCH", "alice", "one", "allgone", "NO", "gone", MISSING),
    ("OK before UNAVAILABLE", "alice", "two", "allgone", "OK", "second", ""),
    ("temporary", "alice", "two", "temporary", "X", "gone", MISSING),
    ("nobody is left", "alice", "two", "nothing", "X", "gone", MISSING),
    ("DENIED is final", "expired", "secret", "final", "NO", "accounts", "the account has expired"),
    ("MISMATCH of another kind goes on", "expired", "one", "final", "OK", "first", ""),
    ("three", "lastday", "secret", "three", "OK", "accounts", ""),
    ("of three the second", "alice", "one", "three", "OK", "first", ""),
    ("PAM goes on", "alice", "two", "first", "OK", "second", ""),
    ("PAM is final", "expired", "secret", "first", "NO", "system",
     "pam_acct_mgmt: the account has expired; Your account has expired; please contact your system administrator."),
]


@pytest.fixture(name="chains", scope="module")
def make_chains(place):
    directory = place / "chains"
    directory.mkdir()
    set_password(directory / "one", "alice", "r", "one")
    set_password(directory / "one", "expired", "r", "one")
    set_password(directory / "two", "alice", "r", "two")
    set_password(directory / "two", "bob", "r", "two")
    set_password(directory / "two", "expired", "r", "secret")
    host = Host(directory)
    host.service("first", UNIX)
    text = CHAIN_HOST.replace("FIRST", str(directory / "one")).replace("SECOND", str(directory / "two"))
    config = configuration(text, directory, "")
    ready = ("identity", "first", "second", "gone", "system", "accounts")
    with Daemon(directory / "run", config=config, prefix=host.prefix, ready=ready) as daemon:
        yield daemon


@needs_root
@pytest.mark.parametrize("login, password, service, reply, mechanism, reason", by_name(CHAINS))
def test_chains(chains, login, password, service, reply, mechanism, reason):
    answer = ask(chains.socket, login, password, service)
    seen = chains.last_login()
    assert answer == reply.encode(), seen
    assert seen["mech"] == mechanism
    assert seen.get("reason", "") == reason.replace("RUN", str(chains.directory))
    assert seen["rule"] == line_of(chains.config, f"permit service={service} ")


@needs_root
def test_temporary(chains):
    """One byte for what could not be checked; NO for what was, or what a rule says."""
    def raw(socket, login, password, service):
        with Raw(chains.directory / socket) as client:
            return client.send(request(login, password, service)).receive(3)
    assert raw("mux", "alice", "two", "temporary") == TEMPORARY
    assert raw("mux", "alice", "two", "gone") == b"\0\2N"
    assert raw("temporary", "alice", "two", "gone") == TEMPORARY
    for service, login, password in (("both", "alice", "three-x"), ("both", "mallory", "x"),
                                     ("final", "expired", "secret"), ("no such service", "alice", "one")):
        assert raw("temporary", login, password, service) == b"\0\2N", service
    assert raw("temporary", "alice", "one", "both") == b"\0\2O"


@needs_root
def test_temporary_for_libsasl2(chains):
    """SASL_FAIL, which is no word about the password, and no descriptor left in the client."""
    done = run(str(CHECKPASS), str(chains.socket), "temporary", "", "alice", "50", data=b"two")
    assert done.stdout.decode().split()[:2] == ["-1", "0"], done
    done = run(str(CHECKPASS), str(chains.socket), "gone", "", "alice", "50", data=b"two")
    assert done.stdout.decode().split()[:2] == ["-13", "0"], done


def test_temporary_for_postfix(directory, database):
    """Its users are told to try again later, not that their password is wrong."""
    config = f"""
backend gone sasldb path={directory}/missing
backend db sasldb path={database}
permit service=smtp realm=vmA with=db
permit service=smtp with=gone as-realm=x unavailable=temporary
"""
    with Daemon(directory / "run", config=config, ready=["identity", "db", "gone"]) as daemon, \
            mail.start(mail.Postfix, directory / "postfix", daemon.socket) as server:
        assert mail.smtp_plain(server.ports["vmA"], "alice", "secretA")[0] == 235, server.log()
        assert mail.smtp_plain(server.ports["vmA"], "alice", "wrong")[0] == 535, server.log()
        assert mail.smtp_plain(server.ports[""], "alice", "secretA")[0] == 454, server.log()


# The account's own name

RENAMED = """\
backend system pam workers=1 services=imap,pop,smtp
deny user=eve reason="left the company"
permit service=imap user=!eve2 with=system
permit service=pop user=alice with=system
permit service=pop user=eve2 with=system
permit service=smtp with=system as=alice
"""

# what it is, PAM_USER afterwards, login, service, [account=], the reason
ACCOUNTS = [
    ("the same", None, "alice", "imap", None, ""),
    ("somebody who is denied", "eve", "alice", "imap", "eve", 'account is "eve"'),
    ("somebody who is excluded", "eve2", "alice", "imap", "eve2", 'account is "eve2"'),
    ("somebody whom the same rule lets in", "dora", "alice", "imap", "dora", ""),
    ("somebody whom another rule lets in", "eve2", "alice", "pop", "eve2", 'account is "eve2"'),
    ("somebody whom no rule lets in", "dora", "alice", "pop", "dora", 'account is "dora"'),
    ("in other case", "EVE", "alice", "imap", "EVE", ""),
    ("with a bracket", "eve]", "alice", "pop", "eve\\x5d", 'account is "eve\\x5d"'),
    ("the name that was handed over", None, "eve3", "smtp", None, ""),
    ("not the name that was handed over", "eve", "dora", "smtp", "eve", 'account is "eve"'),
]


@pytest.fixture(name="renaming", scope="module")
def make_renaming(place):
    """A host whose service files are read anew with each login, and its daemon."""
    directory = place / "renaming"
    directory.mkdir()
    host = Host(directory)
    for service in ("imap", "pop", "smtp"):
        host.service(service, PERMIT)
    with Daemon(directory / "run", config=RENAMED, prefix=host.prefix, ready=["identity", "system"]) as daemon:
        yield host, daemon


@needs_root
@pytest.mark.parametrize("renamed, login, service, account, reason", by_name(ACCOUNTS))
def test_account(renaming, renamed, login, service, account, reason):
    host, daemon = renaming
    host.service(service, PERMIT if renamed is None else misbehave(f"user={renamed}"))
    reply = ask(daemon.socket, login, "x", service)
    seen = daemon.last_login()
    assert reply == (b"NO" if reason else b"OK"), seen
    assert (seen.get("account"), seen.get("reason", "")) == (account, reason)
    assert seen["rule"] == line_of(daemon.config, f"permit service={service} ")


VERDICT = '''
ready()
while True:
    verb, number, login, *rest = job()
    send(frame(b"result", number, b"OK", {account}, b""))
'''


@pytest.mark.parametrize("account, login, reason", [
    ("login.lower()", "EVE", 'account is "eve"'),
    ("login.lower()", "ALICE", ""),
    ("login.upper()", "alice", ""),
    ("login + b' '", "eve2", ""),
    ("login + b'\\0x'", "alice", "the account's name holds a NUL"),
    ("b'eve\\0x'", "alice", "the account's name holds a NUL"),
])
def test_another_spelling(directory, account, login, reason):
    """Of a backend that finds accounts otherwise than by their very bytes."""
    programs = Programs(directory)
    programs.add("shadow", VERDICT.format(account=account))
    config = 'backend check shadow workers=1\ndeny user=eve reason="left"\npermit with=check\n'
    with programs.daemon(config, ready=["identity", "check"]) as daemon:
        assert ask(daemon.socket, login, "x") == (b"NO" if reason else b"OK")
        assert daemon.last_login().get("reason", "") == reason


# Deadlines

HANGS = '''
ready()
while True:
    verb, number, login, password, *rest = job()
    if password == b"hang":
        read(1)
    send(frame(b"result", number, b"UNAVAILABLE" if password == b"away" else b"UNKNOWN", b"", b"here"))
'''


def timed(socket, *fields):
    began = time.monotonic()
    return ask(socket, *fields), (time.monotonic() - began) / SLOW


@pytest.fixture(name="hanging")
def make_hanging(directory):
    programs = Programs(directory)
    for program in ("sasldb", "shadow", "pam"):
        programs.add(program, HANGS)
    return programs


def test_deadlines(hanging, directory):
    """A rule's, else a backend's; for the rest those of the askers."""
    config = f"""
listen {directory}/run/vm vm=vmA
listen {directory}/run/mux
backend slow sasldb workers=2 deadline={duration(0.6)}
backend free shadow workers=2
permit service=backend with=slow as-realm=x
permit service=rule with=free deadline={duration(0.3)}
permit service=shorter with=slow as-realm=x deadline={duration(0.3)}
permit service=longer with=slow as-realm=x deadline={duration(5)}
permit service=chain with=slow,free as-realm=x deadline={duration(0.3)} on-unavailable=next
permit service=none with=free
"""
    with hanging.daemon(config, ready=["identity", "slow", "free"]) as daemon:
        for service, deadline in (("backend", 0.6), ("rule", 0.3), ("shorter", 0.3), ("longer", 0.6), ("chain", 0.3)):
            reply, took = timed(daemon.socket, "alice", "hang", service)
            assert (reply, daemon.last_reason()) == (b"NO", "no answer within the deadline"), service
            assert daemon.last_login()["mech"] == ("free" if service == "rule" else "slow")
            assert deadline - 0.01 <= took, (service, took)
            in_time(took, deadline + 0.15)


@pytest.mark.skipif(SLOW > 1, reason="this deadline is the daemon's own, and not stretched")
@pytest.mark.parametrize("first, second, deadline", [(2, 2, 3), (1, 4, 4)])
def test_deadlines_do_not_add_up(hanging, directory, first, second, deadline):
    """A VM waits no longer for two backends that hang than for one."""
    config = f"""
listen {directory}/run/mux vm=vmA
backend one sasldb workers=2 deadline={first}s
backend other shadow workers=2 deadline={second}s
permit service=imap vm=any with=one,other as-realm=x on-unavailable=next
"""
    with hanging.daemon(config, ready=["identity", "one", "other"]) as daemon:
        reply, took = timed(daemon.socket, "alice", "hang")
        assert (reply, daemon.last_login()["mech"]) == (b"NO", "other")
        assert deadline - 0.05 <= took
        in_time(took, deadline + 0.15)


@pytest.mark.skipif(SLOW > 1, reason="this deadline is the daemon's own, and not stretched")
def test_deadline_of_a_vm(hanging, directory):
    config = f"listen {directory}/run/vm vm=vmA\nlisten {directory}/run/mux\npermit with=shadow\n"
    with hanging.daemon(config, ready=["identity", "shadow"]) as daemon, Raw(daemon.socket) as other:
        other.send(request("alice", "hang"))
        reply, took = timed(daemon.directory / "vm", "alice", "hang")
        assert (reply, daemon.last_reason()) == (b"NO", "no answer within the deadline")
        assert took >= 2.95
        other.socket.setblocking(False)
        with pytest.raises(BlockingIOError):  # no VM: it has 20 s
            other.socket.recv(1)
        daemon.kill_workers()
        in_time(took, 3.1)


def test_one_backend_hangs(hanging):
    """And nobody else notices."""
    config = f"""
backend slow sasldb workers=1 deadline={duration(1)}
permit service=slow with=slow as-realm=x
permit with=shadow
"""
    with hanging.daemon(config, ready=["identity", "slow", "shadow"]) as daemon, Raw(daemon.socket) as hung:
        hung.send(request("alice", "hang", "slow"))
        for _ in range(20):
            reply, took = timed(daemon.socket, "alice", "x")
            assert reply == b"NO"
            in_time(took, 0.5)
        assert hung.reply() == b"NO"
        reasons = re.findall(r"\[service=imap\].*\[reason=(.*?)\]", daemon.log())
    assert reasons == ["here"] * 20
