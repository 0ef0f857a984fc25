# SPDX-License-Identifier: BSD-2-Clause
"""The commands of saslward that ask a running daemon over its control socket."""
import os
import socket
import threading

import pytest
from client import ask
from commands import saslward
from conftest import by_name
from daemon import Daemon, wait_for
from test_control import RULES, Control


@pytest.fixture(name="daemon")
def make_daemon(directory, database):
    run = directory / "run"
    with Daemon(run, config=RULES.replace("RUN", str(run)).replace("DB", str(database))) as daemon:
        yield daemon


# whom to ask

class Impostor(threading.Thread):
    """Answers one connection to a control socket with these bytes, and closes it."""

    def __init__(self, directory, answer):
        super().__init__()
        self.answer = answer
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(directory / "control"))
        self.socket.listen()

    def run(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(self.answer)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.join()
        self.socket.close()


def ask_as_vm(directory, *options, vm="vmA", user="alice", password="secretA"):
    return saslward("test", "--vm", vm, "-m", directory, "-u", user, "-p", password, "-s", "spice", *options)


def test_nobody_listens(directory):
    done = ask_as_vm(directory)
    assert (done.returncode, done.stdout) == (255, "0: ")
    assert done.stderr == f"no daemon listens on {directory}/control; start it, or name its directory with -m\n"
    assert "control: File name too long" in ask_as_vm("/x" * 100).stderr


ANSWERS = [
    ("nothing", b"", "closed the connection; root may ask, and the group saslward"),
    ("half a line", b'{"version":1}', "closed the connection"),
    ("no JSON", b"hello\n", "what answers there is no saslwardd"),
    ("no object", b"[]\n", "what answers there is no saslwardd"),
    ("an error", b'{"error":"not today"}\n', "the daemon says: not today"),
]


@pytest.mark.parametrize("answer, text", by_name(ANSWERS))
def test_what_is_no_answer(directory, answer, text):
    with Impostor(directory, answer):
        done = ask_as_vm(directory)
    assert (done.returncode, done.stdout) == (255, "0: ")
    assert text in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_without_permission(daemon):
    done = saslward("test", "--vm", "vmA", "-m", daemon.directory, "-u", "alice", "-p", "x", user=65534)
    assert done.returncode == 255
    assert done.stderr == f"{daemon.directory}/control: permission denied; root may ask, and the group saslward\n"


# saslward test --vm

AS_VM = [
    ("right", {}, 0),
    ("wrong password", {"password": "wrong"}, 255),
    ("another VM", {"vm": "vmB"}, 255),
]


@pytest.mark.parametrize("how, status", by_name(AS_VM))
def test_as_a_vm(daemon, how, status):
    done = ask_as_vm(daemon.directory, **how)
    line = 'OK "Success."' if status == 0 else 'NO "authentication failed"'
    assert (done.returncode, done.stdout, done.stderr) == (status, f"0: {line}\n", "")
    assert daemon.last_login()["vm"] == f"{how.get('vm', 'vmA')} by socket"


def test_as_a_vm_again_and_again(daemon):
    done = ask_as_vm(daemon.directory, "-R", 2, "-r", "whatever is typed")
    assert (done.returncode, done.stdout) == (0, '0: OK "Success."\n1: OK "Success."\n')


def test_the_log_names_it(daemon):
    """Who fails on vm= only learns how to ask as a VM."""
    ask(daemon.socket, "alice", "secretA", "spice")
    assert daemon.last_reason().endswith("but for vm=: no VM asks; try: saslward test --vm NAME")


@pytest.mark.parametrize("options", [["-m", "/tmp"], ["--vm"]])
def test_wrong_usage_of_test(options):
    assert saslward("test", "-u", "alice", "-p", "x", *options).returncode == 1
