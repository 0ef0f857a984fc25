# SPDX-License-Identifier: BSD-2-Clause
"""Who tries many wrong passwords. A backend of the test's own counts what it is asked. Where a test counts, the time
between two checks is an hour: it must not depend on how long the test takes."""
import concurrent.futures
import itertools
import os
import re
import signal

import pytest
from client import ask, is_ok
from daemon import Daemon, wait_for
from fakes import Programs
from host import UNIX, Host, missing
from test_cache import BACKEND, Counted, ask_at_once
from test_control import Control

RULES = """\
listen RUN/a vm=vmA
listen RUN/b vm=vmB
listen RUN/mux
backend fake shadow workers=6
backend second shadow workers=2
PENALTY
permit service=spice,vnc vm=any with=fake deadline=1m
permit service=chain vm=any with=fake,second
permit service=imap vm=none with=fake
"""
HOURLY = "penalty every=1h"
REASON = "too many wrong passwords: one check every 3600 s"


def rules(penalty=HOURLY):
    return RULES.replace("PENALTY", penalty)


@pytest.fixture(name="counted")
def make_counted(directory):
    with Counted(directory, rules()) as counted:
        yield counted


def guess(counted, count, first=0, **fields):
    """Different wrong passwords. Returns how many of them the backend was asked for."""
    before = len(counted.jobs())
    for number in range(first, first + count):
        assert counted.ask(password=f"wrong {number}", **fields) == b"NO"
    return len(counted.jobs()) - before


def is_held_up(counted, password="right", **fields):
    """Whether the right password is refused without work."""
    before = len(counted.jobs())
    answer = counted.ask(password=password, **fields)
    refused = answer == b"NO" and len(counted.jobs()) == before and counted.daemon.last_reason() == REASON
    assert refused or answer == b"OK"
    return refused


def test_different_passwords(counted):
    assert guess(counted, 50) == 10
    assert len(re.findall(rf"auth failure: .*\[reason={REASON}\]", counted.daemon.log())) == 40
    assert counted.daemon.log().count("[reason=wrong password]") == 10
    with Control(counted.daemon) as control:
        assert control.ask("status")["answers"]["sources"] == {"rules": 0, "backend": 10, "flight": 0, "cache": 0, "penalty": 40}
    assert is_held_up(counted)


def test_the_default(directory):
    """The limits that no line says."""
    with Counted(directory, rules(penalty="")) as counted:
        numbers = itertools.count()
        wait_for(lambda: guess(counted, 1, first=next(numbers)) == 0, "a penalty")
        assert counted.daemon.last_reason() == "too many wrong passwords: one check every 2 s"
        assert len(counted.jobs()) >= 10
        wait_for(lambda: guess(counted, 1, first=next(numbers)) == 1, "the next check")
        wait_for(lambda: counted.ask() == b"OK", "the right password to get in")
        assert guess(counted, 9, first=1000) == 9
        assert counted.ask() == b"OK"


def test_the_same_password(counted):
    for _ in range(50):
        assert counted.ask(password="wrong") == b"NO"
    assert len(counted.jobs()) == 50
    assert guess(counted, 9) == 9


def test_the_next_check(directory):
    """The right password gets in, and clears what was tried before."""
    with Counted(directory, rules("penalty every=1s after=3")) as counted:
        for right in ("right", "right, too"):
            guess(counted, 20)
            wait_for(lambda: counted.ask(password=right) == b"OK", "the right password to get in")
            assert guess(counted, 2, first=100) == 2
            assert counted.ask(password=f"{right} again") == b"OK"


@pytest.mark.parametrize("other", [{"socket": "b"}, {"login": "bob"}, {"client": ("192.0.2.1;1",)}], ids=str)
def test_others_are_unaffected(counted, other):
    """The same user at another VM, another user at the same, another network."""
    assert guess(counted, 11) == 10
    assert not is_held_up(counted, **other)
    assert is_held_up(counted)


@pytest.mark.parametrize("same", [{"login": "ALice"}, {"login": "ali ce"}, {"login": "alice@typed"}, {"realm": "typed"},
                                  {"service": "vnc"}], ids=str)
def test_the_same_user(counted, same):
    """However he is written: directories take ALice for alice, and this backend has no realms."""
    assert guess(counted, 5) + guess(counted, 6, first=5, **same) == 10
    assert is_held_up(counted)
    assert is_held_up(counted, **same)


