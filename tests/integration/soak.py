#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A day of logins in minutes, with what goes wrong on a day: the daemon is afterwards as large as it was before.

SASLWARD_BUILD=BUILD tests/integration/soak.py [SECONDS]: prints a table; exits 1 if something grew.

First one front serves all the time, so that what it loses adds up; then reloads replace it again and again, so that what
the supervisor loses does. Each part has its own warm-up: the first sample is shown, and the last is held against the second."""
import collections
import os
import pathlib
import signal
import socket
import sys
import time

from client import Raw, ask, is_ok, request
from daemon import TooLate, duration, processes, wait_for
from reloading import Reloaded
from test_control import Control

USERS = [("alice", "vmA", "secretA"), ("eve", "vmA", "eve-x")]
GOOD = ("alice", "secretA", "imap", "vmA")
LOGINS = [(GOOD, b"OK"), (("alice", "secretB", "imap", "vmA"), b"NO"), (("nobody", "secretN", "imap", "vmA"), b"NO"),
          (("eve", "eve-x", "imap", "vmA"), b"NO"), (GOOD, b"OK")]
RULES = ("backend db sasldb path={} workers=2 jobs=2000\ndeny user=eve\n"
         "permit realm=vmA vm=none with=db deadline={}\n")
BROKEN = "permit vm=any with=nobody\n"
READ_DEADLINE = 0.5
SAMPLES = 5  # of each part
SLACK = 64  # KiB that the heap of the supervisor, the front and resolve may move
WORKERS_SLACK = 400  # for both workers together: how large one is depends on the jobs it has done since it was replaced
WARM_UP = 300  # reloads, in which the heap of the supervisor finds its size
QUIET = {"saslwardd": 1, "saslward-front": 1, "sasldb": 2, "resolve": 1}
Size = collections.namedtuple("Size", "processes descriptors memory")


def size_of(pid):
    """Memory is what it has written itself: how much it shares with whom depends on what else runs."""
    descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return descriptors, int(rollup.split("\nAnonymous:")[1].split()[0])


def in_time_to_ask(reply):
    """Where the machine stood still between a connection and its request, the daemon does not wait for it."""
    if reply == b"NO request not complete within the deadline":
        raise TooLate(reply)
    return reply


class Soak:
    def __init__(self, directory, database):
        self.rules = RULES.format(database, duration(20))
        self.daemon = Reloaded(directory, self.rules, read_deadline=READ_DEADLINE, ready=["identity", "db"])
        self.requests, self.events = 0, collections.Counter()
        self.samples = {}  # of each part
        self.quiet = None  # the first sample

    def ask(self, fields, expected):
        assert in_time_to_ask(ask(self.daemon.socket, *fields))[:2] == expected, fields
        self.requests += 1

    # what happens

    def mix(self):
        for _ in range(40):
            for fields, expected in LOGINS:
                self.ask(fields, expected)

    def burst(self):
        """One login's channels, at once."""
        channels = [Raw(self.daemon.socket) for _ in range(6)]
        for raw in channels:
            raw.send(request(*GOOD))
        for raw in channels:
            with raw:
                assert is_ok(in_time_to_ask(raw.reply()))
        self.requests += len(channels)

    def half(self):
        """Silent ones, and halves of requests, whose clients go."""
        for data in (b"", request(*GOOD)[:-3]) * 3:
            with Raw(self.daemon.socket) as raw:
                raw.send(data)

    def overdue(self):
        """Those that stay are answered by the deadline."""
        with Raw(self.daemon.socket) as raw:
            assert not is_ok(raw.send(request(*GOOD)[:-3]).reply())

    def flush(self):
        with Control(self.daemon) as control:
            control.ask("flush", user="alice")

    def kill_worker(self):
        for pid in [pid for pid, parent, name in processes() if parent == self.daemon.process.pid and name == "sasldb"][:1]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it was being replaced
            # who dies may be given one more login, which is refused
            wait_for(lambda pid=pid: pid not in [running for running, _, _ in processes()], "its end")
            wait_for(lambda: is_ok(ask(self.daemon.socket, *GOOD)), "a right login to succeed")
            self.requests += 1

    def reload(self):
        self.daemon.reload(self.rules)
        self.daemon.wait_one_generation()

    def reload_broken(self):
        self.daemon.reload(self.rules + BROKEN)
        self.ask(GOOD, b"OK")

    # how large it is

    def roles(self):
        pids = collections.defaultdict(list)
        for pid, parent, name in processes():
            if self.daemon.process.pid in (pid, parent):
                pids[name].append(pid)
        return pids

    def sizes(self):
        sizes = {}
        for role, pids in self.roles().items():
            each = [size_of(pid) for pid in pids]
            sizes[role] = Size(len(pids), sum(fds for fds, _ in each), sum(memory for _, memory in each))
        return sizes

    def quiet_sizes(self):
        """If no worker is being replaced, and no connection is left. A process may end while it is looked at."""
        try:
            sizes = self.sizes()
        except (FileNotFoundError, ProcessLookupError):
            return None
        if {role: size.processes for role, size in sizes.items()} != QUIET:
            return None
        if self.quiet and any(size.descriptors > self.quiet[role].descriptors for role, size in sizes.items()):
            return None
        return sizes

    def sample(self):
        """If it does not become quiet, that is what is seen."""
        self.ask(GOOD, b"OK")
        try:
            sizes = wait_for(self.quiet_sizes, "quiet")
        except AssertionError:
            self.events["not quiet"] += 1
            sizes = self.sizes()
        self.quiet = self.quiet or sizes
        return self.requests, sizes

    def part(self, name, seconds, events):
        self.samples[name] = []
        began = time.monotonic()
        for number in range(1, SAMPLES + 1):
            while True:
                self.mix()
                for event in events:
                    event()
                    self.events[event.__name__] += 1
                if time.monotonic() > began + number * seconds / SAMPLES:
                    break
            self.samples[name].append(self.sample())

    def run(self, seconds):
        usual = [self.burst, self.half, self.flush]
        with self.daemon:
            self.part("one front", seconds * 0.7, [*usual * 5, self.kill_worker, self.reload_broken, self.overdue])
            for _ in range(WARM_UP):
                self.reload()
            self.part("reloads", seconds * 0.3, [*usual, self.reload, self.kill_worker, self.reload_broken])

    def growth(self):
        """What grew between the second sample of a part and its last."""
        found = []
        for part, samples in self.samples.items():
            (_, before), (_, after) = samples[1], samples[-1]
            for role in sorted({*before, *after}):
                old, new = before.get(role, Size(0, 0, 0)), after.get(role, Size(0, 0, 0))
                if new.processes > old.processes or new.descriptors > old.descriptors:
                    found.append(f"{part}: {role}: {old} became {new}")
                elif new.memory > old.memory + (WORKERS_SLACK if role == "sasldb" else SLACK):
                    found.append(f"{part}: {role}: memory {old.memory} KiB became {new.memory}")
        return found

    def table(self):
        yield "| part | requests | process | processes | descriptors | memory, KiB |"
        yield "|---|---:|---|---:|---:|---:|"
        for part, samples in self.samples.items():
            for requests, sizes in samples:
                for role, size in sorted(sizes.items()):
                    yield f"| {part} | {requests} | {role} | {size.processes} | {size.descriptors} | {size.memory} |"


def main():
    import conftest
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 300
    for directory in conftest.temporary_directory():
        for user in USERS:
            conftest.set_password(directory / "sasldb2", *user)
        soak = Soak(directory / "soak", directory / "sasldb2")
        soak.run(seconds)
    print("\n".join(soak.table()))
    print(f"\n{soak.requests} requests, {soak.requests / 36000:.1f} hours of a site with 10 logins a second; "
          + ", ".join(f"{name} {count}" for name, count in soak.events.items()))
    grown = soak.growth()
    print("\n".join(grown) or "nothing grew")
    sys.exit(bool(grown))


if __name__ == "__main__":
    main()
