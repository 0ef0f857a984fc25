# SPDX-License-Identifier: BSD-2-Clause
"""What somebody notices of what others do, or of what hangs; and the memory."""
import math
import os
import pathlib
import resource
import signal
import socket

from measure import AtMost, AtMostMore, Benchmark
from servers import ACCOUNTS, PASSWORD, REALM, USER, WORKERS, Load, Missing, wait_until

QUIET = "quiet"


class Guessing(Benchmark):
    name = "guessing"
    what = "good logins at VM B, one after the other, while 64 clients guess through VM A; pam_unix with yescrypt"
    seconds = 3
    LOGINS = "good logins at VM B"
    bars = [AtMost(LOGINS, "64 clients guess at VM A", QUIET, "p99 µs", 3)]

    def __init__(self, place):
        super().__init__(place)
        server = place.configured("saslwardd", f"listen {{mux}}/vmB vm=B\nlisten {{mux}}/vmA vm=A\n"
                                  f"{ACCOUNTS}permit service=spice vm=any with=accounts\n")
        self.good, self.bad = server.mux, server.mux.parent / "vmA"

    def log_in(self):
        """Each login with another realm, which PAM does not use: no cache answers it."""
        return Load(self.place, self.good, 1, self.place.seconds, USER, PASSWORD, "spice", "%").good()

    def turn(self):
        figures = {(self.LOGINS, QUIET): self.log_in()}
        guesses = Load(self.place, self.bad, 64, 3600, USER, "guess %", "spice", "")
        try:
            figures[self.LOGINS, "64 clients guess at VM A"] = self.log_in()
        finally:
            guesses.end()
        return figures


class Hung(Benchmark):
    name = "hung"
    what = "all workers of a backend are stopped under 64 clients; 8 clients of another go on"
    rounds, seconds = 5, 3  # the latter is the deadline
    REQUESTS, OTHERS, HANGING = "64 requests to it", "8 clients of another", "a backend hangs"
    bars = [AtMostMore(REQUESTS, HANGING, "deadline", "longest ms", 50), AtMost(OTHERS, HANGING, QUIET, "p99 µs", 1.5)]

    def __init__(self, place):
        super().__init__(place)
        self.server = place.configured(
            "saslwardd", f"listen {{mux}}/mux\nbackend db sasldb path=/etc/sasldb2 workers={WORKERS}\n"
            f"backend stopped pam services=permit service=permit workers={WORKERS}\n"
            f"permit service=imap with=db as-realm={REALM}\n"
            f"permit service=smtp with=stopped deadline={1000 * place.seconds:.0f}ms\n")

    def others(self):
        return Load(self.place, self.server.mux, 8, self.place.seconds * 0.9, USER, PASSWORD, "imap", "%").good()

    def workers(self):
        return {pid for pid, name in self.server.processes() if name == "pam"}

    def turn(self):
        """Workers that were stopped are replaced by others, which answer."""
        Load(self.place, self.server.mux, 1, 0.3, USER, PASSWORD, "smtp", "").good()
        wait_until(lambda: len(self.workers()) == WORKERS, "the workers")
        figures = {(self.OTHERS, QUIET): self.others()}
        for pid in self.workers():
            os.kill(pid, signal.SIGSTOP)
        requests = Load(self.place, self.server.mux, 64, 0, USER, PASSWORD, "smtp", "%")  # one of each
        figures[self.OTHERS, self.HANGING] = self.others()
        *_, longest, answers = requests.result()
        figures[self.REQUESTS, self.HANGING] = {"longest ms": longest / 1000 if answers == 64 else math.inf}
        figures[self.REQUESTS, "deadline"] = {"longest ms": self.place.seconds * 1000}
        return figures


class Silent(Benchmark):
    name = "silent"
    what = "8 clients while others are connected and silent; sasldb, nothing cached"
    seconds = 1
    COUNT = 10000
    LOGINS, OPEN = "8 clients", f"{COUNT:,} silent connections"
    bars = [AtMost(LOGINS, OPEN, QUIET, "p99 µs", 2)]

    def __init__(self, place):
        super().__init__(place)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard * 3 // 4 < self.COUNT:
            raise Missing(f"the limit of descriptors is {hard}, and must be over {self.COUNT * 4 // 3}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.server = place.saslwardd("saslwardd", "-a", "sasldb", "-n", str(WORKERS), "--read-deadline", "60s")

    def log_in(self):
        return Load(self.place, self.server.mux, 8, self.place.seconds, USER, PASSWORD, "imap%", REALM).good()

    def turn(self):
        figures = {(self.LOGINS, QUIET): self.log_in()}
        silent = [socket.socket(socket.AF_UNIX) for _ in range(self.COUNT)]
        try:
            for client in silent:
                client.connect(str(self.server.mux))
            figures[self.LOGINS, self.OPEN] = self.log_in()
            self.check(silent)
        finally:
            for client in silent:
                client.close()
        return figures

    @staticmethod
    def check(silent):
        """That they were open to the end."""
        for client in silent:
            client.setblocking(False)
            try:
                raise RuntimeError(f"a silent connection was answered {client.recv(100)!r}")
            except BlockingIOError:
                pass


class Memory(Benchmark):
    name = "memory"
    what = "all processes together, after logins; sasldb, as many workers"
    bars = [AtMost("5 workers", "saslwardd", "saslauthd", "PSS kB", 1)]

    def __init__(self, place):
        super().__init__(place)
        self.servers = place.daemons("sasldb")

    def turn(self):
        for server in self.servers.values():
            Load(self.place, server.mux, 8, self.place.seconds, USER, PASSWORD, "imap%", REALM).good()
        return {("5 workers", name): {"PSS kB": sum(pss(pid) for pid, _ in server.processes()),
                                      "processes": len(server.processes())} for name, server in self.servers.items()}


def pss(pid):
    """The proportional set size, in kB."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
