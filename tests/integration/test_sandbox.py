# SPDX-License-Identifier: BSD-2-Clause
"""What our processes may not do: each of these calls is made in the process itself, by tests/integration/foreign_call, and
fails there. With -s each test prints its rows of the table."""
import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from client import ask, is_ok
from conftest import by_name
from daemon import BUILD, CONFINED, PATIENCE, WRAP, Daemon, wait_for
from reloading import Reloaded

FOREIGN_CALL = BUILD / "tests/integration/foreign_call"
pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="only root may make others do something"),
              pytest.mark.skipif(bool(WRAP) or not CONFINED, reason="this build is not confined to its system calls")]

CONFIG = """
backend consoles sasldb path={database} workers=1
backend system   pam    services=saslward-sandbox workers=1
backend local    shadow workers=1
backend corp     ldap   ldap_servers=ldap://127.0.0.1:1 ldap_search_base=dc=example workers=1
permit service=imap with=consoles
permit service=pop  with=system
permit service=smtp with=local
permit service=ldap with=corp
permit service=sieve user=@nogroup with=corp
"""
READY = ("identity", "consoles", "system", "local", "corp")

FORBIDDEN = pathlib.Path(f"/tmp/saslward-sandbox-{os.getpid()}")

F_SETOWN_EX = 15
FRAME_MAX = 65537  # proto/frame.h
FIOASYNC, FIOSETOWN, SIOCSPGRP = 0x5452, 0x8901, 0x8902

# What is tried. SIBLING is another of our processes; all but root's belong to the same user.
SIBLING = object()
SIGNALS = {  # which the kernel sends for whoever owns the descriptor
    "have a sibling signalled": ("fcntl", 0, fcntl.F_SETOWN, SIBLING),
    "have it signalled, with high bits": ("fcntl", 0, 1 << 32 | fcntl.F_SETOWN, SIBLING),
    "have its thread signalled": ("fcntl", 0, F_SETOWN_EX, 0),
    "choose the signal": ("fcntl", 0, fcntl.F_SETSIG, signal.SIGKILL),
    "have it sent": ("fcntl", 0, fcntl.F_SETFL, os.O_ASYNC),
    "have a sibling signalled, by ioctl": ("ioctl", 0, FIOSETOWN, 0),
    "have a socket's owner signalled": ("ioctl", 0, SIOCSPGRP, 0),
    "have it sent, by ioctl": ("ioctl", 0, FIOASYNC, 0),
}
CALLS = {
    "read a file": ("openat", -100, "text:/etc/passwd", os.O_RDONLY),
    "write a file": ("openat", -100, f"text:{FORBIDDEN}", os.O_WRONLY | os.O_CREAT, 0o600),
    "remove a file": ("unlinkat", -100, f"text:{FORBIDDEN}", 0),
    "make a socket": ("socket", 2, 1, 0),
    "connect": ("connect", 0, "socket:/run/nowhere", 110),
    "listen": ("listen", 0, 1),
    "execute a program": ("execve", "text:/bin/true", 0, 0),
    "make a process": ("clone", 0x10000, 0, 0, 0, 0),  # a thread that is none: EINVAL where it may be asked for
    "trace a sibling": ("ptrace", 0x4206, SIBLING, 0, 0),  # PTRACE_SEIZE
    "read a sibling's memory": ("process_vm_readv", SIBLING, 0, 0, 0, 0),
    "signal a sibling": ("kill", SIBLING, 0),
    "signal a sibling's thread": ("tgkill", SIBLING, SIBLING, 0),
    "become root": ("setuid", 0),
    "execute what was written": ("mmap", 0, 4096, 7, 0x22, 2 ** 64 - 1, 0),
    "change the root directory": ("chroot", "text:/"),
    "mount": ("mount", 0, 0, 0, 0, 0),
    "have a user namespace": ("unshare", 0x10000000),
    "name the machine": ("sethostname", "text:x", 2 ** 64 - 1),
    "load a module": ("init_module", 0, 0, 0),
    "load a BPF program": ("bpf", 5, 0, 0),
    "use io_uring": ("io_uring_setup", 1, 0),
    "have a file of memory": ("memfd_create", "text:x", 0),
    **SIGNALS,
}
MACHINE = {*SIGNALS, "trace a sibling", "read a sibling's memory", "mount", "have a user namespace", "name the machine",
           "load a module", "load a BPF program", "use io_uring"}
LOOKING_UP = set(CALLS) - {"read a file", "make a socket", "connect", "execute what was written"}

