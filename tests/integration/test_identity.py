# SPDX-License-Identifier: BSD-2-Clause
"""Who asks, through the whole daemon: what rules make of what "resolve" says or fails to say, and how long it counts.
A fake "resolve" says what a real one cannot be made to; that one has tests of its own."""
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from client import Raw, ask, counted, request
from conftest import by_name
from daemon import BUILD, PATIENCE, SLOW, WRAP, in_time, wait_for
from fakes import Programs
from pids import reused
from test_rules import line_of

MODULES = BUILD / "tests/integration"
UUID = "407c43312f36484b960d38b2a6d88363"
HYPHENS = "407c4331-2f36-484b-960d-38b2a6d88363"
READY = ("identity", "check")
CHECK = '''
ready()
while True:
    verb, number, login, *rest = job()
    send(frame(b"result", number, b"OK", login, b""))
'''
RULES = f"""\
backend check shadow workers=1
permit service=name vm=vmA with=check
permit service=any vm=any with=check
permit service=none vm=none with=check
permit service=uuid vm=uuid:{HYPHENS} with=check
permit service=not vm=!vmA with=check
deny service=denied vm=vmA reason="denied"
permit service=denied with=check
permit service=unit peer=unit:postfix@* with=check
permit service=uid peer=uid:{os.getuid()} with=check
permit service=token vm=any as=%v-%i with=check
permit service=else vm=vmA,any user=bob with=check
permit service=else user=alice with=check
permit service=else with=check as=nobody
"""


@pytest.fixture(name="programs")
def make_programs(directory):
    programs = Programs(directory).resolve()
    programs.add("shadow", CHECK)
    return programs


def outcome(daemon, service, login="alice"):
    """The reason, or an empty string for OK."""
    reply = ask(daemon.socket, login, "x", service)
    reason = daemon.last_login().get("reason", "")
    assert reply == (b"NO" if reason else b"OK")
    return reason


NO_RULE = "no rule permits it"
BROKEN = "? worker broke the protocol"
TELL = "cannot tell vm="
KNOWN = {"name": "", "any": "", "none": NO_RULE, "uuid": "", "not": NO_RULE, "denied": "denied", "unit": NO_RULE,
         "uid": "", "token": "", "else": ""}
NOBODY = {**dict.fromkeys(["name", "any", "none", "uuid", "not", "denied", "token"], TELL), "uid": "", "else": ""}
# What somebody says who is no VM; the rule that would let him in is named, and left out here.
NONE = {"name": NO_RULE, "any": NO_RULE, "none": "", "uuid": NO_RULE, "not": "", "denied": "", "uid": "",
        "token": NO_RULE, "else": ""}

