# SPDX-License-Identifier: BSD-2-Clause
"""The control socket: who may use it, what it answers, and that it costs the logins nothing."""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import host
import pytest
from client import Raw, ask, counted, is_ok, request
from conftest import by_name
from daemon import PATIENCE, SLOW, WORKERS, Daemon, check_no_password, in_time, wait_for
from fakes import Programs
from reloading import ALICE, Reloaded, rules

RULES = """\
listen RUN/mux
listen RUN/a vm=vmA name=a
backend db sasldb path=DB
permit service=spice vm=vmA with=db as-realm=vmA
permit service=imap vm=none realm=vmA with=db
"""


class Control:
    """An administrator's connection."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(daemon.directory / "control"))
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def receive(self):
        line = self.file.readline()
        assert line.endswith(b"\n"), "the daemon closed the connection"
        check_no_password(line, "the answer")
        answer = json.loads(line)
        assert answer["version"] == 1
        return answer

    def ask(self, command, **arguments):
        return self.send(json.dumps({"command": command, **arguments}).encode() + b"\n").receive()


@pytest.fixture(name="daemon")
def make_daemon(directory, database):
    run = directory / "run"
    with Daemon(run, config=RULES.replace("RUN", str(run)).replace("DB", str(database))) as daemon:
        yield daemon


def test_status_counts(daemon):
    logins = [("mux", "alice", "secretA", "imap", "vmA"), ("mux", "alice", "wrong", "imap", "vmA"),
              ("mux", "alice", "secretA", "imap", "vmB"), ("a", "alice", "secretA", "spice", ""),
              ("a", "alice", "secretA", "spice", "")]
    for name, *login in logins:
        ask(daemon.directory / name, *login)
    with Control(daemon) as control:
        status = control.ask("status")
    answers = status["answers"]
    results = {"OK": 3, "MISMATCH": 1, "UNKNOWN": 0, "DENIED": 1, "UNAVAILABLE": 0}
    assert (answers["total"], answers["results"]) == (5, results)
    assert answers["sources"] == {"rules": 1, "backend": 3, "flight": 0, "cache": 1, "penalty": 0}
    assert {name: sum(found.values()) for name, found in answers["services"].items()} == {"imap": 2, "spice": 2, "(other)": 1}
    assert answers["vms"]["vmA"]["OK"] == 2
    assert answers["backends"]["db"] == {**results, "DENIED": 0}
    assert sum(bucket["answers"] for bucket in answers["latency"]["buckets"]) == 5
    assert status["cached"] == 1
    assert {backend["name"]: backend["workers"] for backend in status["backends"]}["db"] == 5
    assert [found["path"] for found in status["sockets"]] == [str(daemon.directory / "mux"), str(daemon.directory / "a")]
    assert answers["refusals"] == {**dict.fromkeys(answers["refusals"], 0), "no-rule": 1, "password": 1}
    assert 0 <= status["sockets"][1].pop("last_asked_sec") <= PATIENCE
    assert status["sockets"][1] == {"path": str(daemon.directory / "a"), "mode": "0666", "name": "a", "vm": "vmA",
                                    "last_asker": "vm vmA"}
    assert re.match("uid|unit", status["sockets"][0]["last_asker"])
    assert answers["rates"] == {"last_10_sec": 5, "last_60_sec": 5, "refused_last_60_sec": 2} or status["uptime_sec"] >= 10


REFUSALS = """\
listen RUN/mux
listen RUN/closed allow=uid:4711
backend db sasldb path=DB
backend fake shadow workers=1
penalty after=2 every=1h
deny service=denied
deny service=untold user=@no-such-group
permit service=fake user=slow with=fake deadline=200ms
permit service=fake user=!eve with=fake
permit service=imap with=db as-realm=vmA
"""
ACCOUNTS = '''
ready()
while True:
    verb, number, login, *rest = job()
    if login == b"slow":
        continue
    send(frame(b"result", number, b"DENIED" if login == b"locked" else b"OK", b"eve", b"locked"))
'''
# the kind of refusal, how it is asked for; the backend gives another account's name
REASONS = [
    ("request", {"login": "a\n"}), ("no-rule", {"service": "other"}), ("no-rule", {"path": "closed"}),
    ("rule", {"service": "denied"}), ("undecided", {"service": "untold"}), ("password", {}), ("user", {"login": "nobody"}),
    ("account", {"service": "fake", "login": "locked"}), ("account", {"service": "fake"}),
    ("unavailable", {"service": "fake", "login": "slow"}),
]


@pytest.mark.parametrize("reason, how", REASONS, ids=str)
def test_why_it_was_refused(directory, database, reason, how):
    run, programs = directory / "run", Programs(directory)
    programs.add("shadow", ACCOUNTS)
    programs.directory.joinpath("sasldb").unlink(missing_ok=True)
    programs.directory.joinpath("sasldb").symlink_to((WORKERS / "sasldb").resolve())
    with programs.daemon(REFUSALS.replace("RUN", str(run)).replace("DB", str(database)), ready=("identity", "fake")) as daemon:
        before = refusals(daemon)
        path, login, service = (how.get(*item) for item in (("path", "mux"), ("login", "alice"), ("service", "imap")))
        assert not is_ok(ask(daemon.directory / path, login, "wrong", service))
        assert refusals(daemon) == {**before, reason: before[reason] + 1}, daemon.last_reason()


def refusals(daemon):
    with Control(daemon) as control:
        return control.ask("status")["answers"]["refusals"]


def test_penalties(directory, database):
    run = directory / "run"
    config = f"listen {run}/a vm=vmA\npenalty after=2 every=1h\nbackend db sasldb path={database}\npermit vm=vmA with=db as-realm=vmA\n"
    with Daemon(run, config=config) as daemon, Control(daemon) as control:
        for number, (penalties, refused) in enumerate(((0, 0), (1, 0), (1, 1))):
            ask(run / "a", "alice", f"wrong {number}")
            found = control.ask("status")
            assert (found["penalties"], found["answers"]["refusals"]["penalty"]) == (penalties, refused)


def test_made_up_services_are_not_counted_one_by_one(daemon):
    for number in range(100):
        ask(daemon.socket, "alice", "x", f"service{number}")
    with Control(daemon) as control:
        services = control.ask("status")["answers"]["services"]
    assert list(services) == ["(other)"]


def test_so_many_services_and_no_more(directory, database):
    with Daemon(directory / "run", database) as daemon:
        for number in range(70):
            ask(daemon.socket, "alice", "x", f"service{number}")
        with Control(daemon) as control:
            services = control.ask("status")["answers"]["services"]
    assert len(services) == 65
    assert services["(other)"]["UNKNOWN"] + services["(other)"]["MISMATCH"] == 6


def test_names_are_shown_whatever_they_hold(directory, database):
    """JSON is UTF-8, and a client's name may be anything."""
    with Daemon(directory / "run", database) as daemon:
        for service in (b"\xff\xfe", b'"quoted"', "Grüße".encode()):
            with Raw(daemon.socket) as client:
                client.send(counted("alice", "x", service, "vmA")).reply()
        with Control(daemon) as control:
            assert len(control.ask("status")["answers"]["services"]) == 3


