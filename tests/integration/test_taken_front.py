# SPDX-License-Identifier: BSD-2-Clause
"""A front in somebody else's hands: the test takes its end of the channel to the supervisor and says there what it likes.
All that it can get is workers of configured backends."""
import array
import ctypes
import os
import random
import select
import signal
import socket
import struct
import time

import pytest
from client import ask, is_ok
from conftest import by_name
from daemon import PATIENCE, WRAP, Daemon, processes, wait_for

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="only root may take a descriptor out of another process"),
              pytest.mark.skipif(bool(WRAP), reason="valgrind shows its own name instead of its program's")]

START, END, READY, RETIRED, RELOAD, STARTED, FAILED, DROP, RETIRE, STOP = range(1, 11)  # daemon/channel.h
BACKENDS = 3  # sasldb; those of resolve: identity, groups
PROGRAMS = {"saslward-front", "sasldb", "resolve"}
YOUNG = {"saslwardd"}  # between fork() and a name of its own
LIMIT = {0: 2 * 2 + 8, 1: 2 * 1 + 8, 2: 2 * 1 + 8}  # processes of a backend: process_table_start()
PIDFD_GETFD = 438
libc = ctypes.CDLL(None, use_errno=True)


def message(verb, backend=0, worker=0, listener=0):
    return struct.pack("=4I", verb, backend, worker, listener)


class Taken:
    """The front stands still, and we have its channel."""

    def __init__(self, daemon):
        daemon.workers(2)
        daemon.resolver_pids()
        self.daemon, self.pid = daemon, daemon.front()
        os.kill(self.pid, signal.SIGSTOP)
        self.channel = self.take_channel()

    def take_channel(self):
        process = os.pidfd_open(self.pid)
        for number in map(int, os.listdir(f"/proc/{self.pid}/fd")):
            if not os.readlink(f"/proc/{self.pid}/fd/{number}").startswith("socket:"):
                continue
            taken = socket.socket(fileno=libc.syscall(PIDFD_GETFD, process, number, 0))
            if taken.type == socket.SOCK_SEQPACKET:
                os.close(process)
                return taken
        raise AssertionError("no channel")

    def say(self, data, descriptors=()):
        try:
            self.channel.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
                                 if descriptors else [])
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def hear(self, patience=PATIENCE):
        """(verb, backend, worker, descriptor as socket or None), or None if nothing comes."""
        if not select.select([self.channel], [], [], patience)[0]:
            return None
        try:
            data, descriptors, _, _ = socket.recv_fds(self.channel, 64, 4)
        except ConnectionResetError:
            return None
        if not data:
            return None
        assert len(descriptors) <= 1
        verb, backend, worker, _ = struct.unpack("=4I", data)
        return verb, backend, worker, socket.socket(fileno=descriptors[0]) if descriptors else None

    def is_dead(self):
        return self.pid not in [pid for pid, _, _ in processes()]

    def give_back(self):
        """Ends it; the next one serves."""
        self.channel.close()
        if not self.is_dead():
            os.kill(self.pid, signal.SIGKILL)
        wait_for(self.is_dead, "its end")
        assert is_ok(ask(self.daemon.socket, "alice", "secretA", "imap", "vmA"))

    def programs(self):
        return {name for _, parent, name in processes() if parent == self.daemon.pid}


@pytest.fixture(name="taken")
def make_taken(directory, database):
    with Daemon(directory / "run", database) as daemon:
        taken = Taken(daemon)
        yield taken
        taken.give_back()


def test_it_gets_workers_of_configured_backends_and_no_more_than_so_many(taken):
    for backend, limit in LIMIT.items():
        answers = []
        for _ in range(3 * limit):
            assert taken.say(message(START, backend))
            answers.append(taken.hear())
        workers = [answer for answer in answers if answer[0] == STARTED]
        print(f"backend {backend}: asked for {3 * limit} workers, has {len(workers)} more")
        assert {answer[0] for answer in answers} == {STARTED, FAILED}
        assert len(workers) <= limit
        assert {answer[1] for answer in answers} == {backend}
        for _, _, _, worker in workers:  # each is a worker, and says so
            worker.settimeout(PATIENCE)
            assert b"ready" in worker.recv(1024)
        assert all(answer[3] is None for answer in answers if answer[0] == FAILED)
    assert taken.programs() - YOUNG == PROGRAMS


