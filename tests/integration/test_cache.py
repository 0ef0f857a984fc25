# SPDX-License-Identifier: BSD-2-Clause
"""Logins that need not be checked again: the channels of one console login, and what cache= and -c keep. A backend of the
test's own writes down what it is asked."""
import concurrent.futures
import contextlib
import multiprocessing

import pytest
import qemu
from client import Raw, ask, request
from conftest import by_name, delete_user, set_password
from daemon import Daemon, wait_for
from fakes import ORDINARY, Programs
from test_control import Control

# A right password is "right"; "slow" waits until the file "go" is there. OK names the account in the file "account".
BACKEND = '''
HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
def content(name, default):
    try:
        with open(f"{HERE}/{name}") as file:
            return file.read()
    except OSError:
        return default
ready()
while True:
    _, number, login, password, service, realm, *_ = job()
    with open(f"{HERE}/jobs", "ab") as jobs:
        jobs.write(b" ".join((login, service, realm)) + b"\\n")
    while password.endswith(b"slow") and not os.path.exists(f"{HERE}/go"):
        time.sleep(0.002)
    word = content("word", "OK" if password.startswith(b"right") else "MISMATCH").encode()
    send(frame(b"result", number, word, content("account", "").encode() or login, b""))
'''
RULES = """\
listen RUN/a vm=vmA
listen RUN/b vm=vmB
listen RUN/mux
backend fake shadow workers=8
permit service=spice vm=any with=fake
permit service=vnc,third vm=any with=fake
permit service=kept vm=none with=fake cache=10m
permit service=imap vm=none with=fake
"""


class Counted:
    """A daemon whose backend counts."""

    def __init__(self, directory, rules=RULES, peer=None):
        self.programs = Programs(directory)
        if peer:
            self.programs.resolve(peer)
        self.programs.add("shadow", BACKEND)
        self.programs.directory.chmod(0o777)
        self.jobs_file = self.programs.directory / "jobs"
        self.jobs_file.touch()
        self.jobs_file.chmod(0o666)
        self.daemon = self.programs.daemon(rules.replace("RUN", str(directory / "run")))

    def __enter__(self):
        self.daemon.__enter__()
        self.daemon.workers(8)
        return self

    def __exit__(self, *details):
        self.daemon.__exit__(*details)

    def begin(self, login="alice", password="right", service="spice", realm="", socket="a", client=()):
        """A login that has been sent."""
        return Raw(self.daemon.directory / socket).send(request(login, password, service, realm, *client))

    def ask(self, *login, **fields):
        with self.begin(*login, **fields) as raw:
            return raw.reply()

    def jobs(self):
        return self.jobs_file.read_text().splitlines()

    def say(self, name, text):
        (self.programs.directory / name).write_text(text)


@pytest.fixture(name="counted")
def make_counted(directory):
    with Counted(directory) as counted:
        yield counted


def test_channels_of_one_login(counted):
    for _ in range(4):
        assert counted.ask() == b"OK"
    assert counted.jobs() == ["alice spice "]
    counted.daemon.wait_log(r"answered 3 more times as in decision \d+ \[user=alice\] \[service=spice\]")
    assert counted.daemon.log().count("auth success") == 1


def ask_at_once(counted, channels=16, **fields):
    """The last comes before the first is answered; one after the other they would take as many jobs."""
    before = len(counted.jobs())
    with contextlib.ExitStack() as stack:
        logins = [stack.enter_context(counted.begin(password="right and slow", **fields)) for _ in range(channels)]
        wait_for(lambda: len(counted.jobs()) > before and all(login.has_been_read() for login in logins), "all to be read")
        counted.say("go", "")
        assert [login.reply() for login in logins] == [b"OK"] * channels


@pytest.mark.parametrize("fields", [{}, {"service": "imap", "socket": "mux"}], ids=["a VM's", "others"])
def test_channels_that_come_at_once(counted, fields):
    """They wait for the first one's answer."""
    ask_at_once(counted, **fields)
    assert len(counted.jobs()) == 1


