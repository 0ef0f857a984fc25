# SPDX-License-Identifier: BSD-2-Clause
"""Processes that are killed, hang, end, start twice; and what the unprivileged ones may."""
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest
from client import Raw, ask, is_ok, request
from daemon import PATIENCE, SASLWARDD, SLOW, WORKERS, WRAP, Daemon, in_time, wait_for

GOOD = ("alice", "secretA", "imap", "vmA")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
not_wrapped = pytest.mark.skipif(bool(WRAP), reason="valgrind has descriptors and files of its own")


def is_gone(pid):
    try:
        return "\nState:\tZ" in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def good_login(daemon):
    return is_ok(ask(daemon.socket, *GOOD))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT])
def test_idle_worker_killed(daemon, number):
    for worker in daemon.workers(2):
        os.kill(worker, number)
        wait_for(lambda pid=worker: is_gone(pid), "its end")
    daemon.workers(2)
    assert good_login(daemon)
    if number == signal.SIGABRT:  # SIGKILL may be taken for our own, which closes what hangs
        daemon.wait_log(r"sasldb worker \(pid \d+\) was killed by signal 6 \(Aborted\)")


def test_busy_worker_killed(directory, database):
    with Daemon(directory / "run", database, workers=1) as daemon:
        worker, = daemon.workers(1)
        os.kill(worker, signal.SIGSTOP)
        with Raw(daemon.socket) as raw:
            raw.send(request(*GOOD))
            # the queue is empty and the worker busy once a second request has to wait
            os.kill(worker, signal.SIGKILL)
            assert raw.reply() in (b"NO", b"OK")  # OK if the front had not yet handed it over
        assert good_login(daemon)


def test_hung_worker(directory, database):
    with Daemon(directory / "run", database, workers=1, deadline=0.5) as daemon:
        worker, = daemon.workers(1)
        os.kill(worker, signal.SIGSTOP)
        began = time.monotonic()
        assert ask(daemon.socket, *GOOD) == b"NO"
        took = time.monotonic() - began
        print(f"deadline {500 * SLOW:.0f} ms: answered after {took * 1000:.0f} ms")
        assert took > 0.45 * SLOW
        in_time(took, 0.55 * SLOW)
        assert daemon.last_reason() == "no answer within the deadline"
        wait_for(lambda: good_login(daemon), "another worker")
        wait_for(lambda: is_gone(worker), "the hung worker's end")


def test_stop_while_nobody_can_tell_who_asks(directory, database):
    """A question about a process that nobody waits for any more is no reason to stay, or to crash."""
    with Daemon(directory / "run", database, read_deadline=0.2) as daemon:
        resolver, = daemon.resolver_pids()
        os.kill(resolver, signal.SIGSTOP)
        with Raw(daemon.socket) as raw:
            assert raw.reply() == b"NO request not complete within the deadline"
    assert is_gone(resolver)
    assert "the front (pid" not in daemon.log()


def test_time_in_the_queue_counts(directory, database):
    with Daemon(directory / "run", database, workers=1, deadline=0.5) as daemon:
        os.kill(daemon.workers(1)[0], signal.SIGSTOP)
        clients = [Raw(daemon.socket).send(request(*GOOD)) for _ in range(20)]
        began = time.monotonic()
        answers = {client.reply() for client in clients}
        in_time(time.monotonic() - began, 1.2 * SLOW)
        assert b"NO" in answers
        wait_for(lambda: good_login(daemon), "another worker")


def test_front_killed(daemon):
    inode = daemon.socket.stat().st_ino
    front = daemon.front()
    os.kill(front, signal.SIGSTOP)
    accepted = Raw(daemon.socket).send(request(*GOOD))  # waits in the backlog
    os.kill(front, signal.SIGKILL)
    assert accepted.reply() == b"OK"
    assert daemon.socket.stat().st_ino == inode
    assert daemon.front() != front
    assert good_login(daemon)
    daemon.wait_log(r"the front \(pid \d+\) was killed by signal 9 \(Killed\); 0 requests were lost with it")