# what it is, what "resolve" says, [vm=], {service: reason}
SIGHTINGS = [
    ("name and UUID", f'sighted("machine", libvirt=named("vmA"), machined=named("", "{UUID}"))',
     f"vmA uuid:{HYPHENS} by libvirt, machined", KNOWN),
    ("another VM", 'sighted("machine", libvirt=named("vmB"), machined=named("", "5" * 32))',
     f"vmB uuid:{'5' * 8}-{'5' * 4}-{'5' * 4}-{'5' * 4}-{'5' * 12} by libvirt, machined",
     {**KNOWN, "name": NO_RULE, "uuid": NO_RULE, "not": "", "denied": ""}),
    ("a name alone", 'sighted("machine", libvirt=named("vmA"))', "vmA by libvirt",
     {**KNOWN, "uuid": f"{TELL}: nobody told its UUID", "token": "as= or as-realm= needs what is not known here"}),
    ("a UUID alone", f'sighted("machine", machined=named("", "{UUID}"))', f"uuid:{HYPHENS} by machined",
     {**KNOWN, "name": f"{TELL}: nobody told its name", "not": f"{TELL}: nobody told its name",
      "denied": f"{TELL}: nobody told its name", "token": "as= or as-realm= needs what is not known here"}),
    ("by its command line", f'sighted(cmdline=named("vmA", "{UUID}"))', f"vmA uuid:{HYPHENS} by cmdline", KNOWN),
    ("none", "sighted()", "none", NONE),
    ("a container", 'sighted("container", machined=named("", "%s"))' % UUID, "none", NONE),
    ("a user's", 'sighted("user", "user@1000.service", libvirt=named("vmA"))', "none", NONE),
    ("a unit", 'sighted(unit="postfix@-.service")', "none", {**NONE, "unit": ""}),
    ("another unit", 'sighted(unit="exim.service")', "none", {**NONE, "unit": NO_RULE}),
    ("no unit", "sighted()", "none", {"unit": NO_RULE}),
    ("nobody vouches", 'sighted("machine", "machine-x.scope")', "? no source knows the machine machine-x.scope",
     {**NOBODY, "unit": NO_RULE}),
    ("one fails", f'sighted("machine", libvirt=failed("/run: Permission denied"), machined=named("", "{UUID}"))',
     "? libvirt: /run: Permission denied", NOBODY),
    ("two fail", 'sighted("machine", libvirt=failed("a"), machined=failed("b"))', "? libvirt: a; machined: b", NOBODY),
    ("they disagree", 'sighted("machine", libvirt=named("vmA"), cmdline=named("vmB"))',
     "? the sources disagree: libvirt: vmA; cmdline: vmB;", NOBODY),
    ("it cannot look", 'sighted("unknown", text="/proc/1/cgroup: not yours")', "? /proc/1/cgroup: not yours",
     {**NOBODY, "unit": "cannot tell peer="}),
    ("it is gone", 'sighted("unknown", text="the process has ended")', "? the process has ended", NOBODY),
    ("it ends", "sys.exit(0)", "? worker ended", {**NOBODY, "unit": "cannot tell peer="}),
    ("it crashes", "os.abort()", "? worker ended", NOBODY),
    ("it talks nonsense", 'send(counted(b"nonsense"))', BROKEN, NOBODY),
    ("it answers another question", 'number = b"4711"; sighted(libvirt=named("vmA"))', BROKEN, NOBODY),
    ("it answers another kind", 'membership("yes")', BROKEN, NOBODY),
    ("it checks a password", 'send(frame(b"result", number, b"OK", b"alice", b""))', BROKEN, NOBODY),
    ("it says a name and nothing", 'sighted(libvirt=("named", "", "", ""))', BROKEN, NOBODY),
]


@pytest.fixture(name="shared_programs", scope="module")
def make_shared_programs(place):
    programs = Programs(place).resolve()
    programs.add("shadow", CHECK)
    return programs


@pytest.fixture(name="shared", scope="module")
def make_shared(shared_programs):
    with shared_programs.daemon(RULES, ready=READY) as daemon:
        yield daemon


@pytest.mark.parametrize("says, vm, expected", by_name(SIGHTINGS))
def test_sightings(shared_programs, shared, says, vm, expected):
    shared_programs.peer(says)
    with Asker() as asker:
        for service, reason in expected.items():
            reply = asker.ask(shared, service)
            seen = shared.last_login()
            if seen.get("reason") == but_for_vm(shared, service) and vm == "none":
                seen["reason"] = NO_RULE
            assert (reply, seen.get("reason", "")) == (b"NO" if reason else b"OK", reason), service
            assert seen["vm"] == vm


def but_for_vm(daemon, service):
    return f"{NO_RULE}; {line_of(daemon.config, f'permit service={service} ')} would, but for vm=: no VM asks; try: saslward test --vm NAME"


def test_what_does_not_depend_on_it_is_decided(programs):
    """A rule that is false whatever the VM is ends nothing; one that may be true does."""
    programs.peer("sys.exit(0)")
    with programs.daemon(RULES, ready=READY) as daemon:
        assert outcome(daemon, "else", "alice") == ""
        assert daemon.last_login()["rule"] == line_of(daemon.config, "permit service=else user=alice")
        assert outcome(daemon, "else", "bob") == TELL
        assert daemon.last_login()["rule"] == line_of(daemon.config, "permit service=else vm=")