def spell(number):
    """alice, each time otherwise, as directories take it: fullwidth, mathematical and other letters for a, l, i, c, e."""
    forms = ("aａⓐ𝐚ª", "lｌⓛ𝐥ˡ", "iｉⓘ𝐢ⁱ", "cｃⓒ𝐜ᶜ", "eｅⓔ𝐞ᵉ")
    return "".join(form[number // 5 ** place % 5] for place, form in enumerate(forms))


def test_other_spellings(counted):
    """Who has no other letters than ASCII's is not held up by them, and one who has gets in when it is his turn."""
    assert sum(guess(counted, 1, first=number, login=spell(number + 1)) for number in range(100)) == 10
    assert is_held_up(counted, login=spell(5 ** 5 - 1))
    assert not is_held_up(counted)


@pytest.mark.parametrize("tried, own", [
    ({"login": "ａlice"}, {"login": "ｅｖｅ"}), ({"login": "alice"}, {"login": "alice@evil"}), ({"realm": "vmA"}, {"realm": "evil"}),
    ({"login": "alice@vmA"}, {"login": "alice"})], ids=str)
def test_clearing_is_for_oneself(counted, tried, own):
    """Whoever has a password of his own does not clear what he has tried for others who are counted with him."""
    assert guess(counted, 8, **tried) == 8
    assert guess(counted, 1, first=8, **own) == 1
    assert counted.ask(**own) == b"OK"
    assert guess(counted, 5, first=9, **tried) == 2
    assert is_held_up(counted, **own, password="right, too")


def guess_and_come_in(counted, **fields):
    """The right password is the tenth, and further ones come while it is being checked."""
    assert guess(counted, 9, **fields) == 9
    ask_at_once(counted, channels=4, **fields)
    assert len(counted.jobs()) == 10


def test_channels_are_not_cut(counted):
    guess_and_come_in(counted)
    assert [counted.ask(password="right and slow") for _ in range(4)] == [b"OK"] * 4
    assert len(counted.jobs()) == 10


def test_mail_that_comes_at_once_is_not_cut(counted):
    guess_and_come_in(counted, service="imap", socket="mux", client=("192.0.2.1;1",))


def test_what_is_kept_is_not_cut(directory):
    """Who is in opens further channels, whoever guesses meanwhile."""
    with Counted(directory, rules("penalty every=1h after=3")) as counted:
        assert counted.ask() == b"OK"
        assert guess(counted, 10) == 3
        assert [counted.ask() for _ in range(4)] == [b"OK"] * 4
        assert is_held_up(counted, password="right, too")


def test_many_at_once(counted):
    """No answer is there yet, and still no more are checked."""
    with concurrent.futures.ThreadPoolExecutor(64) as threads:
        logins = [threads.submit(counted.ask, password=f"{number} slow") for number in range(64)]
        wait_for(lambda: sum(login.done() for login in logins) == 54, "54 refusals before the first answer")
        counted.say("go", "")
        assert [login.result() for login in logins] == [b"NO"] * 64
    assert len(counted.jobs()) == 10


def test_nobody_is_told_apart(counted):
    """All users of a mail server are one asker: anybody could spoil it for everybody."""
    mail = {"service": "imap", "socket": "mux"}
    assert guess(counted, 50, **mail) == 50
    assert guess(counted, 50, client=("localhost;1",), **mail) == 50
    assert counted.ask(**mail) == b"OK"


SAME_NETWORK = [("192.0.2.1;1", "192.0.2.1;2"), ("192.0.2.1;1", "::ffff:192.0.2.1;1"),
                ("2001:db8:0:1::1;1", "2001:db8:0:1:ffff::2;1")]
OTHER_NETWORK = [("192.0.2.1;1", "192.0.2.2;1"), ("2001:db8:0:1::1;1", "2001:db8:0:2::1;1")]


@pytest.mark.parametrize("first, second, shared",
                         [(*pair, True) for pair in SAME_NETWORK] + [(*pair, False) for pair in OTHER_NETWORK])
def test_addresses(counted, first, second, shared):
    mail = {"service": "imap", "socket": "mux"}
    assert guess(counted, 11, client=(first,), **mail) == 10
    assert is_held_up(counted, client=(second,), **mail) == shared
    assert is_held_up(counted, client=(first,), **mail)


@pytest.mark.parametrize("penalty, jobs", [
    ("penalty none vm=vmA", 20), ("penalty none vm=vmB\npenalty every=1h", 10), ("penalty none user=@admins", 20),
    ("penalty none service=vnc\npenalty every=1h", 10), ("penalty after=3 every=1h socket=x\npenalty every=1h", 10),
    ("penalty after=3 every=1h user=alice", 3), ("penalty after=32 every=1h", 20)], ids=str)
def test_configured(directory, penalty, jobs):
    with Counted(directory, rules(f"group admins alice,carol\n{penalty}")) as counted:
        assert guess(counted, 20) == jobs


@pytest.mark.parametrize("word, counts", [("UNKNOWN", True), ("DENIED", False), ("UNAVAILABLE", False)])
def test_outcomes(counted, word, counts):
    """Only what shows a password to be wrong counts."""
    counted.say("word", word)
    assert guess(counted, 20) == (10 if counts else 20)
    counted.say("word", "OK")
    assert is_held_up(counted) == counts


def test_what_was_found_wrong_before(counted):
    """A backend that is out of order does not wash clean what it said when it was not."""
    assert guess(counted, 9) == 9
    counted.say("word", "UNAVAILABLE")
    assert guess(counted, 9) == 9
    (counted.programs.directory / "word").unlink()
    assert guess(counted, 5, first=100) == 1


@pytest.mark.parametrize("word", ["UNKNOWN", "DENIED", "UNAVAILABLE"])
def test_what_the_first_backend_found_wrong(directory, word):
    """It counts, whatever the next one makes of it."""
    counted = Counted(directory, rules().replace("backend second shadow", "backend second pam services=chain"))
    counted.programs.add("pam", BACKEND.replace('"word"', '"other word"'))
    counted.say("other word", word)
    with counted:
        assert guess(counted, 12, service="chain") == 20
        counted.say("word", "OK")
        assert is_held_up(counted, service="chain")


def test_a_chain_is_one_attempt(counted):
    assert guess(counted, 12, service="chain") == 20
    assert is_held_up(counted, service="chain")


@pytest.mark.parametrize("whom", ["front", "supervisor"], ids=["its end", "a reload"])
def test_another_front(counted, whom):
    assert guess(counted, 11) == 10
    front = counted.daemon.front()
    if whom == "front":
        os.kill(front, signal.SIGKILL)
    else:
        os.kill(counted.daemon.pid, signal.SIGHUP)
    wait_for(lambda: front not in counted.daemon.children("saslward-front") != [], "another front")
    assert is_held_up(counted)
    assert is_held_up(counted, login="ALICE")
    assert not is_held_up(counted, login="bob")


def test_as_saslauthd(directory):
    """-a has no configuration, and the same penalties."""
    programs = Programs(directory)
    programs.add("shadow", BACKEND)
    programs.directory.chmod(0o777)
    with Daemon(directory / "run", mechanism="shadow", env={"SASLWARD_LIBEXECDIR": str(programs.directory)}) as daemon:
        def login(password):
            return is_ok(ask(daemon.socket, "alice", password, "imap", "", "192.0.2.1;1"))
        numbers = itertools.count()
        wait_for(lambda: not login(f"wrong {next(numbers)}") and daemon.last_reason().startswith("too many"), "a penalty")
        assert daemon.last_reason() == "too many wrong passwords: one check every 2 s"
        wait_for(lambda: login("right"), "the right password to get in")


SASLDB = """\
listen RUN/a vm=vmA
listen RUN/b vm=vmB
backend db sasldb path=DB
penalty after=3 every=1h
permit service=spice vm=any with=db
"""


def test_sasldb(directory, database):
    """Users of two realms are two, as in the database."""
    run = directory / "run"
    with Daemon(run, config=SASLDB.replace("RUN", str(run)).replace("DB", str(database))) as daemon:
        def login(*fields, socket="a"):
            return is_ok(ask(run / socket, *fields[:2], "spice", fields[2]))
        assert not any(login("alice", f"wrong {number}", "vmA") for number in range(4))
        assert daemon.last_reason() == REASON
        assert not login("alice", "secretA", "vmA")
        assert login("alice", "secretB", "vmB")
        assert login("bob", "b" * 200, "vmA")
        assert login("alice", "secretA", "vmA", socket="b")
        assert not login("alice", "secretA", "vmA")
        assert not any(login("ｂｏｂ", f"wrong {number}", "vmA") for number in range(4))
        assert not login("ｅｖｅ", "wrong", "vmA")
        assert daemon.last_reason() == "no such user in realm vmA"


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_pam(directory):
    """A password hash is work that nobody can cause without end; realms are nothing to PAM."""
    host = Host(directory)
    host.service("spice", UNIX)
    config = (f"listen {directory}/run/mux vm=vmA\nbackend system pam services=spice\npenalty after=3 every=1h\n"
              "permit service=spice vm=any with=system\n")
    with host.daemon(config=config) as daemon:
        for number in range(20):
            assert not is_ok(ask(daemon.socket, "alice", f"wrong {number}", "spice", f"realm {number}"))
        assert daemon.log().count("pam_authenticate: authentication failure") == 3
        assert daemon.last_reason() == REASON
        assert not is_ok(ask(daemon.socket, "alice", "secret", "spice"))
        assert is_ok(ask(daemon.socket, "bob", "b" * 200, "spice"))
