# SPDX-License-Identifier: BSD-2-Clause
"""Whoever asks a lot, or what takes long, is at his own cost: askers take turns, and nobody has all workers."""
import contextlib
import resource
import subprocess
import sys

import pytest
from client import Raw, request
from daemon import PATIENCE, WRAP, wait_for
from fakes import Programs
from test_control import Control

# Writes down whom it checks. Whoever is called "slow…" waits until the file "go" is there.
BACKEND = '''
HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
ready()
while True:
    _, number, login, *_ = job()
    with open(f"{HERE}/jobs", "ab") as jobs:
        jobs.write(login + b"\\n")
    while login.startswith(b"slow") and not os.path.exists(f"{HERE}/go"):
        time.sleep(0.002)
    send(frame(b"result", number, b"OK", login, b""))
'''
RULES = """\
listen RUN/a vm=vmA
listen RUN/b vm=vmB
listen RUN/mux
backend fake shadow workers=WORKERS deadline=10m
permit with=fake
"""


class Shared:
    """A daemon, and askers who compete."""

    def __init__(self, directory, workers):
        self.workers = workers
        self.programs = Programs(directory).resolve()
        self.programs.add("shadow", BACKEND)
        self.programs.directory.chmod(0o777)
        self.path = self.programs.directory / "jobs"
        self.path.touch()
        self.path.chmod(0o666)
        self.run = directory / "run"
        self.daemon = self.programs.daemon(RULES.replace("RUN", str(self.run)).replace("WORKERS", str(workers)))

    def __enter__(self):
        with contextlib.ExitStack() as stack:  # so that it ends, too, if it has no workers
            stack.enter_context(self.daemon)
            self.daemon.workers(self.workers)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.go()
        self.stack.close()

    def go(self):
        (self.programs.directory / "go").touch()

    def jobs(self):
        return self.path.read_text().split()

    def ask(self, login, socket="mux"):
        """A login that has been sent."""
        connection = self.stack.enter_context(Raw(self.run / socket))
        return connection.send(request(login, "x"))


@pytest.fixture(name="shared")
def make_shared(directory, request):
    with Shared(directory, request.param) as shared:
        yield shared


def workers(count):
    return pytest.mark.parametrize("shared", [count], indirect=True, ids=[""])


@workers(5)
def test_a_vm_has_half_of_the_workers(shared):
    waiting = [shared.ask(f"slow{number}", "a") for number in range(20)]
    wait_for(lambda: len(shared.jobs()) == 3, "the VM's share of workers to be busy")
    for number in range(20):
        assert shared.ask(f"other{number}", "b").reply() == b"OK"
    assert len(shared.jobs()) == 3 + 20
    shared.go()
    assert [login.reply() for login in waiting] == [b"OK"] * 20


@workers(5)
def test_one_worker_is_left_to_others(shared):
    waiting = [shared.ask(f"slow{number}") for number in range(20)]
    wait_for(lambda: len(shared.jobs()) == 4, "all workers but one to be busy")
    for number in range(20):
        assert shared.ask(f"other{number}", "a").reply() == b"OK"
    assert len(shared.jobs()) == 4 + 20
    shared.go()
    assert [login.reply() for login in waiting] == [b"OK"] * 20


@workers(8)
def test_who_may_be_a_vm(shared):
    """As long as it is not known he has a VM's share, whoever else there is of the same user."""
    assert shared.ask("ordinary").reply() == b"OK"
    shared.programs.peer('sighted("machine")')
    asked = [request(f"slow{number}", "x").hex() for number in range(20)]
    with subprocess.Popen([sys.executable, "-Ic", FIRST, str(shared.run / "mux"), *asked], text=True,
                          stdout=subprocess.PIPE) as process:
        wait_for(lambda: len(shared.jobs()) == 1 + 4, "the VM's share of workers to be busy")
        for number in range(5):
            assert shared.ask(f"other{number}").reply() == b"OK"
        assert len(shared.jobs()) == 1 + 4 + 5
        shared.go()
        assert process.communicate(timeout=PATIENCE)[0].split() == ["OK"] * 20


@workers(1)
def test_askers_take_turns(shared):
    waiting = [shared.ask("slow", "a")]
    wait_for(shared.jobs, "the worker to be busy")
    waiting += [shared.ask(f"a{number}", "a") for number in range(50)]
    waiting += [shared.ask(f"b{number}", "b") for number in range(2)]
    waiting.append(shared.ask("c"))
    wait_for(lambda: all(login.has_been_read() for login in waiting), "all to be in the queue")
    shared.go()
    assert [login.reply() for login in waiting] == [b"OK"] * len(waiting)
    order = "".join(who[0] for who in shared.jobs())
    assert order[0] + "".join(sorted(order[1:4]) + sorted(order[4:6])) + order[6:] == "sabcab" + 48 * "a"


FIRST = """
import os, socket, sys
clients = []
for data in sys.argv[2:]:
    clients.append(socket.socket(socket.AF_UNIX))
    clients[-1].connect(sys.argv[1])
    clients[-1].send(bytes.fromhex(data))
print(*(client.recv(1024)[2:].decode() for client in clients))
"""


@workers(4)
def test_who_has_just_been_identified(shared):
    """What a process has asked before it was known to be a VM is the VM's all the same."""
    assert shared.ask("ordinary").reply() == b"OK"
    shared.programs.peer('sighted("machine", libvirt=named("vmC"))')
    asked = [request(f"slow{number}", "x").hex() for number in range(8)]
    with subprocess.Popen([sys.executable, "-Ic", FIRST, str(shared.run / "mux"), *asked], text=True,
                          stdout=subprocess.PIPE) as process:
        wait_for(lambda: len(shared.jobs()) == 3, "the VM's share of workers to be busy")
        assert shared.ask("other").reply() == b"OK"
        assert len(shared.jobs()) == 4
        shared.go()
        assert process.communicate(timeout=PATIENCE)[0].split() == ["OK"] * 8


@pytest.mark.skipif(bool(WRAP), reason="valgrind closes what accept() returns beyond its own limit")
@workers(1)
def test_a_full_queue(shared):
    """4,096 wait. For one more, whoever has most is answered NO at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 5000:
        pytest.skip(f"only {hard} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    shared.stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
    waiting = [shared.ask(f"slow{number}", "a") for number in range(4096)]
    wait_for(lambda: shared.jobs() and all(login.has_been_read() for login in waiting), "all but one to be in the queue")
    waiting.append(shared.ask("last", "a"))
    wait_for(lambda: waiting[-1].has_been_read(), "it, too, to be in the queue")
    assert shared.ask("slow, too", "a").reply() == b"NO"
    assert shared.daemon.last_reason() == "too many logins are waiting"
    other = shared.ask("other", "b")
    assert waiting.pop().reply() == b"NO"
    with Control(shared.daemon) as control:
        assert control.ask("status")["backends"][0]["overflows"] == 2
    shared.go()
    assert other.reply() == b"OK"
    assert {login.reply() for login in waiting} == {b"OK"}
    assert shared.jobs().index("other") <= 2