def test_it_hangs(programs):
    """The asker is nobody after a second; and those who are known go on meanwhile."""
    programs.peer("""
with open(f"/proc/{rest[0].decode()}/cmdline") as cmdline:
    sighted(libvirt=named("vmA")) if "known" in cmdline.read() else hang()
""")
    with programs.daemon(RULES, ready=READY) as daemon, Asker("known") as known:
        assert known.ask(daemon, "name") == b"OK"
        began = time.monotonic()
        with Raw(daemon.socket) as unknown:
            unknown.send(request("alice", "x", "name"))
            programs.wait_question("peer", 2)
            for _ in range(20):
                assert known.ask(daemon, "name") == b"OK"
            in_time(time.monotonic() - began, 0.9 * SLOW)
            assert unknown.reply() == b"NO"
            took = time.monotonic() - began
        assert took >= 0.95
        in_time(took, 1.05 + 0.15 * SLOW)
        assert daemon.last_login()["vm"] == "? no answer within the deadline"
        assert outcome(daemon, "uid") == ""  # the next "resolve" hangs, too


def test_it_cannot_be_started(programs):
    programs.add("resolve", "sys.exit(1)")
    with programs.daemon(RULES, ready=["check"]) as daemon:
        daemon.wait_log("identity: a worker could not be started")
        assert outcome(daemon, "name") == TELL
        assert daemon.last_login()["vm"] == "? no worker could be started"
        assert outcome(daemon, "uid") == ""


def test_deadline_while_it_hangs(programs):
    """A login whose deadline is shorter than that of the question."""
    programs.peer("hang()")
    programs.add("sasldb", CHECK)
    from daemon import Daemon
    with Daemon(programs.directory.parent / "run", env={"SASLWARD_LIBEXECDIR": str(programs.directory)},
                deadline=0.3 / SLOW) as daemon:
        first, *_ = daemon.workers(2)
        began = time.monotonic()
        assert ask(daemon.socket, "alice", "x") == b"NO"
        took = time.monotonic() - began
        assert took >= 0.29
        in_time(took, 0.35 + 0.15 * SLOW)
        assert daemon.last_reason() == "cannot tell who asks: no answer within the deadline"
        assert first in daemon.workers(2)


# How long it counts

ASKER = '''
import os, socket, sys
def ask(path, data):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(bytes.fromhex(data))
        reply = b""
        while more := connection.recv(1024):
            reply += more
    return reply[2:]
print("ready", flush=True)
for line in sys.stdin:
    verb, *arguments = line.split()
    if verb == "ask":
        print(ask(*arguments).decode(), flush=True)
    elif verb == "exec":
        os.execv(sys.executable, sys.argv[1:])
    elif verb == "setuid":
        os.seteuid(int(arguments[0]))
        print(flush=True)
    elif verb == "fork" and os.fork():
        os.wait()
        os._exit(0)
'''


class Asker:
    """A process that asks when it is told to."""

    def __init__(self, name=""):
        command = [sys.executable, "-uIS", "-c", ASKER]
        self.process = subprocess.Popen([*command, *command, name], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.pid = self.process.pid
        self.hear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(PATIENCE)

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)

    def ask(self, daemon, service):
        self.tell("ask", daemon.socket, request("alice", "x", service).hex())
        return self.hear()

    def hear(self):
        return self.process.stdout.readline().strip().encode()


def test_known_process_is_not_asked_about_again(programs):
    programs.peer('sighted(libvirt=named("vmA"))')
    with programs.daemon(RULES, ready=READY) as daemon, Asker() as first, Asker() as second:
        for count, asker in enumerate((first, second), 1):
            for _ in range(5):
                assert asker.ask(daemon, "name") == b"OK"
            assert programs.questions("peer")[count - 1:] == [f"peer {asker.pid} {os.getuid()}"]
        first.tell("exec")  # the same process
        assert first.hear() == b"ready"
        assert first.ask(daemon, "name") == b"OK"
        assert len(programs.questions("peer")) == 2
        first.tell("fork")  # another one
        assert first.ask(daemon, "name") == b"OK"
        assert len(programs.questions("peer")) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_another_uid(programs):
    """A process that gives up its rights may be believed for other things."""
    with programs.daemon(RULES, ready=READY) as daemon, Asker() as asker:
        assert asker.ask(daemon, "uid") == b"OK"
        asker.tell("setuid", 4711)
        asker.hear()
        assert asker.ask(daemon, "uid") == b"NO"
        assert programs.questions("peer") == [f"peer {asker.pid} 0", f"peer {asker.pid} 4711"]


