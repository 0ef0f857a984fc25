# SPDX-License-Identifier: BSD-2-Clause
"""Modules of PAM that do harm: crash, hang, fork, leak. They have a worker, and nobody else; see test_pam.py."""
import os
import pathlib
import re
import subprocess

import pytest
from client import Raw, ask, is_ok, request
from daemon import CONFINED, SASLWARD, WRAP, processes, wait_for
from host import PERMIT, Host, misbehave, missing, refused_for

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


@pytest.fixture(name="host")
def make_host(directory):
    return Host(directory)


def test_crash_every_third(host):
    """Every request is answered, and the right ones right, unless it was their own that crashed."""
    host.service("imap", misbehave("crash=3"))
    host.service("good", PERMIT)
    with host.daemon(workers=1) as daemon:
        answers = []
        for number in range(12):
            answers.append(is_ok(ask(daemon.socket, "alice", "x", "imap")))
            assert is_ok(ask(daemon.socket, "alice", "x", "good"))
        assert answers == [True, True, False] * 4
        daemon.wait_log(r"pam worker \(pid \d+\) was killed by signal 11")
        assert "worker ended" in daemon.log()


@pytest.mark.parametrize("status", [0, 1])
def test_exit(host, status):
    host.service("imap", misbehave(f"exit={status}"))
    host.service("good", PERMIT)
    with host.daemon(workers=1) as daemon:
        for _ in range(3):
            assert refused_for(daemon, "alice", "x", "imap") == "worker ended"
            assert is_ok(ask(daemon.socket, "alice", "x", "good"))


def test_hang(host):
    host.service("imap", misbehave("sleep=600"))
    host.service("good", PERMIT)
    with host.daemon(workers=2, deadline=2) as daemon, Raw(daemon.socket) as hung:
        daemon.workers(2)
        hung.send(request("alice", "x", "imap"))
        assert is_ok(ask(daemon.socket, "alice", "x", "good"))
        assert hung.reply() == b"NO"
        assert "no answer within the deadline" in daemon.log()
        wait_for(lambda: is_ok(ask(daemon.socket, "alice", "x", "good")), "the next login")


def test_fork(host):
    """The copy that a module makes of us does not answer, too."""
    host.service("imap", misbehave("fork="))
    with host.daemon(workers=1) as daemon:
        for _ in range(10):
            assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert "replacing it" not in daemon.log()


def is_in_session(pid, session):
    try:
        return os.getsid(pid) == session
    except ProcessLookupError:
        return False


def test_helper_that_stays(host):
    """What a module starts ends with its worker; it is in its process group."""
    host.service("imap", misbehave("linger=600"))
    with host.daemon(workers=0) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
    session = daemon.process.pid  # of its own, which no process of ours leaves
    wait_for(lambda: not any(is_in_session(pid, session) for pid, _, _ in processes()), "everything to end")


def test_disorder(host):
    host.service("imap", misbehave("disorder= print=OK"))
    with host.daemon(workers=1) as daemon:
        for _ in range(10):
            assert is_ok(ask(daemon.socket, "alice", "x", "imap"))


def test_closed_descriptors(host):
    """It closes our socket: the request is answered, by somebody else."""
    host.service("imap", misbehave("close=3"))
    host.service("good", PERMIT)
    with host.daemon(workers=1) as daemon:
        assert not is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert is_ok(ask(daemon.socket, "alice", "x", "good"))


def memory(pid):
    try:
        return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))
    except (OSError, AttributeError):  # it has ended
        return 0


LEAKS = 100_000 if CONFINED else 5_000  # sanitizers take their time


def ends(process, within):
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True


def most_memory(daemon, service, requests):
    """What a worker had at the most, in kB, while so many requests were made, all of them good."""
    answers = daemon.directory / "answers"
    most = 0
    with answers.open("wb") as output, subprocess.Popen(
            [SASLWARD, "test", "-f", str(daemon.socket), "-s", service, "-u", "alice", "-p", "x", "-R", str(requests)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output) as client:
        while not ends(client, within=0.02):
            most = max([most, *(memory(pid) for pid in daemon.workers())])
    lines = answers.read_text().splitlines()
    assert len(lines) == requests and all(line.endswith(': OK "Success."') for line in lines), lines[-3:]
    return most


@pytest.mark.timeout(300)
@pytest.mark.skipif(bool(WRAP), reason="valgrind keeps memory of its own")
def test_leak(host):
    """10 kB a request: a worker never has more than a hundred of them, and nobody else has any."""
    host.service("sound", misbehave(""))
    host.service("leak", misbehave("leak=10240"))
    with host.daemon(workers=1) as daemon:
        fresh = most_memory(daemon, "sound", 2000)
        before = {pid: memory(pid) for pid in (daemon.pid, daemon.front())}
        most = most_memory(daemon, "leak", LEAKS)
        assert most < fresh + 100 * 10 + 2000
        for pid, size in before.items():
            assert memory(pid) < size + 1000 or not CONFINED  # a sanitizer's own memory grows with what is freed


def test_fresh_worker_for_each(host):
    host.service("imap", PERMIT)
    with host.daemon(workers=0) as daemon:
        daemon.workers(5)
        for _ in range(3):
            assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        wait_for(lambda: daemon.ready_workers() == 8 and len(daemon.workers()) == 5, "three new workers")
