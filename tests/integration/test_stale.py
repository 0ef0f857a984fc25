# SPDX-License-Identifier: BSD-2-Clause
"""stale=: who was let in gets in while the backends cannot be asked; with backends of the test's own, and a real slapd."""
import concurrent.futures
import multiprocessing
import os
import re
import signal
import time

import ldif
import pytest
from client import ask
from conftest import by_name, set_password
from daemon import SLOW, Daemon, duration, in_time, wait_for
from slapd import Slapd
from test_cache import BACKEND, Counted
from test_control import Control
from test_ldap_vm import PASSWORDS, SASLAUTHD_CONF
from test_rules import line_of

REMEMBERED = "remembered, since the backend could not be asked"
GROUPS = "groups remembered, since they could not be looked up"
RULES = f"""\
listen RUN/a vm=vmA
listen RUN/b vm=vmB
listen RUN/mux
backend fake shadow workers=6
backend other pam services=chain,next workers=2
deny   service=banned user=@banned
permit service=spice,vnc vm=any with=fake stale=1h
permit service=forgets with=fake
permit service=imap,pop vm=none with=fake stale=1h
permit service=short vm=none with=fake stale={duration(2)}
permit service=hangs vm=none with=fake stale=1h deadline={duration(1)}
permit service=chain vm=none with=fake,other stale=1h
permit service=next vm=none with=fake,other on-unavailable=next stale=1h
permit service=team vm=none user=@team with=fake stale=1h
permit service=slow vm=none user=@team with=fake stale=1h deadline={duration(1)}
permit service=banned with=fake stale=1h
"""


class Stale(Counted):
    """A daemon whose backends say what they are told, for all, or check passwords again."""

    def __init__(self, directory):
        super().__init__(directory, RULES)
        self.programs.add("pam", BACKEND.replace('"word"', '"other word"'))
        self.programs.resolve()

    def ask(self, login="alice", password="right", service="imap", realm="", socket="mux", client=()):
        return super().ask(login, password, service, realm, socket, client)

    def check(self, name="word"):
        (self.programs.directory / name).unlink()

    def answered_again(self):
        """How many answers the log has only counted."""
        return sum(map(int, re.findall(r"answered (\d+) more time", self.daemon.log())))

    def reason(self):
        return self.daemon.last_login().get("reason", "")


@pytest.fixture(name="stale")
def make_stale(directory):
    with Stale(directory) as stale:
        yield stale


def test_away(stale):
    """It stands in, and says so, and the backend is asked each time."""
    assert stale.ask() == b"OK"
    assert stale.reason() == ""
    stale.say("word", "UNAVAILABLE")
    for _ in range(3):
        assert stale.ask() == b"OK"
        assert stale.daemon.last_login()["outcome"] == "success"
        assert stale.reason() == REMEMBERED
    assert len(stale.jobs()) == 4
    stale.check()
    assert stale.ask() == b"OK"
    assert stale.reason() == ""


@pytest.mark.parametrize("other", [{"login": "bob"}, {"password": "right, too"}, {"service": "vnc"}, {"service": "forgets"},
                                   {"realm": "vmB"}, {"socket": "b"}, {"client": ("192.0.2.1;4711",)}], ids=str)
def test_another_question(stale, other):
    """Another login, password, service, rule, realm, VM or address has nothing of it."""
    question = {"service": "spice", "socket": "a"}
    assert stale.ask(**question) == b"OK"
    stale.say("word", "UNAVAILABLE")
    assert stale.ask(**{**question, **other}) == b"NO"
    assert stale.ask(**question) == b"OK"


def test_another_process(stale):
    assert stale.ask() == b"OK"
    stale.say("word", "UNAVAILABLE")
    with multiprocessing.get_context("spawn").Pool(1) as other:
        assert other.apply(ask, (stale.daemon.directory / "mux", "alice", "right", "imap", "")) == b"NO"
    assert stale.ask() == b"OK"