@pytest.mark.parametrize("first, vm", [
    ('sighted("machine", "machine-x.scope")', "? no source knows the machine machine-x.scope"),
    ('sighted("machine", libvirt=named("vmA"), cmdline=named("vmB"))',
     "? the sources disagree: libvirt: vmA; cmdline: vmB;"),
    ('sighted("machine", libvirt=failed("busy"))', "? libvirt: busy"),
    ('sighted("unknown", text="busy")', "? busy"),
    ("sys.exit(0)", "? worker ended"),
], ids=range(5))
def test_what_was_not_known_is_asked_again(programs, first, vm):
    """A VM whose viewer is faster than libvirt's bookkeeping is not refused for the rest of its life."""
    programs.peer(first)
    with programs.daemon(RULES, ready=READY) as daemon, Asker() as asker:
        assert asker.ask(daemon, "name") == b"NO"
        assert daemon.last_login()["vm"] == vm
        programs.peer('sighted("machine", libvirt=named("vmA"))')
        assert asker.ask(daemon, "name") == b"OK"
        programs.peer("sys.exit(0)")
        assert asker.ask(daemon, "name") == b"OK"


def test_four_channels(programs):
    """Of one login at once: one question."""
    programs.peer('sighted("machine", libvirt=named("vmA"))')
    with programs.daemon(RULES, ready=READY) as daemon:
        channels = [Raw(daemon.socket) for _ in range(4)]
        for channel in channels:
            channel.send(request("alice", "x", "name"))
        assert [channel.reply() for channel in channels] == [b"OK"] * 4
        for channel in channels:
            channel.socket.close()
        assert len(programs.questions("peer")) == 1


# Processes that end

