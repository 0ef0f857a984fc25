# SPDX-License-Identifier: BSD-2-Clause
"""How long real QEMUs stand still while somebody logs in at their consoles."""
import contextlib
import itertools
import json
import signal
import subprocess
import sys
import time

from measure import AtMost, AtMostMore, Benchmark
from servers import ACCOUNTS, GUESSED, HERE, PASSWORD, USER, WORKERS, Load, Missing

NOTICED = 0.001  # s; an answer of the monitor that took longer was a standstill


class Watch:
    """Asks a QEMU's monitor all the time."""

    def __init__(self, vm):
        self.vm = vm

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, HERE / "stall.py"], stdin=self.vm.qmp.socket, stdout=subprocess.PIPE,
                                        text=True)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.times = json.loads(self.process.communicate(timeout=60)[0])

    def figures(self):
        times = sorted(1000 * time for time in self.times)
        return {"frozen ms": sum(time for time in times if time > 1000 * NOTICED), "longest ms": times[-1],
                "p99 ms": times[(len(times) - 1) * 99 // 100]}


class Console(Benchmark):
    """VMs with consoles, of which each asks a server of its own, or all the same."""

    def start_vms(self, servers):
        """{name: VM}"""
        self.qemu = self.place.integration("qemu")
        if self.qemu.missing():
            raise Missing(self.qemu.missing())
        self.certificates = self.place.directory("certificates")
        self.qemu.make_certificates(self.certificates)
        return {name: self.start_vm(name, server) for name, server in servers.items()}

    def start_vm(self, name, server):
        sasl = self.place.scratch / f"sasl-{name}"
        self.qemu.configure_sasl(sasl, server.mux)
        return self.place.stack.enter_context(
            self.qemu.Qemu(self.place.scratch / f"vm-{name}", name, sasl, self.certificates))

    def identity(self):
        return f"identity cmdline uid={self.place.integration('qemu').UID}\n"


class Login(Console):
    name = "qemu-login"
    what = "a console with four channels through PAM, which takes 200 ms; real QEMU, frozen as its monitor sees it"
    FROZEN = "4-channel login"
    rounds = 7
    bars = [AtMostMore(FROZEN, "saslwardd", "first check and QEMU's own", "frozen ms", 2)]

    def __init__(self, place):
        super().__init__(place)
        slow = place.configured("saslwardd", f"listen {{mux}}/mux\nbackend slow pam services=spice workers={WORKERS}\n"
                                f"{self.identity()}permit service=spice vm=any with=slow\n"
                                "permit service=imap with=again\nbackend again pam services=spice service=spice\n")
        self.mux = slow.mux
        self.vms = self.start_vms({"at-once": place.bare(), "saslwardd": slow, "saslauthd": place.saslauthd("pam")})
        self.passwords = (f"secret {number}" for number in itertools.count())  # any will do; none is in the cache

    def frozen(self, vm):
        with Watch(vm) as watch:
            if not vm.lets_in(USER, next(self.passwords)):
                raise RuntimeError(f"{vm.name}: refused")
        return watch.figures()

    def turn(self):
        figures = {(self.FROZEN, name): self.frozen(vm) for name, vm in self.vms.items()}
        check = Load(self.place, self.mux, 1, 0.7, USER, "secret %", "imap", "").good()["p50 µs"] / 1000
        own = figures[self.FROZEN, "at-once"]["frozen ms"]
        figures[self.FROZEN, "first check and QEMU's own"] = {"frozen ms": own + check, "longest ms": check}
        return figures


class Guesses(Console):
    name = "qemu-guessing"
    what = "50 wrong passwords at VM A's console; pam_unix with yescrypt; beside a user whom a rule refuses at once, and quiet"
    COUNT = 50
    AT_A, AT_B = "at VM A", "next door, at VM B"
    CHECKED, DENIED, QUIET, HALF_A_SECOND = "checked", "denied by a rule", "quiet", "half a second"
    bars = [AtMostMore(AT_A, CHECKED, DENIED, "frozen ms", 500), AtMost(AT_A, CHECKED, HALF_A_SECOND, "frozen ms", 1),
            AtMost(AT_B, CHECKED, DENIED, "p99 ms", 1.5), AtMost(AT_B, CHECKED, QUIET, "p99 ms", 1.5)]
    rounds, seconds = 3, 3

    def __init__(self, place):
        super().__init__(place)
        server = place.configured("saslwardd", f"listen {{mux}}/mux\n{ACCOUNTS}{self.identity()}deny user=mallory\n"
                                  "permit service=spice vm=any with=accounts\n")
        self.vms = self.start_vms({"vmA": server, "vmB": server})
        self.users = iter(GUESSED)  # who was guessed is slowed for a while

    def guess(self, user):
        count = 5 if self.place.quick else self.COUNT
        done = subprocess.run([sys.executable, HERE / "guess.py", "127.0.0.1", str(self.vms["vmA"].port),
                               self.certificates / "ca-cert.pem", user, str(count)], capture_output=True, text=True,
                              timeout=120, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"a guess was not refused: {done.stderr}")

    def turn(self):
        user = next(self.users)
        figures = {(self.AT_A, self.HALF_A_SECOND): {"frozen ms": 500}}
        for name, happens in ((self.QUIET, lambda: time.sleep(self.place.seconds)),
                              (self.DENIED, lambda: self.guess("mallory")), (self.CHECKED, lambda: self.guess(user))):
            with contextlib.ExitStack() as stack:
                a, b = (stack.enter_context(Watch(self.vms[vm])) for vm in ("vmA", "vmB"))
                happens()
            figures[self.AT_A, name], figures[self.AT_B, name] = a.figures(), b.figures()
        if not self.vms["vmB"].lets_in(user, PASSWORD):
            raise RuntimeError(f"{user} was not let in at the other VM")
        return figures
