# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of 8 clients when the first of two LDAP servers hangs, when both hang, and when they are back."""
import time

from measure import print_table
from rates import LDAP_USER
from servers import Load


class Outage:
    """Two servers hang and come back under 8 clients, with one daemon at a time."""
    CLIENTS, PATIENCE = 8, 30

    def __init__(self, place, name, mux, servers):
        self.place, self.name, self.mux = place, name, mux
        self.first, self.second = servers
        self.table = []

    def phase(self, what):
        load = Load(self.place, self.mux, self.CLIENTS, self.place.seconds, *LDAP_USER)
        rate, p50, p99, wrong, longest, answers = load.result()
        self.table.append((what, self.name, f"{rate:.1f}", f"{answers - wrong:.0f}", f"{wrong:.0f}",
                           *(f"{figure / 1000:.1f}" if answers else "-" for figure in (p50, p99, longest))))

    def back(self, what):
        """How long it takes until a login is right again."""
        began = time.monotonic()
        while not self.is_served() and time.monotonic() < began + self.PATIENCE:
            pass
        took = time.monotonic() - began
        self.table.append((f"{what}: until a login is right", self.name, "", "", "", "", "",
                           f"{took * 1000:.0f}" if took < self.PATIENCE else f"> {self.PATIENCE * 1000}"))

    def is_served(self):
        rate, _, _, wrong, *_ = Load(self.place, self.mux, 1, 0.1, *LDAP_USER).result()
        return rate and not wrong

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
