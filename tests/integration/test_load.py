# SPDX-License-Identifier: BSD-2-Clause
"""Many connections: the silent ones cost nobody else anything, and everybody is answered."""
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time

import pytest
from client import ask, is_ok, request
from daemon import PATIENCE, SLOW, WRAP, Daemon, in_time, wait_for
from fakes import Programs
from test_control import Control

GOOD = request("alice", "secretA", "imap", "vmA")


@pytest.fixture(name="descriptors", autouse=True)
def raise_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))  # waits where the backlog is full, as libsasl's clients do
    client.settimeout(PATIENCE)
    return client


def logins_take(daemon, count=20):
    """The slowest of some good logins, in seconds."""
    slowest = 0
    for _ in range(count):
        began = time.monotonic()
        assert is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA"))
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def replies(clients):
    """Reads every reply to its end."""
    poll = select.poll()
    open_clients = {client.fileno(): client for client in clients}
    received = {fd: b"" for fd in open_clients}
    for fd in open_clients:
        poll.register(fd, select.POLLIN)
    end = time.monotonic() + 3 * PATIENCE
    while open_clients:
        assert time.monotonic() < end, f"{len(open_clients)} were not answered"
        for fd, _ in poll.poll(1000):
            data = open_clients[fd].recv(1024)
            received[fd] += data
            if not data:
                poll.unregister(fd)
                open_clients.pop(fd).close()
    return list(received.values())


@pytest.mark.parametrize("count", [5, 5000])
def test_silent_connections(directory, database, descriptors, count):
    if descriptors < count + 100:
        pytest.skip(f"only {descriptors} descriptors are allowed here")
    with Daemon(directory / "run", database, read_deadline=60) as daemon:
        silent = [connect(daemon.socket) for _ in range(count)]
        slowest = logins_take(daemon)
        print(f"{count} silent connections: slowest of 20 good logins {slowest * 1000:.1f} ms")
        in_time(slowest, 0.5 * SLOW)
        for client in silent:
            client.close()


def test_ten_thousand_at_once(directory, database, descriptors):
    if descriptors < 10100:
        pytest.skip(f"only {descriptors} descriptors are allowed here")
    with Daemon(directory / "run", database, workers=5, deadline=60, read_deadline=60) as daemon:
        clients = []
        for _ in range(10000):
            clients.append(connect(daemon.socket))
            clients[-1].send(GOOD)
        answers = replies(clients)
        assert set(answers) <= {b"\0\2OK", b"\0\2NO"}
        assert answers.count(b"\0\2OK") > 4000  # the queue holds 4096; beyond it NO at once
        in_time(logins_take(daemon, 3), 1 * SLOW)


@pytest.mark.skipif(bool(WRAP), reason="valgrind closes what accept() returns beyond its own limit")
def test_descriptors_run_out(directory, database):
    """Connections whose login is being checked cannot be dropped: accept() fails, and everybody is answered all the same."""
    with Daemon(directory / "run", database, prefix=["prlimit", "--nofile=40:40"], deadline=3) as daemon:
        for worker in daemon.workers(2):
            os.kill(worker, signal.SIGSTOP)
        clients = []
        for _ in range(150):
            clients.append(connect(daemon.socket))
            clients[-1].send(GOOD)
        assert {answer[2:4] for answer in replies(clients)} <= {b"OK", b"NO"}
        daemon.wait_log("accept .*Too many open files")
        wait_for(lambda: is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA")),
                 "new workers, which are started later where their descriptors found no room")
        in_time(logins_take(daemon, 5), 5 * SLOW)


def test_starts_with_few_descriptors(directory, database):
    with Daemon(directory / "run", database, prefix=["prlimit", "--nofile=64:64"], read_deadline=60) as daemon:
        clients = [connect(daemon.socket) for _ in range(300)]
        in_time(logins_take(daemon, 5), 5 * SLOW)
        assert clients[0].recv(1024)[2:] == b"NO too many connections"
        for client in clients:
            client.close()


@pytest.mark.skipif(bool(WRAP), reason="valgrind has a limit of its own")
def test_raises_its_limit(directory, database):
    """The front has as many descriptors as it may, whatever it was started with."""
    with Daemon(directory / "run", database, prefix=["prlimit", "--nofile=128:1024"], read_deadline=60) as daemon:
        clients = [connect(daemon.socket) for _ in range(300)]
        logins_take(daemon, 5)
        assert select.select(clients, [], [], 0)[0] == []
        for client in clients:
            client.send(GOOD)
        assert {answer[2:4] for answer in replies(clients)} == {b"OK"}


@pytest.mark.skipif(bool(WRAP), reason="valgrind closes what accept() returns beyond its own limit")
def test_who_has_his_answer_makes_room(directory, database):
    """Whoever does not close his connection then costs nobody else one."""
    with Daemon(directory / "run", database, prefix=["prlimit", "--nofile=128:128"], read_deadline=60) as daemon:
        silent = connect(daemon.socket)
        clients = []
        for _ in range(200):
            clients.append(connect(daemon.socket))
            clients[-1].send(GOOD)
            assert is_ok(clients[-1].recv(1024)[2:])
        with Control(daemon) as control:
            assert control.ask("status")["turned_away"]["connections"] == 0
        silent.send(GOOD)
        assert is_ok(silent.recv(1024)[2:])


