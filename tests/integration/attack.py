#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A stateful fuzzer: clients that send as they like, workers that die, hang and lie, fronts that are killed, reloads. Every
complete request gets one complete reply, and nobody is let in for whom the backend has not said OK to exactly these fields.

SASLWARD_BUILD=BUILD tests/integration/attack.py [STEPS [SEED]]: as long as you like; the seed of a run is printed, and gives
the same steps again."""
import collections
import json
import os
import random
import re
import select
import signal
import socket
import struct
import sys
import time

from client import ask, request
from daemon import PATIENCE, SLOW, TooLate, duration, is_resolver, is_worker, processes, wait_for
from fakes import Programs

# What a worker does is the password's last word. Whatever it says OK to, it writes down first.
BACKEND = '''
HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
def ok(strings):
    with open(f"{HERE}/oks", "ab") as file:
        file.write(b" ".join(s.hex().encode() for s in strings[2:6]) + b"\\n")
    return frame(b"result", strings[1], b"OK", strings[2], b"")
ready()
while True:
    strings = job()
    number, login, password = strings[1:4]
    right, word = password.startswith(b"right " + login + b" "), password.split(b" ")[-1]
    if word == b"hang":
        time.sleep(3600)
    elif word == b"die":
        sys.exit(1)
    elif word == b"garbage":
        send(b"\\0\\5hello")
    elif word == b"another":
        send(frame(b"result", number + b"1", b"OK", login, b""))
    elif word == b"half":
        send(frame(b"result", number, b"OK", login, b"")[:-1])
        os.kill(os.getpid(), 9)
    elif not right:
        send(frame(b"result", number, b"MISMATCH", login, b"wrong"))
    else:
        send(ok(strings) * (2 if word == b"twice" else 1))
'''
RULES = """\
listen {run}/mux
listen {run}/vm name=vm vm=vmA
backend fake shadow workers=3
deny user=denied*
permit service=imap with=fake deadline={deadline}
permit service=spice,vnc vm=vmA with=fake deadline={deadline}
"""
READ_DEADLINE = 0.7  # seconds
KNOWN = [f"known{number}" for number in range(6)]  # who come again and again, as consoles' channels do
GUESSED = "guessed"  # for whom many passwords are tried
SOURCES = ("cache", "flight", "penalty")  # beside the backend, of an answer
MISCHIEF = ["hang", "die", "garbage", "another", "half", "twice"]


class Client:
    """A connection, and what may come of it. Fields that are given come from a VM."""

    def __init__(self, attack, path, number, *fields):
        self.attack, self.number = attack, number
        self.born, self.trouble = attack.front_deaths(), attack.trouble
        self.began = time.monotonic()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))
        self.socket.setblocking(False)
        self.mischief = False
        self.fields = fields or self.choose(attack.random)
        self.left = request(*self.fields)
        self.received, self.late = b"", False

    def choose(self, chance):
        """Who asks. Each login is another, so that no answer can be taken for another's."""
        login = f"{chance.choice(['user', 'user', 'user', 'denied'])}{self.number}"
        word = chance.choice(MISCHIEF) if chance.random() < 0.12 else "plain"
        if word != "plain":
            self.attack.disturb()
        password = f"{chance.choice(['right', 'right', 'wrong'])} {login} {word}"
        self.mischief = word != "plain"
        fifth = [f"192.0.2.1;{self.number % 60000}"] if chance.random() < 0.3 else []
        return login, password, chance.choice(["imap"] * 5 + ["smtp"]), chance.choice(["", "vmA"]), *fifth

    def may_be_let_in(self):
        login, password, service, realm, *_ = self.fields
        return (not login.startswith("denied") and password.startswith("right") and service != "smtp"
                and (login, password, service, realm) in self.attack.oks())

    def must_be_let_in(self):
        """Nothing has gone wrong since all was calm, before it came."""
        login, password, service, *_ = self.fields
        return (not self.left and not self.late and not self.mischief and login.startswith(("user", "known"))
                and password.startswith(f"right {login} ") and service != "smtp" and self.trouble == self.attack.trouble == self.attack.calm_since)

    def send(self, size):
        chunk, self.left = self.left[:size], self.left[size:]
        self.late |= time.monotonic() - self.began > READ_DEADLINE * SLOW / 2
        try:
            assert self.socket.send(chunk) == len(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def end(self):
        self.late |= bool(self.left)
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def read(self):
        """Takes what is there. Returns whether it was the last."""
        try:
            data = self.socket.recv(4096)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            data = b""
        self.received += data
        if data:
            return False
        self.judge()
        self.socket.close()
        return True

    def judge(self):
        said = f"{self.fields}, {len(self.left)} bytes unsent: {self.received!r}"
        if not self.received:
            assert self.born != self.attack.front_kills, f"no reply to {said}; {self.attack.ends_of_fronts()}"
            return
        assert struct.unpack(">H", self.received[:2])[0] == len(self.received) - 2, f"no complete reply to {said}"
        word = self.received[2:4]
        assert word in (b"OK", b"NO"), said
        assert word == b"NO" or self.may_be_let_in(), f"let in: {said}"
        if word == b"NO" and self.must_be_let_in():
            self.complain(said)
        self.attack.replies[word] += 1

    def complain(self, said):
        """A machine that stands still for longer than a login may take refuses by rights."""
        log = self.attack.daemon.log()
        reasons = re.findall(rf"auth failure: \[user={self.fields[0]}\].*?\[reason=(.*?)\]", log)
        reason = reasons[-1] if reasons else self.received[2:].decode()
        if "within the deadline" in reason:
            raise TooLate(f"{reason}: {said}")
        raise AssertionError(f"refused: {said}; the log ends:\n{log[-3000:]}")


class Attack:
    def __init__(self, directory, seed):
        self.random = random.Random(seed)
        self.programs = Programs(directory)
        self.programs.add("shadow", BACKEND)
        self.programs.directory.chmod(0o777)
        self.oks_path = self.programs.directory / "oks"
        self.oks_path.touch()
        self.oks_path.chmod(0o666)
        self.rules = RULES.format(run=directory / "run", deadline=duration(0.7))
        self.daemon = self.programs.daemon(self.rules, read_deadline=READ_DEADLINE, ready=("identity", "fake"))
        self.clients, self.count = [], 0
        self.trouble = self.calm_since = 0
        self.killed_fronts = []
        self.ended = set()  # processes that are, or are to be, no more
        self.replies = {b"OK": 0, b"NO": 0}
        self.sources = collections.Counter()  # of answers, by those fronts that were asked
        self.steps = {
            self.whole: 30, self.burst: 12, self.guess: 2, self.hold: 12, self.more: 30, self.rest: 15, self.close: 4, self.half_close: 4,
            self.kill_worker: 3, self.stop_worker: 1, self.kill_resolver: 1, self.kill_front: 0.7,
            self.reload: 2, self.reload_broken: 1, self.babble: 2, self.calm: 2,
        }

    def oks(self):
        text = self.oks_path.read_text()
        lines = text[:text.rfind("\n") + 1].splitlines()  # a worker may be writing
        return {tuple(bytes.fromhex(word).decode() for word in line.split(" ")) for line in lines}

    def ends_of_fronts(self):
        return [line for line in self.daemon.log().splitlines() if "the front (pid" in line]

    def disturb(self):
        """From now on a right login may be refused, until all is calm again."""
        self.trouble += 1

    def connect(self, name="mux", *fields):
        self.count += 1
        self.clients.append(Client(self, self.daemon.directory / name, self.count, *fields))
        return self.clients[-1]

    def some_client(self):
        held = [client for client in self.clients if client.left]
        return self.random.choice(held) if held else self.connect()

    def processes(self, wanted):
        return [pid for pid, parent, name in processes()
                if parent == self.daemon.process.pid and wanted(pid, name)]

    def end_one(self, wanted, number):
        pids = self.processes(wanted)
        if pids:
            self.disturb()
            self.signal(self.random.choice(sorted(pids)), number)
        return bool(pids)

    def signal(self, pid, number):
        self.ended.add(pid)
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # it has gone by itself

    # the steps

    def whole(self):
        self.connect().send(70000)

    def burst(self):
        """The channels of a console's login, and with them some that differ in one field."""
        login = self.random.choice(KNOWN)
        usual = {"login": login, "password": f"right {login} {self.random.choice(['plain', 'other'])}", "service": "spice",
                 "realm": ""}
        for _ in range(self.random.randrange(2, 8)):
            fields = dict(usual)
            if self.random.random() < 0.4:
                fields |= self.random.choice([{"login": self.random.choice(KNOWN)}, {"password": f"wrong {login} plain"},
                                              {"password": f"right {login} plainer"}, {"service": "vnc"}, {"realm": "vmA"},
                                              {"login": f"denied{login}"}])
            self.connect("vm", *fields.values()).send(70000)

    def guess(self):
        for _ in range(15):
            self.connect("vm", GUESSED, f"wrong {self.count} plain", "spice", "").send(70000)
        self.connect("vm", GUESSED, f"right {GUESSED} plain", "spice", "").send(70000)

    def hold(self):
        self.connect()

    def more(self):
        client = self.some_client()
        client.send(self.random.randrange(1, 12))

    def rest(self):
        self.some_client().send(70000)

    def close(self):
        if self.clients:
            client = self.random.choice(self.clients)
            client.socket.close()
            self.clients.remove(client)

    def half_close(self):
        self.some_client().end()

    def kill_worker(self):
        self.end_one(lambda pid, _: is_worker(pid), signal.SIGKILL)

    def stop_worker(self):
        self.end_one(lambda pid, _: is_worker(pid), signal.SIGSTOP)

    def kill_resolver(self):
        self.end_one(lambda pid, name: is_resolver(pid), signal.SIGKILL)

    def kill_front(self):
        before = set(self.ended)
        if self.end_one(lambda pid, name: name == "saslward-front", signal.SIGKILL):
            self.killed_fronts += self.ended - before

    @property
    def front_kills(self):
        return len(self.killed_fronts)

    def front_deaths(self):
        """One that is being killed may still accept somebody, if that is what it is doing."""
        return sum(not os.path.exists(f"/proc/{pid}") for pid in self.killed_fronts)

    def reload(self, more=""):
        config = self.daemon.config
        new = config.with_suffix(".new")
        new.write_text(f"{self.rules}{more}")
        new.rename(config)
        os.kill(self.daemon.process.pid, signal.SIGHUP)

    def reload_broken(self):
        self.reload("permit vm=any with=nobody\n")

    def babble(self):
        """Rubbish, to the mux and to the control socket."""
        for path in (self.daemon.socket, self.daemon.directory / "control"):
            with socket.socket(socket.AF_UNIX) as stranger:
                try:
                    stranger.connect(str(path))
                    stranger.send(self.random.randbytes(self.random.randrange(1, 300)) + b"\n")
                except OSError:
                    pass  # it has hung up

    def finish(self):
        """Everybody is answered."""
        for client in self.clients:
            client.send(70000)
        end = time.monotonic() + 2 * PATIENCE
        while self.clients:
            assert time.monotonic() < end, f"{len(self.clients)} clients wait for ever: {self.clients[0].fields}"
            self.collect(0.05)

    def repeat(self):
        """The channels of a console's login, one behind the other."""
        for _ in range(2):
            self.connect("vm", KNOWN[0], f"right {KNOWN[0]} plain", "spice", "").send(70000)
            self.finish()

    def calm(self):
        """Everybody is answered, and then right logins go through: one by a worker of the backend, one by who looks after VMs."""
        self.finish()
        self.let_the_dead_go()
        for name, service in (("mux", "imap"), ("vm", "spice")):
            wait_for(lambda name=name, service=service: ask(self.daemon.directory / name, "user0", "right user0 plain", service) == b"OK",
                     f"a right login to succeed at {name}")
        self.calm_since = self.trouble
        self.look()

    def look(self):
        """Who has given the answers of the front that serves."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(str(self.daemon.directory / "control"))
            control.sendall(b'{"command": "status"}\n')
            with control.makefile("rb") as file:
                self.sources |= json.loads(file.readline())["answers"]["sources"]

    def let_the_dead_go(self):
        for pid in self.ended & set(self.processes(lambda *_: True)):
            self.signal(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: pid not in self.processes(lambda *_: True), "its end")
        self.ended.clear()
        ask(self.daemon.socket, "nobody", "wrong")  # when this is answered, the front has seen it

    def collect(self, patience=0.0):
        ready, _, _ = select.select([client.socket for client in self.clients], [], [], patience)
        self.clients = [client for client in self.clients if client.socket not in ready or not client.read()]

    def run(self, count):
        names, weights = list(self.steps), list(self.steps.values())
        with self.daemon:
            for _ in range(count):
                self.random.choices(names, weights)[0]()
                self.collect()
                assert self.daemon.process.poll() is None, self.daemon.log()[-3000:]
            self.calm()
            self.burst()
            self.guess()
            self.repeat()
            self.calm()
            assert all(self.sources[source] for source in SOURCES), f"not every source of answers was met: {self.sources}"
            died = [line for line in self.ends_of_fronts() if "was killed by signal 9 (Killed)" not in line]
            assert not died, f"fronts that nobody killed: {died}"


def main():
    import conftest
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    print(f"{count} steps, seed {seed}", flush=True)
    for directory in conftest.temporary_directory():
        attack = Attack(directory, seed)
        try:
            attack.run(count)
        except BaseException:
            print(f"the seed was {seed}; the log ends:\n{attack.daemon.log()[-3000:]}")
            raise
        print(f"{attack.count} clients, {attack.replies[b'OK']} OK, {attack.replies[b'NO']} NO, "
              f"{attack.front_kills} fronts killed, {attack.trouble} disturbances, "
              f"{attack.sources} by one front at the most")


if __name__ == "__main__":
    main()