def test_channels_of_one_login(stale):
    """A VM's first channel waits for the backend, the others do not, as long as they are those of one login."""
    question = {"service": "spice", "socket": "a"}
    assert stale.ask(**question) == b"OK"
    stale.say("word", "UNAVAILABLE")
    wait_for(lambda: stale.ask(**question) == b"OK" and len(stale.jobs()) == 2, "the backend to be asked again")
    assert [stale.ask(**question) for _ in range(3)] == [b"OK"] * 3
    assert stale.reason() == REMEMBERED
    assert len(stale.jobs()) == 2
    stale.say("word", "MISMATCH")
    wait_for(lambda: stale.ask(**question) == b"NO", "the backend to be asked again")
    assert len(stale.jobs()) == 3


@pytest.mark.parametrize("service", ["imap", "pop"])
def test_a_new_password_ends_it(stale, service):
    """The one from before stands in no more, wherever the new one was right."""
    assert stale.ask(password="right before") == b"OK"
    assert stale.ask(password="right", service=service) == b"OK"
    stale.say("word", "UNAVAILABLE")
    assert stale.ask(password="right before") == b"NO"
    assert stale.ask(password="right", service=service) == b"OK"


@pytest.mark.parametrize("word", ["MISMATCH", "UNKNOWN", "DENIED"])
def test_an_answer_ends_it(stale, word):
    assert stale.ask() == b"OK"
    stale.say("word", word)
    assert stale.ask() == b"NO"
    stale.say("word", "UNAVAILABLE")
    assert stale.ask() == b"NO"


def test_it_ends_with_its_time(stale):
    began = time.monotonic()
    assert stale.ask(service="short") == b"OK"
    stale.say("word", "UNAVAILABLE")
    wait_for(lambda: stale.ask(service="short") == b"NO", "the time to pass")
    assert time.monotonic() - began >= 2 * SLOW
    stale.check()
    assert stale.ask(service="short") == b"OK"


@pytest.mark.parametrize("count, reply", [(4, b"OK"), (5, b"NO")])
def test_misses_end_it(stale, count, reply):
    assert stale.ask() == b"OK"
    for number in range(count):
        assert stale.ask(password=f"wrong {number}") == b"NO"
    stale.say("word", "UNAVAILABLE")
    assert stale.ask() == reply


def test_it_hangs(stale):
    """Who joined gets it as well."""
    question = {"service": "hangs", "password": "right and slow"}
    stale.say("go", "")
    assert stale.ask(**question) == b"OK"
    stale.check("go")
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        logins = [threads.submit(stale.ask, **question) for _ in range(4)]
        assert [login.result() for login in logins] == [b"OK"] * 4
    # One line, and how often more; but who joined a little later may find his own deadline over, and has his own line.
    line = f"[reason={REMEMBERED}: no answer within the deadline]"
    wait_for(lambda: stale.daemon.log().count(line) + stale.answered_again() == 4, "four answers in the log")
    assert len(stale.jobs()) == 2
    assert stale.ask(**{**question, "password": "right, too, and slow"}) == b"NO"


# what it is, service, what the two backends say at first, and later; the reply
CHAINS = [
    ("the first is away", "chain", "OK", "OK", "UNAVAILABLE", "OK", b"OK"),
    ("the first, that let in, says no", "chain", "OK", "OK", "MISMATCH", "UNAVAILABLE", b"NO"),
    ("the second, that let in, is away", "chain", "UNKNOWN", "OK", "UNKNOWN", "UNAVAILABLE", b"OK"),
    ("both are away", "next", "OK", "UNKNOWN", "UNAVAILABLE", "UNAVAILABLE", b"OK"),
    ("the first is away, the second says no", "next", "OK", "UNKNOWN", "UNAVAILABLE", "UNKNOWN", b"NO"),
]