@pytest.mark.parametrize("service", ["spice", "vnc"])
@pytest.mark.parametrize("peer", [ORDINARY, 'sighted("machine")'], ids=["no VM", "undecided"])
def test_consoles_of_unknown_machines(directory, peer, service):
    """A QEMU that libvirt did not start stands still as any other."""
    with Counted(directory, "listen RUN/mux\nbackend fake shadow workers=8\npermit with=fake\n", peer) as counted:
        ask_at_once(counted, service=service, socket="mux")
        for _ in range(4):
            assert counted.ask(password="right and slow", service=service, socket="mux") == b"OK"
        assert len(counted.jobs()) == 1


@pytest.mark.parametrize("other", [
    {"login": "bob"}, {"password": "right, too"}, {"service": "vnc"}, {"realm": "vmB"}, {"socket": "b"},
    {"client": ("192.0.2.1;4711",)}], ids=str)
def test_another_question(counted, other):
    """Another login, password, rule, realm, VM or address is asked anew."""
    assert counted.ask() == b"OK"
    assert counted.ask(**other) == b"OK"
    assert len(counted.jobs()) == 2


def test_another_service_of_the_same_rule(counted):
    assert counted.ask(service="vnc") == b"OK"
    assert counted.ask(service="third") == b"OK"
    assert len(counted.jobs()) == 2


def test_other_ports_of_one_address(counted):
    for port in range(4):
        assert counted.ask(client=(f"192.0.2.1;{port}",)) == b"OK"
    assert len(counted.jobs()) == 1


def test_another_process(counted):
    assert counted.ask() == b"OK"
    with multiprocessing.get_context("spawn").Pool(1) as other:
        assert other.apply(ask, (counted.daemon.directory / "a", "alice", "right", "spice", "")) == b"OK"
    assert len(counted.jobs()) == 2


def test_another_vm_of_one_process(counted):
    """An administrator's process asks as one VM after the other."""
    for vm in ("vmA", "vmB", "vmB"):
        with Control(counted.daemon) as control:
            control.ask("test", vm=vm)
            assert control.send(request("alice", "right", "spice")).file.read()[2:] == b"OK"
    assert len(counted.jobs()) == 2


def test_refusals_are_not_kept(counted):
    for word in ("MISMATCH", "UNKNOWN", "DENIED", "UNAVAILABLE"):
        counted.say("word", word)
        assert [counted.ask() for _ in range(2)] == [b"NO"] * 2
    assert len(counted.jobs()) == 8
    counted.say("word", "OK")
    assert [counted.ask() for _ in range(2)] == [b"OK"] * 2
    assert len(counted.jobs()) == 9


def test_a_wrong_password_beside_a_kept_one(counted):
    assert counted.ask() == b"OK"
    assert counted.ask(password="wrong") == b"NO"
    assert counted.ask() == b"OK"
    assert len(counted.jobs()) == 2


@pytest.mark.parametrize("other", [{}, {"realm": "typed"}, {"login": "ALICE"}], ids=str)
def test_misses_cost_what_is_kept(counted, other):
    """However the user is written: this backend has no realms."""
    assert counted.ask() == b"OK"
    for number in range(5):
        assert counted.ask(password=f"wrong {number}", **other) == b"NO"
    assert counted.ask() == b"OK"
    assert len(counted.jobs()) == 7


def test_others_are_asked_each_time(counted):
    """Nothing stands still while a mail server waits."""
    for _ in range(3):
        assert counted.ask(service="imap", socket="mux") == b"OK"
    assert len(counted.jobs()) == 3


def test_cache_of_a_rule(counted):
    for _ in range(3):
        assert counted.ask(service="kept", socket="mux") == b"OK"
    assert len(counted.jobs()) == 1