# Connects COUNT times as USER, and sends DATA each time; then says how many are still unanswered, whenever it is asked.
CROWD = """
import os, select, socket, sys
path, user, count, data = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), bytes.fromhex(sys.argv[4])
os.setresuid(user, user, user)
poll = select.poll()
clients = {}
for _ in range(count):
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    try:
        client.send(data)
    except BrokenPipeError:
        pass  # it has its answer already
    clients[client.fileno()] = client
    poll.register(client, select.POLLIN)
print("ready", flush=True)
for line in sys.stdin:
    for fd, _ in poll.poll(0):
        poll.unregister(fd)
        clients.pop(fd)
    print(len(clients), flush=True)
"""


class Crowd:
    def __init__(self, path, user, count, data):
        self.process = subprocess.Popen([sys.executable, "-Ic", CROWD, str(path), str(user), str(count), data.hex()],
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self.process.communicate(timeout=PATIENCE)

    def unanswered(self):
        print(file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())


TWO_BACKENDS = """\
listen RUN/mux
backend db sasldb path=DB
backend slow shadow
permit service=slow with=slow
permit service=imap realm=vmA with=db
"""
WAITS = '''
ready()
while True:
    _, number, *_ = job()
    while not os.path.exists(os.path.dirname(os.path.abspath(sys.argv[0])) + "/go"):
        time.sleep(0.002)
    send(frame(b"result", number, b"MISMATCH", b"", b""))
'''


@pytest.mark.skipif(os.geteuid() != 0, reason="needs two users")
@pytest.mark.skipif(bool(WRAP), reason="valgrind closes what accept() returns beyond its own limit")
@pytest.mark.parametrize("data", [b"\0", request("eve", "x", "slow")], ids=["silent", "being checked"])
def test_who_has_most_connections_pays(directory, database, data):
    """A user who opens hundreds loses his own, and gets no more; another's, though older than all of them, is served."""
    programs = Programs(directory)
    programs.add("shadow", WAITS)
    rules = TWO_BACKENDS.replace("RUN", str(directory / "run")).replace("DB", str(database))
    directory.chmod(0o755)
    with programs.daemon(rules, prefix=["prlimit", "--nofile=128:128"], read_deadline=60, deadline=60) as daemon:
        older = connect(daemon.socket)
        older.send(GOOD[:5])
        try:
            with Crowd(daemon.socket, 65534, 400, data) as crowd:
                wait_for(lambda: crowd.unanswered() < 128, "the crowd to be cut down")
                logins_take(daemon, 20)
                older.send(GOOD[5:])
                assert is_ok(older.recv(1024)[2:])
                assert crowd.unanswered() > 50  # no more than needed
            with Control(daemon) as control:
                assert control.ask("status")["turned_away"]["connections"] > 200
            refusals = re.findall(r"reason=too many connections\].*\[result=(\w+)\]", daemon.log())
            assert set(refusals) <= {"UNAVAILABLE"} and (data == b"\0" or refusals)
        finally:
            (programs.directory / "go").touch()


@pytest.mark.skipif(bool(WRAP), reason="valgrind closes what accept() returns beyond its own limit")
def test_too_many_of_one(directory, database):
    """Whose logins are being checked keeps them, and gets no more: each further one is told so, and logged."""
    programs = Programs(directory)
    programs.add("shadow", WAITS)
    rules = TWO_BACKENDS.replace("RUN", str(directory / "run")).replace("DB", str(database))
    with programs.daemon(rules, prefix=["prlimit", "--nofile=128:128"], read_deadline=60, deadline=60) as daemon:
        clients = []
        try:
            for _ in range(150):
                clients.append(connect(daemon.socket))
                clients[-1].send(request("eve", "x", "slow"))
            with Control(daemon) as control:
                wait_for(lambda: control.ask("status")["turned_away"]["connections"] >= 40, "the rest to be turned away")
        finally:
            (programs.directory / "go").touch()
        answers = [answer[2:] for answer in replies(clients)]
        many = answers.count(b"NO too many connections")
        assert 40 <= many <= 70 and answers.count(b"NO") == 150 - many, answers
        results = re.findall(r"reason=too many connections\].*\[result=(\w+)\]", daemon.log())
        assert set(results) == {"UNAVAILABLE"}
        wait_for(lambda: is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA")), "room again")


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.skipif(os.geteuid() != 0, reason="the front's descriptors are not ours to see")
def test_nothing_is_left_behind(daemon):
    daemon.workers(2)
    daemon.resolver_pids()
    logins_take(daemon, 5)
    front = daemon.front()
    wait_for(lambda: descriptors_of(front) < 20, "the connections to be closed")
    before = descriptors_of(front)
    for _ in range(200):
        connect(daemon.socket).close()
        ask(daemon.socket, "alice", "wrong", "imap", "vmA")
    wait_for(lambda: descriptors_of(front) <= before, "all connections to be closed")
