# SPDX-License-Identifier: BSD-2-Clause
"""Many connections: the silent ones cost nobody else anything, and everybody is answered."""
import os
import resource
import select
import signal
import socket
import time

import pytest
from client import ask, is_ok, request
from daemon import PATIENCE, SLOW, WRAP, Daemon

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
        assert slowest < 0.5 * SLOW
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
        assert logins_take(daemon, 3) < 1 * SLOW


@pytest.mark.skipif(bool(WRAP), reason="valgrind closes what accept() returns beyond its own limit")
def test_descriptors_run_out(directory, database):
    """Connections whose login is being checked cannot be dropped: accept() fails, and everybody is answered all the same."""
    with Daemon(directory / "run", database, prefix=["prlimit", "--nofile=64:64"], deadline=1) as daemon:
        for worker in daemon.workers(2):
            os.kill(worker, signal.SIGSTOP)
        clients = []
        for _ in range(150):
            clients.append(connect(daemon.socket))
            clients[-1].send(GOOD)
        assert set(replies(clients)) <= {b"\0\2OK", b"\0\2NO"}
        daemon.wait_log("accept .*Too many open files")
        assert logins_take(daemon, 5) < 5 * SLOW


def test_starts_with_few_descriptors(directory, database):
    with Daemon(directory / "run", database, prefix=["prlimit", "--nofile=64:64"], read_deadline=60) as daemon:
        clients = [connect(daemon.socket) for _ in range(300)]
        assert logins_take(daemon, 5) < 5 * SLOW
        assert clients[0].recv(1024)[2:] == b"NO too many connections"
        for client in clients:
            client.close()


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.skipif(os.geteuid() != 0, reason="the front's descriptors are not ours to see")
def test_nothing_is_left_behind(daemon):
    from daemon import wait_for
    logins_take(daemon, 5)
    front = daemon.front()
    wait_for(lambda: descriptors_of(front) < 20, "the connections to be closed")
    before = descriptors_of(front)
    for _ in range(200):
        connect(daemon.socket).close()
        ask(daemon.socket, "alice", "wrong", "imap", "vmA")
    wait_for(lambda: descriptors_of(front) <= before, "all connections to be closed")