def test_several_requests_on_one_connection(daemon):
    with Control(daemon) as control:
        control.send(b'{"command":"status"}\n{"command":"status"}\n{"comm')
        for _ in range(2):
            assert "answers" in control.receive()
        assert "answers" in control.send(b'and":"status"}\n').receive()


BAD = [
    ("nothing", b"\n", "a request is"), ("no JSON", b"status\n", "a request is"), ("no object", b"[1]\n", "a request is"),
    ("no command", b"{}\n", "a request is"), ("a number", b'{"command":1}\n', "a request is"),
    ("unknown", b'{"command":"stat"}\n', "unknown command"), ("too deep", b"[" * 1000 + b"\n", "a request is"),
    ("a NUL", b'{"command":"status\0"}\n', "a request is"), ("no name of a VM", b'{"command":"test","vm":7}\n', "takes a"),
    ("an empty VM", b'{"command":"test","vm":""}\n', "takes a"),
]


@pytest.mark.parametrize("data, text", by_name(BAD))
def test_bad_requests(daemon, data, text):
    with Control(daemon) as control:
        assert text in control.send(data).receive()["error"]
        assert "answers" in control.ask("status")


def test_a_line_without_end(daemon):
    with Control(daemon) as control:
        with pytest.raises(OSError):  # closed with the rest unread
            while True:
                control.send(b"x" * 1000)
    assert is_served(daemon)