def asks_and_ends(path, data, reap=True):
    """A process that has sent its request and ended. Returns its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            connection = Raw(path)
            connection.send(data)
        finally:
            os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | (0 if reap else os.WNOWAIT))
    return pid


@pytest.mark.parametrize("reap", [True, False], ids=["gone", "zombie"])
def test_ended_before_it_is_looked_at(programs, directory, reap):
    """Also on the socket of a VM: somebody else may have sat there."""
    programs.peer('sighted("machine", libvirt=named("vmA"))')
    config = f"listen {directory}/run/mux\nlisten {directory}/run/vm vm=vmA\n{RULES}"
    with programs.daemon(config, ready=READY) as daemon:
        for name in ("mux", "vm"):
            os.kill(daemon.front(), signal.SIGSTOP)
            pid = asks_and_ends(daemon.directory / name, request("alice", "x", "name"), reap)
            os.kill(daemon.front(), signal.SIGCONT)
            count = 1 if name == "mux" else 2
            wait_for(lambda count=count: daemon.log().count("auth failure") == count, "the login to be refused")
            assert daemon.last_login()["vm"] == "? the process has ended"
            assert daemon.last_reason() == TELL
            if not reap:
                os.waitpid(pid, 0)
        assert programs.questions("peer") == []


def test_reused_pid(programs):
    """Another process under the same number is another."""
    with programs.daemon(RULES, ready=READY) as daemon:

        def first():
            programs.peer('sighted("machine", libvirt=named("vmA"))')
            asker = Asker()
            assert asker.ask(daemon, "name") == b"OK"
            return asker

        def second():
            programs.peer("sighted()")
            return Asker()

        ended, present = reused(first, second)
        with present:
            assert present.ask(daemon, "name") == b"NO"
            assert daemon.last_login()["vm"] == "none"
            assert programs.questions("peer")[-2:] == 2 * [f"peer {ended.pid} {os.getuid()}"]


YOUNG = "? the process is too young to be told from one before it"


@pytest.mark.skipif(bool(WRAP), reason="valgrind knows no pidfd_open(2)")
@pytest.mark.parametrize("says, vm", [
    ('sighted("machine", libvirt=named("vmA"), age=1900)', YOUNG),
    ('sighted("machine", libvirt=named("vmA"), age=0)', YOUNG),
    ("sighted(age=1900)", YOUNG),
    ('sighted("machine", libvirt=named("vmA"), age=60000)', "vmA by libvirt"),
    ('time.sleep(0.2); sighted("machine", libvirt=named("vmA"), age=2100)', YOUNG),  # 1.9 s when it connected
])
def test_kernel_without_peerpidfd(programs, says, vm):
    """A young process may have the number of the one that connected. Who has been told once is known by his pidfd."""
    programs.peer(says)
    with programs.daemon(RULES, ready=READY, preload=MODULES / "without_peerpidfd.so") as daemon, Asker() as asker:
        assert asker.ask(daemon, "name") == (b"OK" if vm != YOUNG else b"NO")
        assert daemon.last_login()["vm"] == vm
        assert asker.ask(daemon, "any") == (b"OK" if vm != YOUNG else b"NO")
        assert len(programs.questions("peer")) == (1 if vm != YOUNG else 2)
        assert asker.ask(daemon, "uid") == b"OK"


@pytest.mark.skipif(bool(WRAP), reason="valgrind knows no pidfd_open(2)")
@pytest.mark.parametrize("says, vm", [
    ("sighted(age=0)", "vmA by socket"),
    (f'sighted("machine", libvirt=named("vmA"), machined=named("", "{UUID}"), age=0)', "vmA by socket"),
    ('sighted("machine", libvirt=named("vmB"), age=0)', "? the sources disagree: libvirt: vmB; socket: vmA"),
    ('sighted("machine", libvirt=failed("closed"), age=0)', "? libvirt: closed"),
    ('sighted("unknown", text="the process has ended")', "? the process has ended"),
])
def test_socket_on_a_kernel_without_peerpidfd(programs, says, vm):
    """A VM's socket vouches for whoever reached it, however young; what is said of his number counts against him only."""
    programs.peer(says)
    listen = f"listen {programs.directory.parent / 'run/mux'} vm=vmA\n"
    with programs.daemon(RULES + listen, ready=READY, preload=MODULES / "without_peerpidfd.so") as daemon, Asker() as asker:
        known = vm == "vmA by socket"
        assert asker.ask(daemon, "name") == (b"OK" if known else b"NO")
        assert daemon.last_login()["vm"] == vm
        assert asker.ask(daemon, "uuid") == b"NO"
        assert daemon.last_login()["reason"] == TELL + (": nobody told its UUID" if known else "")
        assert asker.ask(daemon, "unit") == b"NO"
        assert daemon.last_login()["reason"] == "cannot tell peer="


