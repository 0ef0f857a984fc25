# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of logins when the first of two LDAP servers hangs, when both hang, and when they are back."""
import time

from measure import AtMost, AtMostMore, Benchmark, print_table
from rates import LDAP_USER
from servers import PASSWORD, REALM, USER, WORKERS, Load

CLIENTS, PATIENCE = 8, 30


def until_served(place, mux):
    """How many seconds it takes until all logins are right again: each worker finds out by itself."""
    began = took = time.monotonic()
    while took < began + PATIENCE:
        took = time.monotonic()
        rate, _, _, wrong, *_ = Load(place, mux, CLIENTS, 0.3, *LDAP_USER).result()
        if rate and not wrong:
            break
    return took - began


class LdapHung(Benchmark):
    """By a configuration with a deadline, and with a sasldb beside. All are asked 8 at a time but where both servers hang:
    there, 64 ask once, so that what others notice is the hanging, and not the work of being refused."""
    name = "ldap-hung"
    what = f"two slapds, {WORKERS} workers, 8 clients: the first hangs, both hang (8 clients of a sasldb go on), both are back"
    rounds, seconds = 3, 4  # two seconds longer than the deadline, at least, so that late answers are within a turn
    DEADLINE, PROBE = 2, 2.5  # the latter: a worker asks, for a second, each second
    FOUND, LATER = "first hangs: who waits for it", "first hangs: later"
    BOTH, OTHERS, BACK = "both hang: 64 requests", "both hang: 8 clients of a sasldb", "both are back: until all are served"
    HANGS, WELL = "saslwardd", "both well"
    bars = [AtMostMore(FOUND, HANGS, "clients", "answers > 0.5 s", 0), AtMostMore(FOUND, HANGS, "deadline", "longest ms", 0),
            AtMost(LATER, HANGS, WELL, "p99 µs", 2), AtMostMore(BOTH, HANGS, "deadline", "longest ms", 50),
            AtMost(OTHERS, HANGS, WELL, "p99 µs", 1.5), AtMost(BACK, HANGS, "5 s", "ms", 1)]

    def __init__(self, place):
        super().__init__(place)
        self.first, self.second = servers = place.slapds(2)
        _, config = place.ldap_options(*servers)
        self.server = place.configured(
            "saslwardd", f"listen {{mux}}/mux\nbackend corp ldap config={config} workers={WORKERS} deadline={self.DEADLINE}s\n"
            f"backend db sasldb path=/etc/sasldb2 workers={WORKERS}\n"
            f"permit service=imap* with=corp\npermit service=smtp* realm={REALM} with=db\n")

    def ask(self, *fields, clients=CLIENTS, seconds=None):
        return Load(self.place, self.server.mux, clients, self.place.seconds if seconds is None else seconds, *fields)

    def others(self):
        return self.ask(USER, PASSWORD, "smtp%", REALM, seconds=self.DEADLINE * 0.9).good()

    def turn(self):
        figures = {(self.LATER, self.WELL): self.ask(*LDAP_USER).good(), (self.OTHERS, self.WELL): self.others()}
        with self.first.frozen():
            figures |= self.find_out()
            figures[self.LATER, self.HANGS] = self.ask(*LDAP_USER).good()
        self.wait_for_probes()
        with self.first.frozen(), self.second.frozen():
            figures |= self.lose_both()
        figures[self.BACK, self.HANGS] = {"ms": until_served(self.place, self.server.mux) * 1000}
        figures[self.BACK, "5 s"] = {"ms": 5000}
        self.wait_for_probes()
        return figures

    def wait_for_probes(self):
        """Until all workers know that the servers answer again, which nobody but they can see."""
        time.sleep(0 if self.place.quick else self.PROBE)

    def find_out(self):
        """Nobody is refused. Each worker waits once, and who waited for a worker that did."""
        *_, wrong, late, longest, answers = self.ask(*LDAP_USER).result()
        if wrong:
            raise RuntimeError(f"{wrong:.0f} of {answers:.0f} were refused though the second server was well")
        return {(self.FOUND, self.HANGS): {"answers > 0.5 s": late, "longest ms": longest / 1000},
                (self.FOUND, "clients"): {"answers > 0.5 s": CLIENTS},
                (self.FOUND, "deadline"): {"longest ms": self.DEADLINE * 1000}}

    def lose_both(self):
        requests = self.ask(*LDAP_USER, clients=64, seconds=0)
        others = self.others()
        *_, wrong, _, longest, answers = requests.result()
        if (wrong, answers) != (64, 64):
            raise RuntimeError(f"{answers - wrong:.0f} of {answers:.0f} were let in though both servers hung")
        return {(self.OTHERS, self.HANGS): others, (self.BOTH, self.HANGS): {"longest ms": longest / 1000},
                (self.BOTH, "deadline"): {"longest ms": self.DEADLINE * 1000}}


class Outage:
    """Two servers hang and come back under 8 clients, with one daemon at a time, as saslauthd is started."""

    def __init__(self, place, name, mux, servers):
        self.place, self.name, self.mux = place, name, mux
        self.first, self.second = servers
        self.table = []

    def phase(self, what):
        load = Load(self.place, self.mux, CLIENTS, self.place.seconds, *LDAP_USER)
        rate, p50, p99, wrong, _, longest, answers = load.result()
        self.table.append((what, self.name, f"{rate:.1f}", f"{answers - wrong:.0f}", f"{wrong:.0f}",
                           *(f"{figure / 1000:.1f}" if answers else "-" for figure in (p50, p99, longest))))

    def back(self, what):
        """How long it takes until all logins are right again."""
        took = until_served(self.place, self.mux)
        self.table.append((f"{what}: until all logins are right", self.name, "", "", "", "", "",
                           f"{took * 1000:.0f}" if took < PATIENCE else f"> {PATIENCE * 1000}"))

    def run(self):
        self.phase("both well")
        with self.first.frozen():
            self.phase("first hangs: from its begin")
            self.phase("first hangs: later")
            with self.second.frozen():
                self.phase("both hang: from its begin")
                self.phase("both hang: later")
            self.back("second is back")
        self.back("both are back")
        self.phase("both are back: later")
        return self.table


def report(place, markdown):
    """Prints the table of all phases with both daemons, one after the other."""
    servers = place.slapds(2)
    runs = [Outage(place, name, server.mux, servers).run()
            for name, server in place.daemons("ldap", *place.ldap_options(*servers)).items()]
    header = ("phase", "server", "answers/s", "right", "wrong", "p50 ms", "p99 ms", "longest ms")
    print_table([header, *(row for pair in zip(*runs) for row in pair)], markdown, words=(0, 1))
