# SPDX-License-Identifier: BSD-2-Clause
"""SIGHUP: a new generation without a lost request."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest
from client import Raw, ask, is_ok, request
from conftest import by_name, set_password
from daemon import PATIENCE, SLOW, WRAP, Daemon, processes, wait_for
from fakes import Programs
from reloading import ALICE, BOB, CAROL, DORA, Reloaded, rules
from test_cache import BACKEND

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
not_wrapped = pytest.mark.skipif(bool(WRAP), reason="valgrind has descriptors and files of its own")


# the load

class Truth:
    """Which of two versions of the configuration counts, as far as that is certain."""

    def __init__(self, version):
        self.version, self.changes = version, 0

    def change(self, version):
        """None: one of the two."""
        self.version = version
        self.changes += 1

    def seen(self):
        return self.changes, self.version


class Client(threading.Thread):
    """Asks again and again, for two users of whom each version lets in another one, for one whom both let in, and one
    whom none does. Every connection must get a right and complete answer."""

    def __init__(self, path, truth):
        super().__init__()
        self.path, self.truth = path, truth
        self.stopped, self.answered, self.certain, self.wrong = False, 0, 0, []

    def expected(self, fields, before):
        if fields in (CAROL, DORA):
            return fields is CAROL
        if before[1] is None or before != self.truth.seen():
            return None
        self.certain += 1
        return fields is before[1]

    def ask(self, fields):
        before = self.truth.seen()
        good = is_ok(ask(self.path, *fields))
        if self.expected(fields, before) not in (good, None):
            self.wrong.append((fields[0], good, before))
        self.answered += 1

    def run(self):
        try:
            while not self.stopped:
                for fields in (ALICE, BOB, CAROL, DORA):
                    self.ask(fields)
        except Exception as error:  # whatever it is, a request was not answered
            self.wrong.append(repr(error))


@contextlib.contextmanager
def load(path, truth, count):
    clients = [Client(path, truth) for _ in range(count)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.stopped = True
        for client in clients:
            client.join(2 * PATIENCE)  # who has no answer complains before that
    assert not [client for client in clients if client.is_alive()], "a request that is not answered"
    assert [client.wrong for client in clients if client.wrong] == []


def certain(clients):
    """How many answers there were that no reload was under way for."""
    return sum(client.certain for client in clients)


def versions(database, mux):
    """Long enough for half of one to be read, which would refuse CAROL."""
    padding = f"listen {mux}\n" + "".join(f"deny user=nobody{n}\n" for n in range(20 if WRAP else 2000))
    return {who: rules(database, who[0], "carol", first=padding) for who in (ALICE, BOB)}


def broken(good):
    """As a write that stopped in the middle of a line, and as a mistake."""
    return [good[:good.index("\n", len(good) // 2) - 1], good + "permit vm=any with=nobody\n"]


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def holdings(daemon):
    """Descriptors, and children, dead ones too."""
    children = [pid for pid in pathlib.Path("/proc").glob("[0-9]*") if parent_of(pid) == daemon.pid]
    return len(os.listdir(f"/proc/{daemon.pid}/fd")), len(children)


def parent_of(process):
    try:
        return int((process / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return None


@pytest.mark.skipif(os.geteuid() != 0, reason="the supervisor's descriptors are not ours to see")
def test_under_load(directory, database, record_property):
    count, crowd = (200, 64) if SLOW == 1 else (60, 64) if not WRAP else (6, 8)
    texts = versions(database, directory / "run/mux")
    truth = Truth(ALICE)
    with Reloaded(directory, texts[ALICE]) as daemon:
        before, memory = holdings(daemon), []
        with load(daemon.socket, truth, crowd) as clients:
            for number in range(count):
                version = truth.version
                if number % 3 == 2:
                    status = daemon.reload(broken(texts[version])[number % 2])
                    assert "as it was before; now it is broken" in status
                    continue
                other = BOB if version is ALICE else ALICE
                truth.change(None)
                status = daemon.reload(texts[other])
                truth.change(other)
                assert status.endswith(f"serves {daemon.config}")
                wait_for(lambda seen=certain(clients): certain(clients) > seen, "an answer that can be judged")
                memory.append(resident(daemon.pid))
        assert min(client.answered for client in clients) > 0
        record_property("answered", sum(client.answered for client in clients))
        good = count - count // 3
        assert daemon.log().count(": reloaded: ") == good
        assert f"generation {good + 1} has relieved generation {good}\n" in daemon.log()
        assert daemon.log().count("not reloaded: ") == count // 3
        daemon.wait_one_generation()
        wait_for(lambda: holdings(daemon) == before, f"{before} descriptors and processes, not {holdings(daemon)}")
        if SLOW == 1:  # elsewhere tools keep what is freed
            assert memory[-1] < memory[len(memory) // 4] + 1024


# what counts when

def test_a_withdrawn_rule(directory, database):
    """It counts at once, also for whose OK was kept."""
    text = f"listen {directory}/run/a vm=vmA\n" + rules(database, "alice").replace("deadline", "cache=10m deadline")
    with Reloaded(directory, text) as daemon:
        assert is_ok(ask(directory / "run/a", *ALICE))
        daemon.reload(text.replace("alice", "bob"))
        assert not is_ok(ask(directory / "run/a", *ALICE))
        assert daemon.last_reason() == "no rule permits it"
        daemon.reload(text)
        assert is_ok(ask(directory / "run/a", *ALICE))


def test_another_database(directory, database):
    """What the old one said is not kept, although rule and name of the backend are the same."""
    other = directory / "other"
    shutil.copy(database, other)
    set_password(other, "alice", "vmA", "another-A")
    text = f"listen {directory}/run/a vm=vmA\n" + rules(database, "alice").replace("deadline", "cache=10m deadline")
    with Reloaded(directory, text) as daemon:
        assert is_ok(ask(directory / "run/a", *ALICE))
        daemon.reload(text.replace(str(database), str(other)))
        assert not is_ok(ask(directory / "run/a", *ALICE))
        assert is_ok(ask(directory / "run/a", "alice", "another-A", *ALICE[2:]))


SLOW_RULES = f"backend fake shadow workers=2\npermit service=imap with=fake deadline={60 * SLOW:.0f}s\n"


class Held:
    """A daemon with a login that is being checked."""

    def __init__(self, directory):
        self.programs = Programs(directory)
        self.programs.add("shadow", BACKEND)
        self.programs.directory.chmod(0o777)
        self.daemon = Reloaded(directory, SLOW_RULES, ready=["identity", "fake"],
                               env={"SASLWARD_LIBEXECDIR": str(self.programs.directory)})

    def __enter__(self):
        self.daemon.__enter__()
        self.login = Raw(self.daemon.socket).send(request("alice", "right-slow"))
        wait_for((self.programs.directory / "jobs").exists, "the login to be checked")
        return self

    def __exit__(self, *details):
        (self.programs.directory / "go").touch()  # if that was not done, the end would wait
        self.login.socket.close()
        self.daemon.__exit__(*details)

    def release(self):
        (self.programs.directory / "go").touch()
        return self.login.reply()


def test_a_login_in_flight(directory):
    """It is answered by the generation that took it."""
    with Held(directory) as held:
        held.daemon.reload("deny\n")
        assert not is_ok(ask(held.daemon.socket, "alice", "right"))
        assert len(held.daemon.fronts()) == 2
        assert held.release() == b"OK"
        held.daemon.wait_one_generation()


def test_a_third_generation_waits(directory):
    """For the first to leave; and however often it is asked for, there is one."""
    with Held(directory) as held:
        daemon = held.daemon
        daemon.reload()
        assert len(daemon.fronts()) == 2
        for _ in range(100):
            daemon.signal()
        daemon.signal("deny\n")
        daemon.hear("RELOADING=1")
        assert is_ok(ask(daemon.socket, "alice", "right"))
        assert len(daemon.fronts()) == 2
        assert held.release() == b"OK"
        assert daemon.hear("READY=1").startswith("generation 3 ")
        assert not is_ok(ask(daemon.socket, "alice", "right"))
        daemon.wait_one_generation()
        assert daemon.log().count(": reloaded: ") == 2


def test_a_storm_of_signals(directory, database):
    with Reloaded(directory, rules(database, "alice")) as daemon:
        for _ in range(100):
            daemon.signal()
        daemon.signal(rules(database, "bob"))
        wait_for(lambda: daemon.hear("READY=1") and is_ok(ask(daemon.socket, *BOB)), "the new rules")
        assert not is_ok(ask(daemon.socket, *ALICE))
        assert daemon.log().count(": reloaded: ") <= 100
        assert len(daemon.fronts()) <= 2


def test_a_request_in_halves(directory, database):
    """Whoever connected before the reload has the time to finish."""
    with Reloaded(directory, rules(database, "alice"), read_deadline=20) as daemon, Raw(daemon.socket) as raw:
        data = request(*ALICE)
        raw.send(data[:10])
        assert not is_ok(ask(daemon.socket, *BOB))  # so the one before has been accepted
        daemon.reload(rules(database, "bob"))
        assert is_ok(ask(daemon.socket, *BOB))
        assert is_ok(raw.send(data[10:]).reply())


def control(daemon):
    """What the daemon says of itself to an administrator."""
    with socket.socket(socket.AF_UNIX) as administrator:
        administrator.settimeout(PATIENCE)
        administrator.connect(str(daemon.directory / "control"))
        administrator.sendall(b'{"command": "status"}\n')
        return json.loads(administrator.makefile().readline())


def test_administrators(directory):
    """The new generation answers them, although the old one is still there."""
    with Held(directory) as held:
        assert [backend["name"] for backend in control(held.daemon)["backends"]][0] == "fake"
        held.daemon.reload("permit service=imap with=getpwent\n")
        for _ in range(20):
            assert [backend["name"] for backend in control(held.daemon)["backends"]][0] == "getpwent"
        assert len(held.daemon.fronts()) == 2


STARTING = '''
while not os.path.exists(os.path.dirname(os.path.abspath(sys.argv[0])) + "/go"):
    time.sleep(0.002)
''' + BACKEND


@contextlib.contextmanager
def between(directory, database, before="", after=""):
    """A daemon whose next generation waits for a worker of its."""
    programs = Programs(directory)
    programs.add("shadow", STARTING)
    env = {"SASLWARD_LIBEXECDIR": str(programs.directory)}
    with Reloaded(directory, rules(database, "alice", first=before), env=env) as daemon:
        front = daemon.front()
        daemon.signal(rules(database, "bob", first=after) + "permit service=spice with=shadow\n")
        daemon.hear("RELOADING=1")
        new = wait_for(lambda: [pid for pid in daemon.fronts() if pid != front], "the new front")
        yield daemon, front, new[0], programs


# sockets

def test_sockets(directory, database):
    """One stays as it is, one is new, one is no more."""
    kept, old, new = (directory / "run" / name for name in ("mux", "old", "new"))
    text = f"listen {kept}\nlisten {old} mode=0600\n" + rules(database, "alice")
    with Reloaded(directory, text) as daemon:
        inode = kept.stat().st_ino
        assert is_ok(ask(old, *ALICE))
        daemon.reload(text.replace(str(old), str(new)))
        assert kept.stat().st_ino == inode and not old.exists()
        assert stat.S_IMODE(new.stat().st_mode) == 0o600
        assert is_ok(ask(kept, *ALICE)) and is_ok(ask(new, *ALICE))
        assert f": listening on socket: {new}\n" in daemon.log()
        assert f": no longer listening on socket: {old}\n" in daemon.log()
    assert not new.exists()


@as_root
def test_mode_and_owner(directory, database):
    """They change, and change back."""
    def status():
        found = (directory / "run/mux").stat()
        return stat.S_IMODE(found.st_mode), found.st_uid, found.st_ino

    text = f"listen {directory}/run/mux\n" + rules(database, "alice")
    with Reloaded(directory, text) as daemon:
        first = status()
        assert first[:2] == (0o666, 0)
        daemon.reload(text.replace("run/mux", "run/mux owner=nobody mode=0600"))
        assert status() == (0o600, NOBODY, first[2])
        assert is_ok(ask(daemon.socket, *ALICE))
        daemon.reload(text)
        assert status() == first


def test_names_of_sockets(directory, database):
    """vm= and allow= follow the configuration."""
    text = f"listen {directory}/run/a vm=vmB\n" + rules(database, "alice").replace("permit", "permit vm=vmA")
    with Reloaded(directory, text) as daemon:
        assert not is_ok(ask(directory / "run/a", *ALICE))
        daemon.reload(text.replace("vm=vmB", "vm=vmA"))
        assert is_ok(ask(directory / "run/a", *ALICE))
        daemon.reload(text.replace("vm=vmB", f"vm=vmA allow=!uid:{os.geteuid()}"))
        assert not is_ok(ask(directory / "run/a", *ALICE))


def test_backlogs(directory, database):
    """Who waits at a socket that is no more is answered by the old front, who waits at another by the new one."""
    kept, old = directory / "run/mux", directory / "run/old"
    with between(directory, database, f"listen {kept}\nlisten {old}\n", f"listen {kept}\n") as (daemon, front, _, programs):
        os.kill(front, signal.SIGSTOP)
        waiting = [Raw(old).send(request(*ALICE)) for _ in range(20)]
        (programs.directory / "go").touch()
        assert is_ok(ask(kept, *BOB))
        wait_for(lambda: not old.exists(), "the other socket to go")
        assert ": reloaded: " not in daemon.log()  # not before the old one takes nobody more
        os.kill(front, signal.SIGCONT)
        daemon.hear("READY=1")
        assert [raw.reply() for raw in waiting] == [b"OK"] * 20
        daemon.wait_one_generation()


def test_socket_of_the_service_manager(directory, database):
    """It is not closed; and the configuration cannot lose its line."""
    path = directory / "activated"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(10)
        text = f"listen {path}\n" + rules(database, "alice")
        daemon = Reloaded(directory, text)
        daemon.start_activated(listener)
    try:
        daemon.hear("READY=1")
        assert is_ok(ask(path, *ALICE))
        daemon.reload(text.replace("alice", "bob"))
        assert is_ok(ask(path, *BOB)) and not is_ok(ask(path, *ALICE))
        assert "broken" in daemon.reload(text.replace(str(path), f"{directory}/run/mux"))
        assert is_ok(ask(path, *BOB))
        daemon.wait_log("activated has no line in the configuration")
    finally:
        daemon.process.terminate()
        assert daemon.process.wait(PATIENCE) == 0
        daemon.manager.close()
    assert path.exists()


# what cannot be served

def bind(path):
    other = socket.socket(socket.AF_UNIX)
    other.bind(str(path))
    other.listen()
    return other


REFUSED = [
    ("errors", "lisen /x\npermet\n", [r"saslward\.conf:1:1: unknown keyword \"lisen\"; did you mean listen\?",
                                      r"saslward\.conf:2:1: unknown keyword \"permet\"",
                                      "not reloaded: the configuration is broken; generation 1 goes on unchanged"]),
    ("cut to nothing", "", [r"saslward\.conf:1:1: is empty \(cut short\?\); one that is to refuse everybody has a comment",
                            "not reloaded: the configuration is broken"]),
    ("a file that is gone", None, [r"saslward\.conf:1:1: cannot be read: No such file", "not reloaded: "]),
    ("a directory that is not there", "listen {d}/new\nlisten {d}/nowhere/mux\n",
     [r"cannot listen on \S*/nowhere/mux: No such file or directory",
      "not reloaded: what the configuration asks for cannot be had"]),
    ("somebody else's socket", "listen {d}/new\nlisten {d}/other\n",
     [r"cannot listen on \S*/other: Device or resource busy", "not reloaded: "]),
    ("an owner who is not there", "listen {d}/new owner=nobody-of-that-name\n",
     ["no user \"nobody-of-that-name\"", "not reloaded: "]),
]


@pytest.mark.parametrize("text, complaints", by_name(REFUSED))
def test_refused(directory, database, text, complaints):
    """Nothing changes, and all that is wrong is said."""
    good = rules(database, "alice")
    with Reloaded(directory, good) as daemon:
        with bind(directory / "other"):
            front = daemon.front()
            if text is None:
                daemon.config.unlink()
            elif not text:
                daemon.config.write_bytes(b"")
            status = daemon.reload(text.format(d=directory) if text else None)
            assert "as it was before; now it is broken" in status
            for complaint in complaints:
                daemon.wait_log(complaint)
            assert not (directory / "new").exists()
            assert daemon.fronts() == [front] and is_ok(ask(daemon.socket, *ALICE))
        assert daemon.reload(good) == f"generation 2 serves {daemon.config}"
        assert is_ok(ask(daemon.socket, *ALICE))


def test_a_worker_program_that_is_missing(directory, database):
    programs = Programs(directory)
    (programs.directory / "shadow").unlink()
    env = {"SASLWARD_LIBEXECDIR": str(programs.directory)}
    with Reloaded(directory, rules(database, "alice"), env=env) as daemon:
        daemon.reload(rules(database, "bob") + "permit service=other with=shadow\n")
        daemon.wait_log("cannot run .*/shadow: No such file or directory; install saslward")
        assert is_ok(ask(daemon.socket, *ALICE))


def test_the_old_one_serves_until_workers_are_ready(directory, database):
    with between(directory, database) as (daemon, front, _, programs):
        assert is_ok(ask(daemon.socket, *ALICE))
        (programs.directory / "go").touch()
        assert daemon.hear("READY=1").startswith("generation 2 ")
        assert is_ok(ask(daemon.socket, *BOB)) and not is_ok(ask(daemon.socket, *ALICE))
        wait_for(lambda: front not in daemon.fronts(), "the old front to leave")


def test_a_new_front_that_dies(directory, database):
    """Before it could serve: the old generation stays, and the next reload works."""
    with between(directory, database) as (daemon, front, new, programs):
        os.kill(new, signal.SIGKILL)
        assert daemon.hear("READY=1").startswith("generation 1 ")
        daemon.wait_log("not reloaded: the new generation ended before it could serve; generation 1 goes on")
        assert daemon.fronts() == [front]
        assert is_ok(ask(daemon.socket, *ALICE))
        (programs.directory / "go").touch()
        daemon.reload()
        assert is_ok(ask(daemon.socket, *BOB))


def test_an_old_front_that_dies(directory, database):
    """It is started again, and relieved like any other."""
    with between(directory, database) as (daemon, front, new, programs):
        os.kill(front, signal.SIGKILL)
        assert is_ok(ask(daemon.socket, *ALICE))
        (programs.directory / "go").touch()
        daemon.hear("READY=1")
        assert is_ok(ask(daemon.socket, *BOB)) and not is_ok(ask(daemon.socket, *ALICE))
        wait_for(lambda: daemon.fronts() == [new], "the other one to leave")


def test_an_old_front_that_dies_while_it_leaves(directory):
    with Held(directory) as held:
        front = held.daemon.front()
        held.daemon.reload()
        os.kill(front, signal.SIGKILL)
        held.daemon.wait_log("; 1 requests were lost with it")
        held.daemon.wait_one_generation()
        assert is_ok(ask(held.daemon.socket, "alice", "right"))
        held.daemon.reload("deny\n")


def test_stop_while_reloading(directory, database):
    with between(directory, database) as (daemon, front, _, _):
        os.kill(front, signal.SIGSTOP)
        raw = Raw(daemon.socket).send(request(*ALICE))
        daemon.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not daemon.socket.exists(), "the end to begin")
        os.kill(front, signal.SIGCONT)
        assert raw.reply()[:2] in (b"OK", b"NO")
        assert daemon.process.wait(PATIENCE) == 0


def test_stop_while_the_old_one_leaves(directory):
    with Held(directory) as held:
        held.daemon.reload()
        held.daemon.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not held.daemon.socket.exists(), "the end to begin")
        assert held.release() == b"OK"
        assert held.daemon.process.wait(PATIENCE) == 0


# without a file, and with one whose path is relative

def test_drop_in(directory, database):
    """With -a there is nothing to read: new processes, the same rule."""
    with Daemon(directory / "run", database) as daemon:
        front = daemon.front()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("reloaded: generation 2 has relieved generation 1")
        wait_for(lambda: front not in daemon.children("saslward-front"), "the old front to leave")
        assert is_ok(ask(daemon.socket, *ALICE))
        assert not (daemon.directory / "state").exists()


@not_wrapped
@pytest.mark.skipif(os.geteuid() != 0, reason="the supervisor's directory is not ours to see")
def test_relative_path(directory, database):
    """It means the directory that the daemon was started in, which it has left."""
    daemon = Reloaded(directory, rules(database, "alice"))
    daemon.manager.close()
    command = ["run/saslward.conf" if word == str(daemon.config) else word for word in daemon.command if word != "-d"]
    subprocess.run(command, cwd=directory, env={k: v for k, v in daemon.env.items() if k != "NOTIFY_SOCKET"}, check=True,
                   timeout=PATIENCE)
    pid = daemon.pid
    try:
        assert os.readlink(f"/proc/{pid}/cwd") == "/"
        daemon.signal(rules(database, "bob"))
        wait_for(lambda: is_ok(ask(daemon.socket, *BOB)), "the new rules")
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: pid not in [found for found, _, _ in processes()], "its end")


# the service manager

def test_notify(directory, database):
    """As Type=notify-reload of systemd wants it: the time lies behind the signal's."""
    with Reloaded(directory, rules(database, "alice"), env={"WATCHDOG_USEC": f"{400000 * SLOW:.0f}"}) as daemon:
        before = time.monotonic_ns() // 1000
        daemon.signal()
        said = b""
        while not said.startswith(b"RELOADING=1\n"):
            said = daemon.manager.recv(1000)
        assert before <= int(said.partition(b"MONOTONIC_USEC=")[2]) <= time.monotonic_ns() // 1000
        assert daemon.hear("READY=1") == f"generation 2 serves {daemon.config}"
        assert daemon.reload("x\n") == (f"generation 2 serves {daemon.config} as it was before; now it is broken, and "
                                        "the log says how")
        daemon.hear("WATCHDOG=1")
        daemon.hear("WATCHDOG=1")