def test_front_killed_with_requests(daemon):
    for worker in daemon.workers(2):
        os.kill(worker, signal.SIGSTOP)
    lost = [Raw(daemon.socket).send(request(*GOOD)) for _ in range(3)]
    if os.geteuid() == 0:  # all three are accepted
        wait_for(lambda: len(os.listdir(f"/proc/{daemon.front()}/fd")) >= 3 + 5, "them to be accepted")
    with Raw(daemon.socket) as marker:  # a fourth that is answered behind them: so they were accepted
        assert marker.send(b"\0").end().reply()[:2] == b"NO"
    os.kill(daemon.front(), signal.SIGKILL)
    daemon.wait_log(r"; 3 requests were lost with it")
    assert good_login(daemon)
    for client in lost:
        client.socket.close()


def test_front_killed_again_and_again(daemon):
    """One that dies young is started again with a delay; the socket stays, nobody is refused."""
    for _ in range(3):
        os.kill(daemon.front(), signal.SIGKILL)
        assert good_login(daemon)


def test_hung_front_is_replaced(directory, database):
    with Daemon(directory / "run", database) as daemon:
        os.kill(daemon.front(), signal.SIGSTOP)
        with Raw(daemon.socket) as raw:
            raw.socket.settimeout(60)
            assert raw.send(request(*GOOD)).reply() == b"OK"
        assert "hangs, killing it" in daemon.log()


class Load(threading.Thread):
    """Logs in again and again until the socket is gone. Every connection must get its right answer."""

    def __init__(self, path):
        super().__init__()
        self.path, self.answered, self.wrong = path, 0, []

    def run(self):
        while True:
            try:
                raw = Raw(self.path)
            except (FileNotFoundError, ConnectionRefusedError):
                return
            try:
                with raw:
                    reply = raw.send(request(*GOOD)).reply()
            except (OSError, AssertionError) as error:
                self.wrong.append(repr(error))
                return
            if reply != b"OK":
                self.wrong.append(reply)
            self.answered += 1


def test_stop_under_load(directory, database):
    with Daemon(directory / "run", database) as daemon:
        threads = [Load(daemon.socket) for _ in range(16)]
        for thread in threads:
            thread.start()
        wait_for(lambda: sum(thread.answered for thread in threads) > 500, "some load")
        daemon.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(PATIENCE)
        assert [thread.wrong for thread in threads] == [[]] * 16
        assert daemon.process.wait(PATIENCE) == 0


def test_stop_answers_who_waits(directory, database):
    """A silent connection, a half request, and one whose worker hangs are answered before the end."""
    with Daemon(directory / "run", database, workers=1, deadline=1, read_deadline=60) as daemon:
        os.kill(daemon.workers(1)[0], signal.SIGSTOP)
        waiting = [Raw(daemon.socket), Raw(daemon.socket).send(b"\0\5al"), Raw(daemon.socket).send(request(*GOOD))]
        daemon.process.send_signal(signal.SIGTERM)
        assert [raw.reply()[:2] for raw in waiting] == [b"NO"] * 3
        assert daemon.process.wait(PATIENCE) == 0


def test_group_signal(directory, database):
    """Service managers signal every process: the front and the workers must finish their work all the same."""
    with Daemon(directory / "run", database, workers=1) as daemon:
        worker, = daemon.workers(1)
        os.kill(worker, signal.SIGSTOP)
        raw = Raw(daemon.socket).send(request(*GOOD))
        marker = Raw(daemon.socket).send(b"\0").end()
        assert marker.reply()[:2] == b"NO"
        os.killpg(daemon.process.pid, signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)
        assert raw.reply() == b"OK"
        assert daemon.process.wait(PATIENCE) == 0


def test_supervisor_killed(directory, database):
    daemon = Daemon(directory / "run", database)
    with daemon:
        everybody = [daemon.pid, daemon.front(), *daemon.workers(2)]
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.process.wait(PATIENCE)
        for pid in everybody:
            wait_for(lambda pid=pid: is_gone(pid), "all others to leave")
        assert daemon.socket.exists()  # stale now
        with Daemon(directory / "run", database, log=directory / "log2") as again:
            assert good_login(again)
        daemon.expect_exit = -signal.SIGKILL