def generated(seed, count):
    """What a front may say, in any order; and now and then what it may not, or no message at all, which ends it."""
    source = random.Random(seed)
    for _ in range(count):
        numbers = [source.randrange(START, RELOAD + 1), source.randrange(BACKENDS), source.randrange(40), source.getrandbits(32)]
        if source.random() < 0.02:
            numbers[source.randrange(2)] = source.choice((source.randrange(12), source.getrandbits(32)))
        data = struct.pack("=4I", *numbers)
        if source.random() < 0.01:
            data = source.choice((data[:source.randrange(16)], data + source.randbytes(source.randrange(1, 40))))
        yield data


WRONG = [
    ("another's backend", message(START, BACKENDS), 0),
    ("a backend far away", message(START, 2 ** 32 - 1), 0),
    ("no word", message(0), 0),
    ("a word of nobody", message(200), 0),
    ("STARTED, as the supervisor says", message(STARTED, 0, 1), 0),
    ("FAILED", message(FAILED), 0),
    ("DROP", message(DROP), 0),
    ("RETIRE", message(RETIRE), 0),
    ("STOP", message(STOP), 0),
    ("half a message", message(START)[:7], 0),
    ("a message and a half", message(START) + b"12345678", 0),
    ("two at once", message(START) * 2, 0),
    ("half a message with a descriptor", message(START)[:7], 1),
    ("many descriptors and no message", b"x", 200),
]


@pytest.mark.parametrize("data, descriptors", by_name(WRONG))
def test_what_it_may_not_say_is_its_end(taken, data, descriptors):
    assert taken.say(data, [2] * descriptors)
    wait_for(taken.is_dead, "its end")
    assert taken.hear(0) is None
    assert len(os.listdir(f"/proc/{taken.daemon.pid}/fd")) < 40
    assert taken.programs() <= PROGRAMS | YOUNG


def test_a_descriptor_with_a_message_is_closed(taken):
    """The supervisor keeps nothing that a front sends."""
    before = len(os.listdir(f"/proc/{taken.daemon.pid}/fd"))
    for _ in range(50):
        assert taken.say(message(END, 0, 12345), [2])
    taken.say(message(START, 0))
    assert taken.hear()[0] == STARTED  # so all before it has been read
    assert len(os.listdir(f"/proc/{taken.daemon.pid}/fd")) <= before + 2


def test_words_that_change_nothing(taken):
    """Whoever serves is ready already, has nobody that relieves it, and has no worker of that number."""
    for data in (message(READY), message(RETIRED), message(END, 0, 0), message(END, 7, 2 ** 32 - 1)) * 20:
        assert taken.say(data)
    assert taken.say(message(START, 0))
    assert taken.hear()[0] == STARTED
    assert not taken.is_dead()


def test_it_ends_its_own_workers_only(taken):
    """Numbers are of its own generation; whatever it names, nobody else's process ends."""
    elsewhere = [pid for pid, parent, _ in processes() if parent != taken.daemon.pid]
    for number in range(100):
        assert taken.say(message(END, 0, number))
    taken.say(message(START, 0))
    taken.hear()
    assert taken.daemon.process.poll() is None
    assert os.getpid() in elsewhere and os.getpid() in [pid for pid, _, _ in processes()]


def test_a_flood_of_reloads(taken):
    began = time.monotonic()
    for _ in range(2000):
        assert taken.say(message(RELOAD))
    taken.daemon.wait_log("control socket: reloading")
    reloads = taken.daemon.log().count("control socket: reloading")
    assert reloads <= 1 + (time.monotonic() - began)


@pytest.mark.parametrize("seed", range(12))
def test_generated(taken, seed):
    """Whatever it says, in whatever order: what comes back are workers, and answers that there are none."""
    said, heard = 0, {}
    for data in generated(seed, 200):
        if taken.is_dead() or not taken.say(data):
            break
        said += 1
        answer = taken.hear(0)
        while answer:
            verb, backend, _, worker = answer
            heard[verb] = heard.get(verb, 0) + 1
            assert verb in (STARTED, FAILED, RETIRE, DROP) and backend < BACKENDS
            assert (worker is not None) == (verb == STARTED)
            answer = taken.hear(0)
    print(f"seed {seed}: said {said}, heard {heard}")
    assert taken.programs() <= PROGRAMS | YOUNG
    assert taken.daemon.process.poll() is None