@pytest.mark.parametrize("service, first, second, first_later, second_later, reply", by_name(CHAINS))
def test_chains(stale, service, first, second, first_later, second_later, reply):
    stale.say("word", first)
    stale.say("other word", second)
    assert stale.ask(service=service) == b"OK"
    stale.say("word", first_later)
    stale.say("other word", second_later)
    assert stale.ask(service=service) == reply


# Groups

def wait_asked(stale, service):
    """Until the answer about the group that is kept is not used any more."""
    before = len(stale.programs.questions("member"))
    wait_for(lambda: stale.ask(service=service) and len(stale.programs.questions("member")) > before,
             "the group to be asked for again")


@pytest.mark.parametrize("which, after", [({}, b"NO"), ({"user": "alice"}, b"NO"), ({"user": "bob"}, b"OK"), ({"vm": "vmA"}, b"OK")],
                         ids=str)
def test_flush(stale, which, after):
    """What is remembered is forgotten with what is kept."""
    assert stale.ask() == b"OK"
    stale.say("word", "UNAVAILABLE")
    assert stale.ask() == b"OK"
    with Control(stale.daemon) as control:
        assert control.ask("flush", **which)["flushed"] == (1 if after == b"NO" else 0)
    assert stale.ask() == after


def test_flush_groups(stale):
    """An answer about a group is not kept past it, nor remembered."""
    stale.programs.member('membership("yes")')
    assert stale.ask(service="team") == b"OK"
    stale.programs.member('membership("undecided", "down")')
    with Control(stale.daemon) as control:
        control.ask("flush")
    assert stale.ask(service="team") == b"NO"
    assert stale.reason() == "cannot tell user=: down"


def test_groups(stale):
    """They stand in while nobody can tell, for just that question, and no longer than until a no."""
    stale.programs.member('membership("yes")')
    assert stale.ask(service="team") == b"OK"
    assert stale.ask(service="slow") == b"OK"
    stale.programs.member('membership("undecided", "down")')
    wait_asked(stale, "team")
    assert stale.ask(service="team") == b"OK"
    assert stale.reason() == f"{GROUPS}: down"
    for other in ({"password": "right, too"}, {"realm": "r"}, {"login": "bob"}):
        assert stale.ask(service="team", **other) == b"NO"
        assert stale.reason() == "cannot tell user=: down"
    stale.say("word", "UNAVAILABLE")
    assert stale.ask(service="team") == b"OK"
    assert stale.reason() == REMEMBERED
    stale.check()

    stale.programs.member("hang()")  # half of the time is for the group, half for the backend
    wait_asked(stale, "slow")
    assert stale.ask(service="slow") == b"OK"
    assert stale.reason().startswith(GROUPS)

    stale.programs.member('membership("no")')
    wait_for(lambda: stale.ask(service="team") == b"NO", "the no")
    assert stale.reason() == "no rule permits it"
    stale.programs.member('membership("undecided", "down")')
    wait_asked(stale, "team")
    assert stale.ask(service="team") == b"NO"
    assert stale.reason() == "cannot tell user=: down"


def test_group_of_a_deny(stale):
    """Nobody falls through to what was remembered behind it."""
    assert stale.ask(service="banned") == b"OK"
    stale.programs.member('membership("undecided", "down")')
    wait_asked(stale, "banned")
    assert stale.ask(service="banned") == b"NO"
    assert stale.reason() == "cannot tell user=: down"
    assert stale.daemon.last_login()["rule"] == line_of(stale.daemon.config, "deny   service=banned")


# Real backends

def stop(daemon):
    """All workers, without their being able to say so."""
    for pid in daemon.workers(2):
        os.kill(pid, signal.SIGSTOP)