# process: what it is refused. The front is ended instead, but for what libraries try by habit.
REFUSED = {
    "supervisor": MACHINE,
    "sasldb": set(CALLS) - {"read a file"},
    "resolve": LOOKING_UP,
    "shadow": LOOKING_UP,
    "ldap": LOOKING_UP,
    "pam": MACHINE | {"signal a sibling", "signal a sibling's thread", "change the root directory"},
}


def run_call(pid, *words):
    """What the call came to in that process: a number, the name of an error, or SIGSYS."""
    done = subprocess.run([FOREIGN_CALL, str(pid), *map(str, words)], capture_output=True, text=True, timeout=PATIENCE,
                          check=False)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout.strip()


def call_in(pid, call, sibling):
    return run_call(pid, *(sibling if word is SIBLING else word for word in CALLS[call]))


def has_landlock():
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0  # landlock_create_ruleset(): the version


def status(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}


def maps(pid):
    return pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")


@pytest.fixture(name="confined", scope="module")
def make_confined(place, pristine):
    """A daemon with a worker of each kind."""
    database = shutil.copy(pristine, place / "sasldb2")
    with Daemon(place / "run", config=CONFIG.format(database=database), ready=READY) as daemon:
        yield daemon


def pid_of(daemon, name):
    if name == "supervisor":
        return daemon.pid
    return daemon.front() if name == "front" else daemon.children(name)[0]


@pytest.mark.parametrize("call", CALLS)
def test_the_call_is_possible_elsewhere(call):
    """Else its failure in our processes would show nothing."""
    with subprocess.Popen(["sleep", "60"]) as process, subprocess.Popen(["sleep", "60"]) as sibling:
        try:
            for each in (process, sibling):
                wait_for(lambda pid=each.pid: "sleep" in status(pid)["State"] and "/libc.so" in maps(pid), "it to sleep")
            assert call_in(process.pid, call, sibling.pid) not in ("EPERM", "SIGSYS")
        finally:
            process.kill()
            sibling.kill()


@pytest.mark.parametrize("name", REFUSED)
def test_refused(confined, name):
    pid = pid_of(confined, name)
    sibling = pid_of(confined, "resolve" if name in ("supervisor", "sasldb") else "sasldb")
    outcomes = {call: call_in(pid, call, sibling) for call in CALLS if call in REFUSED[name]}
    for call, outcome in outcomes.items():
        print(f"{name:<11} {call:<26} {outcome}")
    assert set(outcomes.values()) == {"EPERM"}
    assert pid_of(confined, name) == pid
    assert not FORBIDDEN.exists()
    assert is_ok(ask(confined.socket, "alice", "secretA", "imap", "vmA"))


def test_files_of_a_worker(confined, place):
    """resolve and ldap read what others may read; the sasldb worker nothing but what lies beside its database (Landlock)."""
    for name in ("resolve", "ldap"):
        assert int(call_in(pid_of(confined, name), "read a file", 0)) > 2
        assert run_call(pid_of(confined, name), "openat", -100, "text:/etc/shadow", os.O_RDONLY) == "EACCES"
    assert int(run_call(pid_of(confined, "shadow"), "openat", -100, "text:/etc/shadow", os.O_RDONLY)) > 2
    worker = pid_of(confined, "sasldb")
    opened = run_call(worker, "openat", -100, f"text:{place}/sasldb2", os.O_RDONLY)
    assert int(opened) > 2
    if has_landlock():
        assert call_in(worker, "read a file", 0) == "EACCES"


def test_the_front_may_signal_itself(daemon):
    """As abort() does; and so may the next one, which has another number."""
    for _ in range(2):
        front = daemon.front()
        assert run_call(front, "tgkill", front, front, 0) == "0"
        os.kill(front, signal.SIGKILL)
        wait_for(lambda pid=front: pid not in daemon.children("saslward-front") and daemon.children("saslward-front"),
                 "another front")


@pytest.mark.parametrize("call", CALLS)
def test_the_front_is_ended(daemon, call):
    """With a line that says why; the next one serves."""
    front, sibling = daemon.front(), daemon.workers(2)[0]
    outcome = call_in(front, call, sibling)
    print(f"{'front':<11} {call:<26} {outcome}")
    if CALLS[call][0] in ("openat", "socket", "ioctl"):
        assert outcome == "EPERM"
    else:
        assert outcome == "SIGSYS"
        daemon.wait_log(rf"front \(pid {front}\) was ended since it asked for the system call {CALLS[call][0]} \(\d+\)")
    assert is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA"))
    assert not FORBIDDEN.exists()