def test_second_instance(daemon):
    done = subprocess.run(daemon.command, env=daemon.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert f"Another instance of saslauthd is currently running (pid {daemon.pid})" in done.stderr
    assert good_login(daemon)
    detached = [word for word in daemon.command if word != "-d"]
    done = subprocess.run(detached, env=daemon.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "Another instance of saslauthd is currently running" in done.stderr
    assert good_login(daemon)


def test_beside_somebody_else(directory, database):
    """Another program that listens there is left alone, even if it holds no lock."""
    (directory / "run").mkdir()
    other = socket.socket(socket.AF_UNIX)
    other.bind(str(directory / "run/mux"))
    other.listen()
    daemon = Daemon(directory / "run", database)
    done = subprocess.run(daemon.command, env=daemon.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert f"currently running (pid {os.getpid()})" in done.stderr
    other.close()
    with daemon:  # now the file is stale
        assert good_login(daemon)


def test_no_socket_in_the_way(directory, database):
    (directory / "run").mkdir()
    (directory / "run/mux").write_text("precious")
    daemon = Daemon(directory / "run", database)
    done = subprocess.run(daemon.command, env=daemon.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "cannot listen on" in done.stderr
    assert (directory / "run/mux").read_text() == "precious"


@not_wrapped
def test_detached(directory, database):
    """The command returns when the socket listens; the daemon has left the terminal."""
    daemon = Daemon(directory / "run", database)
    command = [word for word in daemon.command if word != "-d"]
    done = subprocess.run(command, env=daemon.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                          check=False)  # would not return while somebody held its output open
    assert done.returncode == 0
    pid = daemon.pid
    try:
        assert good_login(daemon)
        assert os.getsid(pid) == pid
        if os.geteuid() == 0:  # its own user may not look into it
            assert os.readlink(f"/proc/{pid}/fd/1") == "/dev/null"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not daemon.socket.exists() and is_gone(pid), "its end")


def test_restart(directory, database):
    for _ in range(3):
        with Daemon(directory / "run", database) as daemon:
            assert good_login(daemon)


def test_socket_activation(directory, database):
    """A socket that the service manager holds is served, and left as it is at the end."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(directory / "activated"))
    listener.listen(10)
    waiting = Raw(directory / "activated").send(request(*GOOD))
    script = 'exec 3<&"$1"; shift; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
    daemon = Daemon(directory / "run", database)
    log = open(daemon.log_path, "wb")
    process = subprocess.Popen(["bash", "-c", script, "-", str(listener.fileno()), *daemon.command], env=daemon.env,
                               pass_fds=[listener.fileno()], stderr=log)
    try:
        assert waiting.reply() == b"OK"
        assert not daemon.socket.exists()
        assert "listening on a socket of the service manager" in daemon.log()
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert (directory / "activated").exists()


def test_notify_and_watchdog(directory, database):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(directory / "notify"))
        notify.settimeout(PATIENCE)
        env = {"NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": "400000"}
        with Daemon(directory / "run", database, env=env) as daemon:
            said = [notify.recv(100)]
            while b"READY=1\nSTATUS=generation 1 serves" not in said:
                said.append(notify.recv(100))
            assert good_login(daemon)
            assert notify.recv(100) == b"WATCHDOG=1"
            assert notify.recv(100) == b"WATCHDOG=1"
            daemon.process.send_signal(signal.SIGTERM)
            while b"STOPPING=1" not in said:
                said.append(notify.recv(100))


def test_fresh_worker_for_each(directory, database):
    with Daemon(directory / "run", database, workers=0) as daemon:
        daemon.workers(5)
        for _ in range(3):
            assert good_login(daemon)
        wait_for(lambda: daemon.ready_workers() == 8 and len(daemon.workers()) == 5, "three new workers")


def test_full_disk_for_the_log(directory, database):
    daemon = Daemon(directory / "run", database, log="/dev/full")
    daemon.start()
    try:
        wait_for(lambda: listens(daemon.socket), "the socket")
        assert not is_ok(ask(daemon.socket, "alice", "wrong"))
        assert good_login(daemon)
    finally:
        daemon.process.terminate()
        assert daemon.process.wait(PATIENCE) == 0


def listens(path):
    """Whether a connection is taken: the socket's file is there before it listens."""
    try:
        Raw(path).socket.close()
        return True
    except (FileNotFoundError, ConnectionRefusedError):
        return False


def test_log_that_nobody_reads(directory, database):
    """A pipe that is full must not stop the daemon, nor a virtual machine that waits for it."""
    reading, writing = os.pipe()
    daemon = Daemon(directory / "run", database)
    process = subprocess.Popen(daemon.command, env=daemon.env, stderr=writing)
    os.close(writing)
    try:
        wait_for(lambda: listens(daemon.socket), "the daemon to listen")
        for _ in range(1500):
            assert not is_ok(ask(daemon.socket, "alice", "wrong"))
        assert good_login(daemon)
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0
        os.close(reading)


@as_root
@not_wrapped
def test_the_front_is_unprivileged(daemon):
    front = daemon.front()
    status = pathlib.Path(f"/proc/{front}/status").read_text()
    fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    assert "0" not in fields["Uid"].split() and "0" not in fields["Gid"].split()
    assert fields["Groups"].strip() == ""
    assert {fields[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert fields["NoNewPrivs"].strip() == "1"
    assert os.listdir(f"/proc/{front}/root") == []
    assert "Max core file size        0                    0" in pathlib.Path(f"/proc/{front}/limits").read_text()
    kinds = {os.readlink(f"/proc/{front}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{front}/fd")}
    log = {str(daemon.log_path), "/dev/null"}
    assert kinds - log <= {"socket", "anon_inode"}  # no file but the log
    assert list(daemon.directory.glob(".empty*")) == []


@as_root
@not_wrapped
def test_the_workers_may_read_and_nothing_else(daemon):
    for worker in daemon.workers(2):
        status = pathlib.Path(f"/proc/{worker}/status").read_text()
        fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
        assert "0" not in fields["Uid"].split()
        assert int(fields["CapEff"], 16) == 1 << 2  # CAP_DAC_READ_SEARCH
        assert fields["NoNewPrivs"].strip() == "1"
        assert len(os.listdir(f"/proc/{worker}/fd")) == 4  # standard ones and the socket


@as_root
def test_as_an_ordinary_user(directory, database):
    """Started by somebody who is not root, it serves with that user's rights."""
    os.chown(database, 65534, 65534)
    (directory / "run").mkdir()
    os.chown(directory / "run", 65534, 65534)
    shutil.copy(SASLWARDD, directory)  # the build may lie where that user may not go
    for program in ("sasldb", "resolve"):
        shutil.copy(WORKERS / program, directory)
    daemon = Daemon(directory / "run", database, env={"SASLWARD_LIBEXECDIR": str(directory)})
    daemon.command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                      *(str(directory / "saslwardd") if word == str(SASLWARDD) else word for word in daemon.command)]
    with daemon:
        assert good_login(daemon)
        database.chmod(0)
        assert not good_login(daemon)
        assert str(database) in daemon.last_reason()
        assert "ermission denied" in daemon.last_reason()


def test_root_without_another_user(directory, database):
    """In a user namespace with nobody else in it, there is nobody that the front could become: that is said, and
    nothing is served."""
    alone = ["unshare", "--map-root-user"]
    if subprocess.run([*alone, "true"], capture_output=True, timeout=PATIENCE, check=False).returncode != 0:
        pytest.skip("no user namespaces here")
    daemon = Daemon(directory / "run", database, prefix=alone)
    done = subprocess.run(daemon.command, env=daemon.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "cannot become user" in done.stderr and "must be mapped" in done.stderr
    assert not daemon.socket.exists()


def test_no_password_in_the_log(daemon):
    canary = "c4n4ry-p4ssw0rd"
    for fields in [("alice", canary, "imap", "vmA"), ("", canary), ("alice", canary + "\0"), ("a" * 2000, canary),
                   ("alice", canary * 400), ("alice ", canary)]:
        ask(daemon.socket, *fields)
    with Raw(daemon.socket) as raw:
        raw.send(request("alice", canary)[:-3]).end().reply()
    assert canary not in daemon.log()


def test_missing_worker_program(directory, database):
    daemon = Daemon(directory / "run", database, env={"SASLWARD_LIBEXECDIR": str(directory)})
    done = subprocess.run(daemon.command, env=daemon.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert f"cannot run {directory}/sasldb: No such file or directory" in done.stderr
    assert not daemon.socket.exists()


def test_directory_cannot_be_made(directory):
    done = subprocess.run([*WRAP, str(SASLWARDD), "-a", "sasldb", "-m", str(directory / "a/b")], capture_output=True, text=True,
                          timeout=PATIENCE, check=False, env={**os.environ, "SASLWARD_LIBEXECDIR": str(WORKERS)})
    assert done.returncode == 1
    assert "cannot make the directory" in done.stderr


def test_reply_length_is_right(daemon):
    with Raw(daemon.socket) as raw:
        raw.send(request(*GOOD))
        assert struct.unpack(">H", raw.receive(2))[0] == 2
        assert raw.receive(2) == b"OK"
