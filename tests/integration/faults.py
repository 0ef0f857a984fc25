#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Calls of the daemon's processes that fail, one after the other, while something happens to it (a SCENE). Whatever fails,
a wrong password is refused, whoever has asked gets one complete answer or sees the connection end with its front, and
soon afterwards the daemon serves as before; or it has ended, with a word why, for the service manager to start it again.

SASLWARD_BUILD=BUILD tests/integration/faults.py [SCENE…]: tries every number of every call, and prints the table."""
import collections
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

from client import Raw, request
from daemon import PATIENCE, Daemon, is_resolver, is_worker, processes, wait_for
from inject import CALLS, KILLED, Page

RIGHT = ("alice", "secretA", "imap", "vmA")
WRONG = ("alice", "secretB", "imap", "vmA")
DENIED = ("eve", "eve-x", "imap", "vmA")
USERS = [("alice", "vmA", "secretA"), ("eve", "vmA", "eve-x")]
RULES = "backend db sasldb path={} workers=1\ndeny user=eve\npermit realm=vmA vm=none with=db deadline=2s\n"

# What a call's number is tried for, unless all are.
NUMBERS = [1, 2, 3, 5, 9, 17, 33, 65, 129, 257]

# The same, where the process is killed with that call.
KILL_NUMBERS = [1, 2, 3, 5, 9]

# It uses memory that it did not get, and frees some twice, when it makes filters (seen with 2.5.4); ours are made at the
# start, and the service manager says what the daemon ended with.
LIBSECCOMP = [-signal.SIGSEGV, -signal.SIGABRT]

# What is said of the end of a front. That it lost nobody can be untrue of who was accepted, or answered, in that moment.
LOST = re.compile(r"the front \(pid \d+\) .*; \d+ requests were lost with it")

# The scene, and whose calls may fail meanwhile.
SCENES = {
    "login": ["front", "worker", "resolver"],
    "worker killed": ["supervisor", "front", "worker"],
    "resolver killed": ["supervisor", "front", "resolver"],
    "front killed": ["supervisor", "front", "worker"],
    "reload": ["supervisor", "front", "worker"],
    "control": ["front"],
    "start": ["supervisor", "front", "worker", "resolver"],
    "stop": ["supervisor", "front"],
}


def attempt(path, fields):
    """The first two bytes of the reply, b"" if the connection ended without any, None if nobody listens."""
    try:
        with Raw(path) as raw:
            try:
                raw.send(request(*fields))
            except BrokenPipeError:
                pass
            data = b""
            while more := read(raw.socket):
                data += more
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    assert data == b"" or struct.unpack(">H", data[:2])[0] == len(data) - 2, f"half a reply: {data!r}"
    return data[2:4]


def read(connection):
    try:
        return connection.recv(2048)
    except ConnectionResetError:
        return b""


def converse(path, *commands):
    """The answers of the control socket, each a whole one; as many as came before it closed the connection."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        try:
            connection.connect(str(path))
            connection.sendall(b"".join(command + b"\n" for command in commands))
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            return []
        data = b""
        while more := read(connection):
            data += more
    *lines, rest = data.split(b"\n")
    assert rest == b"", f"half an answer: {data!r}"
    answers = [json.loads(line) for line in lines]
    assert all(answer["version"] == 1 for answer in answers)
    return answers


def converse_as(path, fields):
    """The first two bytes of the reply to a login by the control socket's "test", or b"" if that closed the connection before."""
    with Raw(path) as raw:
        try:
            raw.socket.sendall(b'{"command": "test"}\n')
            if b"number" not in read(raw.socket):
                return b""
            raw.send(request(*fields))
        except BrokenPipeError:
            return b""
        return read(raw.socket)[2:4]


