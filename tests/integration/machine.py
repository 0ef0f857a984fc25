# SPDX-License-Identifier: BSD-2-Clause
"""A machine as one resolve worker sees it: /run, /etc and /var/lib in a mount namespace, cgroups below a cgroup of its own that a
cgroup namespace makes the root; and processes that stand for VMs in it."""
import dataclasses
import itertools
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from daemon import PATIENCE, wait_for
from host import MODULES, Worker

NOBODY = 65534
UUID = "407c43312f36484b960d38b2a6d88363"
VM_SCOPE = r"machine-qemu\x2d1\x2dvmA.scope"
START = '''
echo $$ > "$1/cgroup.procs" || exit 1
export LD_LIBRARY_PATH="$2"
shift 2
exec unshare --mount --cgroup --propagation private sh -c '
        mount --bind "$0/run" /run && mount --bind "$0/lib" /var/lib || exit 1
        for name in passwd group nsswitch.conf; do mount --bind "$0/etc/$name" "/etc/$name" || exit 1; done
        exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"' "$0" "$@"
'''
# A process that locks a file and writes its PID into it, as libvirt has its QEMUs do, and says so.
HOLDER = '''
import fcntl, os, sys
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX, 1)
file.write(sys.argv[2] or str(os.getpid()))
file.flush()
print("ready", flush=True)
sys.stdin.read()
'''
numbers = itertools.count()


def unified():
    """Where cgroup v2 is mounted, or None."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        if kind.startswith("cgroup2 ") and fields.split()[3] == "/":
            return pathlib.Path(fields.split()[4])
    return None


def why_not():
    """What is missing for a Machine, or an empty string."""
    if os.geteuid() != 0:
        return "needs root for namespaces"
    if not unified() or not os.access(unified() / "cgroup.procs", os.W_OK):
        return "needs a cgroup v2 that can be written"
    return ""


@dataclasses.dataclass
class Sighted:
    """The answer to "peer"."""
    place: str
    unit: str
    text: str
    age: int
    sources: dict  # name -> (state, name, uuid, text)

    @property
    def spoke(self):
        """What those said that were not silent, without the texts."""
        return {source: said[:3] for source, said in self.sources.items() if said[0] != "silent"}


class Process:
    """A process, and a pidfd of it."""

    def __init__(self, *command, uid=0, executable=None):
        self.popen = subprocess.Popen(command, executable=executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      user=uid, group=uid, extra_groups=[])
        self.pid, self.uid = self.popen.pid, uid
        self.pidfd = os.pidfd_open(self.pid)

    def end(self):
        if self.popen.returncode is None:
            self.popen.send_signal(signal.SIGKILL)
            self.popen.wait(PATIENCE)
            self.popen.stdin.close()
            self.popen.stdout.close()

    def close(self):
        self.end()
        os.close(self.pidfd)


class Resolve(Worker):
    """The worker under test."""

    def look(self, process, pid=None, uid=None):
        """What it sees of a process."""
        self.send("peer", "7", str(pid or process.pid), str(process.uid if uid is None else uid),
                  descriptors=[process.pidfd])
        return self.sighted()

    def sighted(self):
        verb, number, place, unit, text, age, *sources = [s.decode() for s in self.receive()]
        assert (verb, number, len(sources)) == ("sighted", "7", 15)
        said = {sources[i]: tuple(sources[i + 1:i + 5]) for i in range(0, 15, 5)}
        assert list(said) == ["libvirt", "machined", "cmdline"]
        return Sighted(place, unit, text, int(age), said)

    def member(self, login, group):
        """(word, text) of whether the login is in the group."""
        self.send("member", "7", login, group)
        verb, number, word, text = self.receive()
        assert (verb, number) == (b"membership", b"7")
        return word.decode(), text.decode()


class Machine:
    def __init__(self, directory):
        self.directory = directory
        self.libvirt = directory / "run/libvirt/qemu"
        self.machined = directory / "run/systemd/machines"
        self.etc = directory / "etc"
        self.sssd = directory / "lib/sss/pipes/nss"
        for path in (self.libvirt, self.machined, self.etc, self.sssd.parent):
            path.mkdir(parents=True)
        (self.etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\n")
        (self.etc / "passwd").write_text("root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
        (self.etc / "group").write_text("root:x:0:\n")
        self.cgroups = unified() / f"saslward-resolve-{os.getpid()}-{next(numbers)}"
        self.cgroups.mkdir()
        self.processes = []

    def close(self):
        for process in self.processes:
            process.close()
        if (self.cgroups / "cgroup.kill").exists():  # a worker that a failed test left behind
            (self.cgroups / "cgroup.kill").write_text("1")
        folders = [self.cgroups, *(p for p in self.cgroups.rglob("*") if p.is_dir())]
        for folder in sorted(folders, reverse=True):
            wait_for(lambda f=folder: not (f / "cgroup.procs").read_text(), "a cgroup to be left")
            folder.rmdir()

    @property
    def prefix(self):
        return ["sh", "-c", START, str(self.directory), str(self.cgroups), str(MODULES)]

    def resolve(self, sources="libvirt,machined,cmdline", *options):
        return Resolve(self, "resolve", f"sources={sources}", *options)

    def process(self, *command, cgroup=None, **options):
        """A process that waits to be ended; in a cgroup of the machine, else outside of it."""
        process = Process(*(command or ["cat"]), **options)
        self.processes.append(process)
        if cgroup is not None:
            self.move(process, cgroup)
        return process

    def move(self, process, cgroup):
        folder = self.cgroups / cgroup
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup.procs").write_text(str(process.pid))

    def xml(self, name):
        path = self.libvirt / f"{name}.xml"
        path.write_text("<domstatus/>")
        path.chmod(0o600)

    def vm(self, name, cgroup="system.slice/hand.service", says="", **options):
        """A process as libvirt starts it: with NAME.pid, locked, and NAME.xml."""
        path = self.libvirt / f"{name}.pid"
        process = self.process(sys.executable, "-c", HOLDER, str(path), str(says), cgroup=cgroup, **options)
        assert process.popen.stdout.readline() == b"ready\n"
        self.xml(name)
        return process

    def record(self, scope, name="qemu-1-vmA", **changes):
        """A record of machined's as systemd 252 writes it for libvirt; a change to None leaves a line out."""
        lines = {"NAME": name, "SCOPE": scope.replace("\\", "\\\\"), "SERVICE": "libvirt-qemu", "ID": UUID, "CLASS": "vm",
                 **changes}
        path = self.machined / name
        path.write_text("# This is private data. Do not parse.\n"
                        + "".join(f"{key}={value}\n" for key, value in lines.items() if value is not None))
        (self.machined / f"unit:{scope}").symlink_to(name)
        return path


@pytest.fixture(name="machine")
def make_machine(directory):
    machine = Machine(directory)
    yield machine
    machine.close()