def test_account_of_another_name(directory):
    """The rules are run with the account's own name for a kept answer, too."""
    rules = RULES.replace("permit service=spice", "deny user=eve\npermit service=spice")
    with Counted(directory, rules) as counted:
        counted.say("account", "eve")
        for _ in range(3):
            assert counted.ask(login="EVE") == b"NO"
            assert counted.daemon.last_reason() == 'account is "eve"'
        assert len(counted.jobs()) == 1


def test_real_console(directory, certificates):
    """A viewer opens four channels; QEMU asks four times."""
    rules = f"identity cmdline uid={qemu.UID}\nlisten RUN/mux\nbackend fake shadow workers=8\npermit vm=vmA service=spice with=fake\n"
    qemu.configure_sasl(directory / "sasl", directory / "run" / "mux")
    with Counted(directory, rules) as counted, qemu.Qemu(directory / "vm", "vmA", directory / "sasl", certificates) as vm:
        assert vm.lets_in("alice", "right")
        assert counted.jobs() == ["alice spice "]
        counted.daemon.wait_log("answered 3 more times")
        assert counted.daemon.log().count("auth success") == 1
        assert not vm.lets_in("alice", "wrong")


SASLDB = """\
listen RUN/a vm=vmA
backend db sasldb path=DB
permit service=spice vm=any with=db as-realm=vmA cache=10m
"""


@pytest.fixture(name="mux")
def make_mux(directory, database):
    run = directory / "run"
    with Daemon(run, config=SASLDB.replace("RUN", str(run)).replace("DB", str(database))):
        yield run / "a"


def test_a_changed_password_counts_at_once(mux, database):
    for old, new in (("secretA", "second-A"), ("second-A", "third-A")):
        assert [ask(mux, "alice", old, "spice") for _ in range(2)] == [b"OK"] * 2
        set_password(database, "alice", "vmA", new)
        assert ask(mux, "alice", old, "spice") == b"NO"
        assert ask(mux, "alice", new, "spice") == b"OK"


def test_a_removed_user_is_out_at_once(mux, database):
    assert [ask(mux, "alice", "secretA", "spice") for _ in range(2)] == [b"OK"] * 2
    delete_user(database, "alice", "vmA")
    assert ask(mux, "alice", "secretA", "spice") == b"NO"


def test_a_database_that_is_put_in_its_place(mux, database):
    assert ask(mux, "alice", "secretA", "spice") == b"OK"
    new = database.with_name("new")
    set_password(new, "alice", "vmA", "other-A")
    new.rename(database)
    assert ask(mux, "alice", "secretA", "spice") == b"NO"
    assert ask(mux, "alice", "other-A", "spice") == b"OK"


def test_of_two_vms_one_is_forbidden(directory, database):
    """An OK that is kept for one VM says nothing about the other, whatever is typed."""
    run = directory / "run"
    config = SASLDB.replace("vm=any", "vm=vmA").replace("RUN", str(run)).replace("DB", str(database))
    with Daemon(run, config=config + f"listen {run}/b vm=vmB\n"):
        for realm in ("", "vmA", "vmB"):
            assert [ask(run / vm, "alice", "secretA", "spice", realm) for vm in "aba"] == [b"OK", b"NO", b"OK"]


@pytest.mark.parametrize("options, service, jobs", [
    ((), "imap", 3), (("-c",), "imap", 1), (("-c", "-t", "600"), "imap", 1), (("-t", "600"), "imap", 3), ((), "spice", 1),
    ((), "vnc", 1)], ids=str)
def test_as_saslauthds(directory, options, service, jobs):
    """-c keeps good logins, -t says how long; those at a console are kept for its channels."""
    programs = Programs(directory)
    programs.add("shadow", BACKEND)
    programs.directory.chmod(0o777)
    (programs.directory / "jobs").touch()
    (programs.directory / "jobs").chmod(0o666)
    with Daemon(directory / "run", None, *options, mechanism="shadow",
                env={"SASLWARD_LIBEXECDIR": str(programs.directory)}) as daemon:
        assert [ask(daemon.socket, "alice", "right", service) for _ in range(3)] == [b"OK"] * 3
    assert len((programs.directory / "jobs").read_text().splitlines()) == jobs