def test_who_does_not_read_holds_up_nobody(daemon):
    with Control(daemon) as deaf:
        deaf.socket.setblocking(False)
        try:
            while True:
                deaf.socket.send(b'{"command":"status"}\n' * 100)
        except BlockingIOError:
            pass
        assert ask(daemon.socket, "alice", "secretA", "imap", "vmA") == b"OK"
        with Control(daemon) as control:
            assert "answers" in control.ask("status")


def test_logins_go_first(daemon):
    """Whoever waits at the mux is served before the requests that are there, however many those are, but for one each
    tenth of a second."""
    logins = 20
    refused = request("alice", "x", "nothing", "")
    with Control(daemon) as control:
        ask(daemon.socket, "alice", "x", "nothing")  # of this process all is known now
        before = control.ask("status")["answers"]["total"]
        front = daemon.front()
        os.kill(front, signal.SIGSTOP)
        try:
            control.send(b'{"command":"status"}\n' * 500)
            clients = [Raw(daemon.socket).send(refused) for _ in range(logins)]
        finally:
            began = time.monotonic()
            os.kill(front, signal.SIGCONT)
        for client in clients:
            assert client.reply()[:2] == b"NO"
            client.socket.close()
        turns = (time.monotonic() - began) / 0.1
        totals = [control.receive()["answers"]["total"] for _ in range(500)]
        assert totals[-1] == before + logins
        assert sum(total != before + logins for total in totals) <= 2 + turns


def test_so_many_clients_and_no_more(daemon):
    controls = [Control(daemon) for _ in range(16)]
    for control in controls:
        assert "answers" in control.ask("status")
    with Control(daemon) as more:
        assert more.file.read() == b""
    for control in controls:
        control.__exit__()
    wait_for(lambda: is_served(daemon), "room for another")


MEMBERS = """
import os, socket, sys
os.setgroups([])
os.setresgid(5500, 5500, 5500)
os.setresuid(65534, 65534, 65534)
clients = []
for _ in range(17):
    client = socket.socket(socket.AF_UNIX)
    client.connect(sys.argv[1])
    try:
        client.send(b'{"command":"status"}\\n')
        served = bool(client.recv(100))
    except ConnectionError:
        served = False
    clients += [client] * served
print(len(clients), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.geteuid() != 0 or host.missing() is not None, reason="needs other users, and files in /etc of its own")
def test_members_leave_room_for_root(directory, database):
    with Daemon(directory / "run", database, prefix=with_administrators(directory)) as daemon:
        directory.chmod(0o755)
        command = [sys.executable, "-Ic", MEMBERS, str(daemon.directory / "control")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as members:
            assert members.stdout.readline() == "12\n"
            assert is_served(daemon)
            members.stdin.close()


def is_served(daemon):
    with Control(daemon) as control:
        try:
            return bool(control.ask("status"))
        except (AssertionError, OSError):
            return False


STRANGER = """
import os, socket, sys
os.setgroups([int(group) for group in sys.argv[3:]])
os.setresgid(65534, 65534, 65534)
os.setresuid(int(sys.argv[2]), int(sys.argv[2]), int(sys.argv[2]))
client = socket.socket(socket.AF_UNIX)
try:
    client.connect(sys.argv[1])
    client.send(b'{"command":"status"}\\n')
    print(len(client.recv(100)))
except OSError as error:
    print(error.errno)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs other users")
def test_strangers_are_not_served(daemon):
    """Not by the file's mode, nor where that lets them in."""
    path = daemon.directory / "control"
    assert path.stat().st_mode & 0o777 in (0o600, 0o660)
    command = [sys.executable, "-Ic", STRANGER, str(path), "65534"]
    assert subprocess.check_output(command, text=True) == "13\n"
    path.chmod(0o666)
    daemon.directory.parent.chmod(0o755)
    assert subprocess.check_output(command, text=True) in ("0\n", "104\n", "32\n")


def with_administrators(directory):
    """A machine that has the user and the group saslward."""
    machine = host.Host(directory)
    with (machine.directory / "passwd").open("a") as passwd:
        passwd.write("saslward:x:5500:5500::/nonexistent:/bin/false\n")
    machine.group("saslward:x:5500:\n")
    return machine.prefix