def attempt_anew(path, fields):
    """As another process, of which the daemon knows nothing yet."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            reply = attempt(path, fields)
            os.write(writing, b"-" if reply is None else b"+" + reply)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        said = file.read()
    os.waitpid(child, 0)
    assert said, "the client has failed"
    return None if said == b"-" else said[1:]


class Attack:
    """A daemon that is attacked, and what came of it, by role and call. rules may be another configuration, for others'
    logins: wrong, denied, right."""

    def __init__(self, directory, database=None, rules=None, logins=(WRONG, DENIED, RIGHT), prefix=()):
        self.directory, self.page = directory, Page(directory)
        self.rules, self.logins, self.prefix = rules or RULES.format(database), logins, prefix
        self.error = None  # with which calls fail: each with its own
        self.daemon, self.attempt, self.number = None, attempt_anew, 0
        self.outcomes = collections.defaultdict(collections.Counter)

    def make_daemon(self):
        return Daemon(self.directory / "run", config=self.rules, env=self.page.env, read_deadline=3, prefix=self.prefix)

    def renew(self):
        """Another daemon: a front that dies often is started with a delay."""
        self.end()
        self.daemon = self.make_daemon()
        self.daemon.log_path.unlink(missing_ok=True)  # in the old one's nobody need be waited for
        self.daemon.__enter__()
        self.daemon.workers(1)

    def end(self):
        self.page.disarm()
        if self.daemon:
            self.daemon.stop()
            self.daemon = None

    def has_ended(self):
        return self.daemon.process.poll() is not None

    def children(self, wanted):
        return [pid for pid, parent, name in processes() if parent == self.daemon.process.pid and wanted(pid, name)]

    def fronts(self):
        return self.children(lambda _, name: name == "saslward-front")

    def resolvers(self):
        return self.children(lambda pid, _: is_resolver(pid))

    def workers(self):
        return self.children(lambda pid, _: is_worker(pid))

    def ask_all(self):
        return [self.attempt(self.daemon.socket, fields) for fields in self.logins]

    def kill_one(self, find):
        """Of those that are found; what the last fault has ended may leave meanwhile. Or the fault that is due has met
        the daemon before, and ended it."""
        def killed():
            try:
                os.kill(find()[0], signal.SIGKILL)
            except (IndexError, ProcessLookupError):
                return self.has_ended()
            return True
        wait_for(killed, "somebody to kill")

    def happen(self, scene):
        """Returns when it has begun, so that the logins meet it."""
        if scene == "worker killed":
            self.kill_one(self.workers)
        elif scene == "resolver killed":
            self.kill_one(self.resolvers)
        elif scene == "front killed":
            self.kill_one(self.fronts)
        elif scene == "reload":
            self.daemon.process.send_signal(signal.SIGHUP)
        elif scene == "stop":
            self.daemon.process.send_signal(signal.SIGTERM)

    def has_reloaded(self, size, before):
        """What it says of it may be what could not be written."""
        now = self.fronts()
        return "reloaded: " in self.daemon.log()[size:] or self.has_ended() or (len(now) == 1 and now != before)

    def has_lost_front(self, size, before):
        """One of those before; or, in a reload, the new one, which may have begun to serve."""
        return self.fronts() != before or LOST.search(self.daemon.log()[size:])

    def judge(self, scene, call, before, replies, size=0):
        """That nobody was let in wrongly, and everybody was answered by a front that lived."""
        wrong, denied, right = replies
        assert wrong in (b"NO", b"", None), f"a wrong password: {wrong}"
        assert denied in (b"NO", b"", None), f"who is denied by a rule: {denied}"
        assert right in (b"OK", b"NO", b"", None)
        if before and scene != "stop" and call != "send" and (b"" in replies or None in replies):
            wait_for(lambda: self.has_lost_front(size, before), f"the end of a front that has not answered: {replies}")
        lived = before and before == self.fronts()
        if self.has_ended():
            return "ended"
        if scene != "reload" and before and not lived:
            return "front anew"
        return "answered" if right == b"OK" else "refused"

    def check_word(self, outcome, call, size):
        """That who ends says why, if he can."""
        assert outcome != "ended" or call == "write" or self.error == KILLED or len(self.daemon.log()) > size, "ended without a word"

    def see_it_leave(self):
        """As the service manager would see to, before it starts the daemon again: the front has nobody above it any more."""
        wait_for(lambda: attempt(self.daemon.socket, WRONG) is None, "the front to leave")

    def serves(self):
        """Started again where it has ended, which it may do a little later than what it was asked."""
        if self.has_ended():
            assert self.daemon.process.returncode > 0 or self.error == KILLED, f"ended with {self.daemon.process.returncode}"
            self.see_it_leave()
            self.renew()
        return self.ask_all() == [b"NO", b"NO", b"OK"]

    def recover(self):
        wait_for(self.serves, f"the daemon to serve again; its log:\n{self.daemon.log()[-3000:]}")

    def attack(self, scene, role, call, number):
        """Returns what came of it, or None: there was no such call."""
        size, before = len(self.daemon.log()), self.fronts()
        self.page.arm(role, call, number, self.error)
        self.happen(scene)
        replies = self.ask_all()
        if scene == "reload":
            wait_for(lambda: self.has_reloaded(size, before), "the end of the reload")
        if scene == "front killed":
            before = []
        failed = self.page.failed()
        outcome = self.judge(scene, call, before, replies, size)
        self.page.disarm()
        self.check_word(outcome, call, size)
        self.recover()
        if scene == "front killed" or outcome == "front anew":
            self.renew()
        return outcome if failed else None

    def converse_all(self):
        """All that there is to ask; the reload leads to nothing, since the configuration is none."""
        path = self.daemon.directory / "control"
        asked = [b'{"command": "status"}', b'{"command": "decision", "number": %d}' % self.number, b'{"command": "flush"}',
                 b'{"command": "flush", "user": "alice"}', b'{"command": "none"}', b"nothing", b'{"command": "reload"}']
        answers = converse(path, *asked)
        if len(answers) < len(asked):
            answers += converse(path, *asked[len(answers) + 1:])
        reply = converse_as(path, RIGHT)
        assert reply in (b"OK", b"NO", b""), f"a login by the control socket: {reply}; {self.daemon.last_reason()}"
        return answers

    def learn_number(self):
        """Of a decision that is remembered: the one before a login that is not sent."""
        with Raw(self.daemon.directory / "control") as raw:
            raw.socket.sendall(b'{"command": "test"}\n')
            self.number = json.loads(read(raw.socket))["number"] - 1

    def attack_control(self, role, call, number):
        """Whatever fails, the front goes on, and who waits for it is answered."""
        if self.daemon.config.read_text(encoding="utf-8") != "nonsense":
            self.daemon.config.write_text("nonsense", encoding="utf-8")
        before = self.fronts()
        assert attempt(self.daemon.socket, RIGHT) == b"OK"  # now it knows who we are, and asks nobody any more
        with Raw(self.daemon.socket) as waiting:
            waiting.send(request(*RIGHT)[:-1])
            self.learn_number()  # whoever came before is being served
            self.page.arm(role, call, number, self.error)
            answers = self.converse_all()
            failed = self.page.failed()
            self.page.disarm()
            assert self.fronts() == before, f"the front has died of it:\n{self.daemon.log()[-2000:]}"
            waiting.send(request(*RIGHT)[-1:])
            reply = waiting.reply()
        assert reply == b"OK", f"who waited: {reply}; {self.daemon.last_reason()}"
        assert failed or len(answers) == 7
        self.recover()
        return "answered" if failed else None

    def attack_start(self, role, call, number):
        self.end()
        self.daemon = self.make_daemon()
        size = len(self.daemon.log())
        self.page.arm(role, call, number, self.error)
        self.daemon.start()
        wait_for(lambda: self.has_ended() or self.attempt(self.daemon.socket, self.logins[-1]) == b"OK",
                 f"an end, or service:\n{self.daemon.log()[size:]}")
        failed = self.page.failed()
        self.page.disarm()
        outcome = "ended" if self.has_ended() else "answered"
        if role == "supervisor" and self.daemon.process.returncode in LIBSECCOMP:
            outcome = "ended by libseccomp"
            self.renew()
        self.check_word(outcome, call, size)
        self.recover()
        return outcome if failed else None

    def attack_stop(self, role, call, number):
        self.renew()
        before = self.fronts()
        self.page.arm(role, call, number, self.error)
        with Raw(self.daemon.socket):  # who says nothing
            self.happen("stop")
            replies = self.ask_all()
        self.judge("stop", call, before, replies)
        wait_for(self.has_ended, "its end")
        failed = self.page.failed()
        self.page.disarm()
        self.see_it_leave()
        self.daemon = None
        return "ended" if failed else None

    def try_one(self, scene, role, call, number):
        if scene == "start":
            return self.attack_start(role, call, number)
        if scene == "stop":
            return self.attack_stop(role, call, number)
        if scene == "control":
            return self.attack_control(role, call, number)
        return self.attack(scene, role, call, number)

    def run(self, scene, role, numbers, calls=CALLS[1:]):
        self.attempt = attempt_anew if role == "resolver" else attempt
        for call in calls:
            if scene == "control" and call == "timerfd_settime":
                continue  # the control socket has none: it is the deadline of who waits, without which no front goes on
            self.renew()
            number = 0
            try:
                for number in numbers:
                    outcome = self.try_one(scene, role, call, number)
                    if not outcome:
                        break
                    self.outcomes[role, call][outcome] += 1
                self.end()
            except (AssertionError, subprocess.TimeoutExpired) as error:
                raise AssertionError(f"{scene}: the {role}'s {call}, up to {number}: {error}") from error
        return self.outcomes


def describe(outcomes):
    """A line a call."""
    lines = [f"{'process':10} {'call':16} {'faults':>6}  what came of them"]
    for (role, call), counts in outcomes.items():
        what = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        lines.append(f"{role:10} {call:16} {sum(counts.values()):6}  {what}")
    return "\n".join(lines)


def main():
    import conftest
    totals = collections.defaultdict(collections.Counter)
    for scene in sys.argv[1:] or SCENES:
        began = time.monotonic()
        for directory in conftest.temporary_directory():
            for user in USERS:
                conftest.set_password(directory / "sasldb2", *user)
            attack = Attack(directory, directory / "sasldb2")
            for role in SCENES[scene]:
                attack.run(scene, role, range(1, 100000))
        for key, counts in attack.outcomes.items():
            totals[key].update(counts)
        print(f"\n{scene} ({time.monotonic() - began:.0f} s)\n{describe(attack.outcomes)}", flush=True)
    print(f"\nall\n{describe(totals)}\n{sum(sum(c.values()) for c in totals.values())} faults")


if __name__ == "__main__":
    main()