def test_a_database_without_a_directory(directory):
    """What cannot be limited to it is told; with the directory, the next worker is."""
    with Daemon(directory / "run", directory / "none/sasldb2", workers=1, ready=()) as daemon:
        daemon.wait_log(f"there is no directory of {directory}/none/sasldb2: this worker can read other files")


def bits(*numbers):
    return sum(1 << number for number in numbers)


CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, KILL, SETGID, SETUID, SYS_CHROOT, AUDIT_WRITE = 0, 1, 2, 3, 5, 6, 7, 18, 29
MODULES = bits(CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, SETGID, SETUID, AUDIT_WRITE)


@pytest.mark.parametrize("name, root, capabilities, filters", by_name([
    ("the supervisor", "supervisor", True, MODULES | bits(KILL, SYS_CHROOT), 1),
    ("the front", "front", False, 0, 2),
    ("resolve", "resolve", False, 0, 2),
    ("sasldb", "sasldb", False, bits(DAC_READ_SEARCH), 2),
    ("shadow", "shadow", False, bits(DAC_READ_SEARCH), 2),
    ("ldap", "ldap", False, 0, 2),
    ("pam", "pam", True, MODULES, 1),
]))
def test_rights(confined, name, root, capabilities, filters):
    pid = pid_of(confined, name)
    fields = status(pid)
    assert {uid == "0" for uid in fields["Uid"].split()} == {root}
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16)
    assert int(fields["CapEff"], 16) & ~capabilities == 0
    assert fields["NoNewPrivs"] == "1"
    assert (fields["Seccomp"], int(fields.get("Seccomp_filters", filters))) == ("2", filters)
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="utf-8")
    assert re.search(r"Max core file size +0 +0 ", limits)
    assert name != "front" or re.search(r"Max processes +0 +0 ", limits)
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0  # not dumpable: else it would be the process's user's


def writable(pid):
    """The flags of each of its mappings that it may write to and shares with nobody."""
    text = pathlib.Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8")
    return re.findall(r"^[0-9a-f]+-[0-9a-f]+ rw-p (?:.*\n)*?VmFlags: (.*)$", text, re.M)


@pytest.mark.parametrize("name", ["sasldb", "shadow", "ldap", "pam", "resolve"])
def test_memory_of_workers_is_locked(confined, name):
    """Whatever passwords pass through is never swapped out, what comes later, too; where the machine limits that, what they
    arrive in."""
    pid = pid_of(confined, name)
    locked = int(status(pid)["VmLck"].split()[0])
    assert locked >= FRAME_MAX / 1024
    if not re.search(r"Max locked memory +unlimited", pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="utf-8")):
        return
    assert all("lo" in flags.split() for flags in writable(pid))
    run_call(pid, "mmap", 0, 4096, 3, 0x22, 2 ** 64 - 1, 0)
    assert int(status(pid)["VmLck"].split()[0]) == locked + 4
    assert all("lo" in flags.split() for flags in writable(pid))


PAM = "backend system pam services=saslward-sandbox workers=1{}\npermit service=imap with=system\n"


def test_modules_that_need_more(directory):
    """site-modules=yes: all the rights of root, as saslauthd gives them; not what nobody gets."""
    with Daemon(directory / "run", config=PAM.format(" site-modules=yes"), ready=["system"]) as daemon:
        worker, = daemon.workers(1)
        fields = status(worker)
        everything = int(status("self")["CapBnd"], 16)
        assert int(fields["CapEff"], 16) == everything
        assert fields["NoNewPrivs"] == "0"
        assert call_in(worker, "signal a sibling", daemon.front()) == "0"
        assert call_in(worker, "trace a sibling", daemon.front()) == "EPERM"


def test_more_rights_take_a_new_start(directory):
    """A supervisor that has given up rights does not get them again by a reload, and says so."""
    with Reloaded(directory, PAM.format(""), ready=["system"]) as daemon:
        daemon.reload(PAM.format(" site-modules=yes"))
        daemon.wait_one_generation()
        daemon.wait_log("site-modules=yes: PAM modules get no more rights")
        worker, = daemon.workers(1)
        assert status(worker)["NoNewPrivs"] == "1"
        assert int(status(worker)["CapEff"], 16) & ~(MODULES | bits(KILL, SYS_CHROOT)) == 0