def test_a_changed_sasldb_ends_it(directory, database):
    config = (f"backend db sasldb path={database} workers=2\n"
              f"permit with=db as-realm=vmA stale=1h deadline={duration(0.5)}\n")
    with Daemon(directory / "run", config=config) as daemon:
        daemon.workers(2)
        assert ask(daemon.socket, "alice", "secretA") == b"OK"
        stop(daemon)
        assert ask(daemon.socket, "alice", "secretA") == b"OK"
        assert daemon.last_login()["reason"] == f"{REMEMBERED}: no answer within the deadline"
        stop(daemon)
        set_password(database, "alice", "vmA", "new")
        assert ask(daemon.socket, "alice", "secretA") == b"NO"
        wait_for(lambda: ask(daemon.socket, "alice", "new") == b"OK", "workers that answer")
        assert ask(daemon.socket, "alice", "secretA") == b"NO"


DIRECTORY = """\
listen {run}/a vm=vmA
listen {run}/b vm=vmB
backend corp ldap config={file}
permit service=spice vm=vm* user=@corp:vm-%v with=corp stale=1h
"""


@pytest.fixture(name="server")
def make_server(directory, ldap_database):
    with Slapd(directory / "slapd", ldap_database) as server:
        yield server


@pytest.fixture(name="asking")
def make_asking(directory, server):
    """A daemon that asks it, for passwords and for groups."""
    file = directory / "saslauthd.conf"
    file.write_text(SASLAUTHD_CONF.format(url=server.url, who=ldif.SEARCH, password=ldif.SEARCH_PASSWORD,
                                          people=ldif.PEOPLE) + f"ldap_group_search_base: {ldif.GROUPS}\n")
    file.chmod(0o600)
    config = DIRECTORY.format(run=directory / "run", file=file)
    with Daemon(directory / "run", config=config, ready=("identity", "corp")) as daemon:
        yield daemon


def console(daemon, vm, login, password=None):
    """The reply, and the reason."""
    reply = ask(daemon.directory / vm, login, password or PASSWORDS[login], "spice")
    return reply, daemon.last_login().get("reason", "")


def wait_lost(daemon):
    """Until it is seen, for alice's group at vmA, that the directory is away."""
    wait_for(lambda: console(daemon, "a", "alice", "another try")[1].startswith("cannot tell user="), "the group to be lost",
             20 * SLOW)


def test_directory_is_away(server, asking):
    assert console(asking, "a", "alice") == (b"OK", "")
    assert console(asking, "b", "alice") == (b"NO", "no rule permits it")
    server.kill()
    wait_lost(asking)
    assert console(asking, "a", "alice")[0] == b"OK"
    assert console(asking, "a", "alice")[1].startswith(REMEMBERED)
    for vm, login, password in (("a", "alice", "bob's"), ("a", "bob", None), ("b", "alice", None), ("b", "bob", None)):
        assert console(asking, vm, login, password)[0] == b"NO"

    server.start()
    wait_for(lambda: console(asking, "a", "alice") == (b"OK", ""), "the directory to be back")
    server.add_member("vm-vmA", "carol")
    server.remove_member("vm-vmA", "alice")
    wait_for(lambda: console(asking, "a", "alice") == (b"NO", "no rule permits it"), "the group to be asked for again")
    server.kill()
    wait_lost(asking)
    reply, reason = console(asking, "a", "alice")
    assert reply == b"NO" and reason.startswith("cannot tell user=")
    server.start()


def test_directory_hangs(server, asking):
    """Whoever was let in waits for it, and gets in by his deadline; nobody else does."""
    assert console(asking, "a", "alice") == (b"OK", "")
    with server.frozen():
        wait_lost(asking)
        began = time.monotonic()
        reply, reason = console(asking, "a", "alice")
        assert reply == b"OK" and reason.startswith(REMEMBERED), reason
        in_time(time.monotonic() - began, 3.05 + SLOW)
        assert [console(asking, "a", "alice")[0] for _ in range(3)] == [b"OK"] * 3  # the other channels
        assert console(asking, "b", "bob")[0] == b"NO"
    wait_for(lambda: console(asking, "a", "alice") == (b"OK", ""), "the directory to be back")