def asks(path, data):
    """A process that asks, and ends with 0 if it is let in."""
    pid = os.fork()
    if pid == 0:
        try:
            with Raw(path) as connection:
                os._exit(0 if connection.send(data).reply() == b"OK" else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.skipif(bool(WRAP), reason="valgrind knows no pidfd_open(2)")
@pytest.mark.parametrize("condition, good", [
    ("socket=mail", True), ("peer=uid:root", True), ("socket=mail,other peer=uid:root", True), ("service=mail", True),
    ("from=127.0.0.0/8 peer=uid:root", True), ("vm=none", False), ("from=127.0.0.0/8 vm=none", False),
    ("vm=!vmA", False), ("peer=unit:*", False),
])
def test_process_for_each_login_on_a_kernel_without_peerpidfd(directory, condition, good):
    """As Exim: it never gets old enough, so that only what does not depend on the process's number can let it in."""
    programs = Programs(directory)
    programs.add("shadow", CHECK)
    mux = directory / "run/mux"
    config = f"backend check shadow workers=1\npermit {condition} with=check\nlisten {mux} name=mail\n"
    with programs.daemon(config.replace("uid:root", f"uid:{os.getuid()}"), ready=READY,
                         preload=MODULES / "without_peerpidfd.so") as daemon:
        for _ in range(2):
            assert asks(mux, request("alice", "x", "mail", "", "127.0.0.1;25")) == (0 if good else 1)
            if not good:
                assert daemon.last_login()["reason"] == f"cannot tell {'peer' if 'unit' in condition else 'vm'}="


def descriptors_of(daemon):
    return len(os.listdir(f"/proc/{daemon.front()}/fd"))


@pytest.mark.skipif(os.geteuid() != 0, reason="the front's descriptors are not ours to see")
@pytest.mark.parametrize("limit, count, kept", [(4096, 1100, 512), (128, 300, 16)])
def test_many_processes(programs, limit, count, kept):
    """One after the other: each is told from the others, and no more are remembered than there are descriptors for."""
    programs.peer('sighted("machine", libvirt=named("vmA"))')
    with programs.daemon(RULES, ready=READY, prefix=["prlimit", f"--nofile={limit}:{limit}"]) as daemon:
        before = descriptors_of(daemon)
        data = request("alice", "x", "name")
        for _ in range(count):
            assert asks(daemon.socket, data) == 0, daemon.log()[-1000:]
        assert len(programs.questions("peer")) == count
        wait_for(lambda: descriptors_of(daemon) <= before + kept, "the connections to be closed")
        assert descriptors_of(daemon) >= before + kept - 5
        assert "Too many open files" not in daemon.log()


def hold(path, ready):
    """A process that connects and waits. Returns its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            connection = Raw(path)
            os.write(ready, b".")
            connection.socket.recv(1)
            signal.pause()
        finally:
            os._exit(0)
    return pid


@pytest.mark.skipif(os.geteuid() != 0, reason="the front's descriptors are not ours to see")
def test_many_processes_at_once(programs):
    """Silent ones, each with a descriptor of the connection and one of the process: who asks is served all the same."""
    programs.peer('sighted("machine", libvirt=named("vmA"))')
    reader, writer = os.pipe()
    pids = []
    with programs.daemon(RULES, ready=READY, prefix=["prlimit", "--nofile=128:128"], read_deadline=60) as daemon:
        try:
            for _ in range(150):
                pids.append(hold(daemon.socket, writer))
                assert os.read(reader, 1) == b"."
            began = time.monotonic()
            for _ in range(10):
                assert outcome(daemon, "name") == ""
            in_time(time.monotonic() - began, 1 * SLOW)
            assert "Too many open files" not in daemon.log()
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            os.close(reader)
            os.close(writer)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a PID namespace")
def test_another_pid_namespace(programs, directory):
    """The kernel gives no number of ours for it: no VM's socket makes it one."""
    config = f"listen {directory}/run/mux\nlisten {directory}/run/vm vm=vmA\n{RULES}"
    with programs.daemon(config, ready=READY, prefix=["unshare", "--pid", "--fork"]) as daemon:
        assert outcome(daemon, "name") == TELL
        assert daemon.last_login()["vm"] == "? the process is in another pid namespace"
        assert outcome(daemon, "uid") == ""
        with Raw(daemon.directory / "vm") as connection:
            assert connection.send(request("alice", "x", "name")).reply() == b"NO"
        assert programs.questions("peer") == []
        inner, = pathlib.Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children").read_text().split()
        os.kill(int(inner), signal.SIGTERM)  # unshare passes nothing on
        daemon.process.wait(PATIENCE)


def test_stops_while_a_question_is_open(programs):
    """Of somebody who has left: nobody waits for the answer, and the end is an orderly one."""
    programs.peer("hang()")
    with programs.daemon(RULES, ready=READY) as daemon:
        with Raw(daemon.socket) as connection:
            assert connection.end().reply() == b"NO"
        programs.wait_question("peer", 1)