# flush

FLUSHED = [
    ("all", {}, 4, {"alice a", "alice b", "bob a", "bob b"}),
    ("a user", {"user": "alice"}, 2, {"alice a", "alice b"}),
    ("a VM", {"vm": "vmB"}, 2, {"alice b", "bob b"}),
    ("another user", {"user": "Alice"}, 0, set()),
    ("the start of a name", {"user": "al"}, 0, set()),
    ("another VM", {"vm": "vmC"}, 0, set()),
    ("a user by a VM's name", {"user": "vmA"}, 0, set()),
    ("a VM by a user's name", {"vm": "alice"}, 0, set()),
]


@pytest.mark.parametrize("which, count, asked_again", by_name(FLUSHED))
def test_flush(counted, which, count, asked_again):
    logins = [(login, place) for login in ("alice", "bob") for place in ("a", "b")]
    for login, place in logins:
        counted.ask(login, socket=place)
    with Control(counted.daemon) as control:
        assert control.ask("flush", **which)["flushed"] == count
        assert control.ask("status")["cached"] == 4 - count
    again = set()
    for login, place in logins:
        before = len(counted.jobs())
        assert counted.ask(login, socket=place) == b"OK"
        if len(counted.jobs()) > before:
            again.add(f"{login} {place}")
    assert again == asked_again


UUID = "0123456789abcdef0123456789abcdef"
WRITTEN = "01234567-89AB-cdef-0123-456789abcdef"


@pytest.mark.parametrize("name", ["", "vmU"], ids=["no name", "a name"])
@pytest.mark.parametrize("vm, count", [(UUID, 1), (WRITTEN, 1), (f"uuid:{UUID}", 1), (f"uuid:{WRITTEN}", 1), ("uuid:", 0),
                                       (UUID[:-1], 0), (f"uuid:{'f' * 32}", 0), ("uuid:" + 1000 * "0", 0)])
def test_flush_by_uuid(directory, name, vm, count):
    rules = "listen RUN/mux\nbackend fake shadow workers=8\npermit vm=any with=fake\n"
    with Counted(directory, rules, f'sighted("machine", libvirt=named("{name}", "{UUID}"))') as counted:
        assert counted.ask(socket="mux") == b"OK"
        with Control(counted.daemon) as control:
            assert control.ask("flush", vm=vm)["flushed"] == count
            assert control.ask("status")["cached"] == 1 - count


def test_flush_by_the_accounts_own_name(counted):
    """Which is another than the one that was typed, as directories have it."""
    counted.say("account", "alice")
    counted.ask("ALICE")
    with Control(counted.daemon) as control:
        assert control.ask("flush", user="alice")["flushed"] == 1


def test_flush_while_one_is_checked(counted):
    """Its answer is from before, and is not kept."""
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        login = threads.submit(counted.ask, password="right and slow")
        wait_for(counted.jobs, "the job")
        with Control(counted.daemon) as control:
            assert control.ask("flush", user="alice")["flushed"] == 0
            counted.say("go", "")
            assert login.result() == b"OK"
            assert control.ask("status")["cached"] == 0


BAD_FLUSHES = [("both", {"user": "alice", "vm": "vmA"}), ("a number", {"user": 1}), ("an empty name", {"user": ""}),
               ("an empty VM", {"vm": ""}), ("null", {"vm": None}), ("a list", {"user": ["alice"]})]


@pytest.mark.parametrize("which", by_name(BAD_FLUSHES))
def test_what_cannot_be_flushed(counted, which):
    """It does not stand for all."""
    counted.ask()
    with Control(counted.daemon) as control:
        assert "takes a" in control.ask("flush", **which)["error"]
        assert control.ask("status")["cached"] == 1