@pytest.mark.skipif(os.geteuid() != 0 or host.missing() is not None, reason="needs other users, and files in /etc of its own")
def test_administrators(directory, database):
    """Members of the group saslward; but not the user saslward, as which workers run: who breaks into one that reads
    a directory's answers is not to ask as any VM."""
    with Daemon(directory / "run", database, prefix=with_administrators(directory)) as daemon:
        path = daemon.directory / "control"
        assert (path.stat().st_mode & 0o777, path.stat().st_gid) == (0o660, 5500)
        command = [sys.executable, "-Ic", STRANGER, str(path)]
        assert int(subprocess.check_output([*command, "65534", "5500"])) == 100
        assert subprocess.check_output([*command, "5500", "5500"], text=True) in ("0\n", "104\n", "32\n")


def test_as_a_vm(daemon):
    """The connection goes on as one to the mux."""
    for vm, password, expected in (("vmA", "secretA", b"OK"), ("vmA", "wrong", b"NO"), ("vmB", "secretA", b"NO")):
        with Control(daemon) as control:
            assert "error" not in control.ask("test", vm=vm)
            control.send(request("alice", password, "spice", "anything"))
            assert control.file.read()[2:] == expected
    assert daemon.last_login()["vm"] == "vmB by socket"


def test_as_a_vm_without_waiting_for_the_answer(daemon):
    with Control(daemon) as control:
        control.send(b'{"command":"test","vm":"vmA"}\n' + request("alice", "secretA", "spice"))
        control.receive()
        assert control.file.read() == b""


def test_the_front_starts_again(daemon):
    with Control(daemon) as control:
        control.ask("status")
        os.kill(daemon.front(), 9)
        assert control.file.read() == b""
    wait_for(lambda: is_served(daemon), "the next front")


@pytest.mark.skipif(SLOW > 1, reason="this patience is the daemon's own, and not stretched")
def test_a_reload_cuts_nobody_off(directory, database):
    """Who has connected before it asks the front that leaves; who has asked there ends before it does."""
    with Reloaded(directory, rules(database, "alice")) as daemon, Control(daemon) as control, Control(daemon) as silent:
        front, _ = control.ask("status")["pid"], silent.ask("status")
        began = time.monotonic()
        daemon.reload(rules(database, "alice", "bob"))
        answer = None
        with contextlib.suppress(AssertionError, OSError):
            answer = control.ask("status")
        in_time(time.monotonic() - began, 0.4)  # it waits for half a second
        assert answer and answer["pid"] == front != ask_status(daemon)["pid"]
        assert control.file.read() == silent.file.read() == b""
        daemon.wait_one_generation()


def test_counters_outlive_fronts(directory, database):
    """Reloads, and a front that dies: rates of numbers that begin anew would lie."""
    with Reloaded(directory, rules(database, "alice")) as daemon:
        ask(daemon.socket, *ALICE)
        with Control(daemon) as control:
            before = control.ask("status")
        daemon.reload(rules(database, "alice", "bob"))
        ask(daemon.socket, *ALICE)
        daemon.wait_one_generation()
        os.kill(daemon.front(), 9)
        ask(daemon.socket, *ALICE)
        found = wait_for(lambda: ask_status(daemon), "the next front")
        assert (before["generation"], found["generation"]) == (1, 2)
        answers = found["answers"]
        assert answers["total"] == sum(bucket["answers"] for bucket in answers["latency"]["buckets"]) == 3
        assert answers["results"]["OK"] == answers["services"]["imap"]["OK"] == answers["backends"]["db"]["OK"] == 3
        assert found["uptime_sec"] >= before["uptime_sec"] and found["generation_uptime_sec"] <= found["uptime_sec"]


def test_uptime(directory, database):
    """Of the daemon, whatever it has reloaded since."""
    with Reloaded(directory, rules(database, "alice")) as daemon:
        wait_for(lambda: ask_status(daemon)["uptime_sec"] >= 1, "a second")
        daemon.reload(rules(database, "bob"))
        with Control(daemon) as control:
            found = control.ask("status")
        assert found["uptime_sec"] >= 1 and found["generation_uptime_sec"] < found["uptime_sec"]


def ask_status(daemon):
    with contextlib.suppress(AssertionError, OSError), Control(daemon) as control:
        return control.ask("status")


def test_the_name_goes_with_the_daemon(directory, database):
    with Daemon(directory / "run", database) as daemon:
        assert (daemon.directory / "control").exists()
    assert not (daemon.directory / "control").exists()
