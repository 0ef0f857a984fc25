# SPDX-License-Identifier: BSD-2-Clause
"""The worker "resolve" by itself, unprivileged: real processes, pidfds, cgroups and locks, on a machine of its own."""
import contextlib
import ctypes
import fcntl
import functools
import os
import pathlib
import select
import signal
import socket
import struct
import sys

import pytest
from client import counted
from conftest import by_name
from daemon import PATIENCE, wait_for
from machine import make_machine, NOBODY, UUID, VM_SCOPE, why_not  # noqa: F401 - a fixture
from pids import reused

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

IN_VM = f"machine.slice/{VM_SCOPE}"
NOTHING = {}
LIBC = ctypes.CDLL(None, use_errno=True)


# (cgroup, place, unit)
PLACES = [
    ("a service", "system.slice/cron.service", "ordinary", "cron.service"),
    ("an instance", "system.slice/system-postfix.slice/postfix@-.service", "ordinary", "postfix@-.service"),
    ("a session", "user.slice/user-1000.slice/session-3.scope", "ordinary", "session-3.scope"),
    ("a machine", IN_VM, "machine", VM_SCOPE),
    ("below a machine", f"{IN_VM}/libvirt/emulator", "machine", VM_SCOPE),
    ("no systemd", "machine/qemu-1-vmA.libvirt-qemu/emulator", "machine", ""),
    ("a user's manager", "user.slice/user-1000.slice/user@1000.service/app.slice/x.service", "user", "user@1000.service"),
    ("a user's machine", f"user.slice/user-1000.slice/user@1000.service/{IN_VM}", "user", "user@1000.service"),
    ("the root", ".", "ordinary", ""),
]


@pytest.mark.parametrize("cgroup, place, unit", by_name(PLACES))
def test_places(machine, cgroup, place, unit):
    with machine.resolve() as worker:
        seen = worker.look(machine.process(cgroup=cgroup, uid=4711))
        assert (seen.place, seen.unit, seen.text, seen.spoke) == (place, unit, "", NOTHING)


def test_outside(machine):
    """Who is not below our cgroup namespace's root could be anything."""
    with machine.resolve() as worker:
        seen = worker.look(machine.process())
        assert (seen.place, seen.unit) == ("unknown", "")
        assert "outside of our own cgroup namespace" in seen.text


def test_age(machine):
    """Since its start, not since the question."""
    process = machine.process(cgroup="a.service")
    with machine.resolve() as worker:
        first = worker.look(process).age
        assert first < 60000
        wait_for(lambda: worker.look(process).age >= first + 50, "it to grow older")


# libvirt

NAMES = ["vmA", "web_1", "web1", "5-vmA", "vmé", "n" * 80, "n" * 251, "___", ".dot", "a,b", "-dash", "x.pid", " sp ace ", "driver2"]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_libvirt_names(machine, name):
    """The very bytes, whatever a machine's name would have become of them."""
    for other in ("web_1", "web1"):
        if other != name:
            machine.vm(other)
    process = machine.vm(name, uid=0)
    with machine.resolve() as worker:
        seen = worker.look(process)
        assert (seen.place, seen.spoke) == ("ordinary", {"libvirt": ("named", name, "")})


def test_libvirt_is_asked_only_if_switched_on(machine):
    process = machine.vm("vmA")
    for sources in ("machined,cmdline", ""):
        with machine.resolve(sources) as worker:
            assert worker.look(process).spoke == NOTHING


def test_libvirt_not_installed(machine):
    machine.libvirt.rmdir()
    with machine.resolve() as worker:
        assert worker.look(machine.process(cgroup="a.service")).sources["libvirt"] == ("silent", "", "", "")


def test_libvirt_stale(machine):
    """libvirtd was killed, and its QEMU then; another process gets the PID. Nobody holds the lock."""
    process = machine.process(cgroup="a.service")
    (machine.libvirt / "vmA.pid").write_text(str(process.pid))
    machine.xml("vmA")
    with machine.resolve() as worker:
        assert worker.look(process).spoke == NOTHING


def test_libvirt_foreign_lock(machine):
    """Another process holds the lock."""
    process = machine.process(cgroup="a.service")
    holder = machine.vm("vmA", says=process.pid)
    with machine.resolve() as worker:
        state, *_, text = worker.look(process).sources["libvirt"]
        assert state == "failed"
        assert text == f"/run/libvirt/qemu/vmA.pid: says PID {process.pid}, and is locked by PID {holder.pid}"
        assert worker.look(holder).spoke == NOTHING


def test_libvirt_lock_to_read(machine):
    """Everybody may lock a file that he may read: a process that waited for a stale file's PID is no VM."""
    path = machine.libvirt / "vmA.pid"
    path.write_text("")
    machine.xml("vmA")
    script = 'import fcntl, sys; f = open(sys.argv[1]); fcntl.lockf(f, fcntl.LOCK_SH); print("ready", flush=True); sys.stdin.read()'
    process = machine.process(sys.executable, "-c", script, str(path), cgroup="a.service", uid=4711)
    assert process.popen.stdout.readline() == b"ready\n"
    path.write_text(str(process.pid))
    with machine.resolve() as worker:
        assert worker.look(process).spoke == NOTHING


def test_libvirt_open_file_description_lock(machine):
    """That names no PID."""
    process = machine.process(cgroup="a.service")
    path = machine.libvirt / "vmA.pid"
    path.write_text(str(process.pid))
    machine.xml("vmA")
    with open(path, "r+b") as file, machine.resolve() as worker:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        assert "is locked by PID -1" in worker.look(process).sources["libvirt"][3]


def test_libvirt_driver(machine):
    """libvirtd's own pid file, even with a document beside it."""
    process = machine.vm("driver")
    with machine.resolve() as worker:
        assert worker.look(process).spoke == NOTHING


def test_libvirt_without_document(machine):
    """As vhost-user-gpu's pid files lie in the same directory."""
    process = machine.vm("vmA")
    (machine.libvirt / "vmA.xml").unlink()
    with machine.resolve() as worker:
        assert worker.look(process).spoke == NOTHING
        (machine.libvirt / "vmA.xml").symlink_to("/etc/passwd")
        assert worker.look(process).spoke == NOTHING


def test_libvirt_restart(machine):
    """The name stays with the VM, not with the PID."""
    with machine.resolve() as worker:
        before = machine.vm("vmA")
        assert worker.look(before).spoke == {"libvirt": ("named", "vmA", "")}
        before.end()
        after = machine.vm("vmA")
        assert worker.look(before).place == "unknown"
        assert worker.look(after).spoke == {"libvirt": ("named", "vmA", "")}


def test_libvirt_helper(machine):
    """A process beside QEMU in the VM's cgroup (qemu-vnc) is the VM, too; one in another's is not."""
    machine.vm("vmA", cgroup=f"{IN_VM}/libvirt/emulator")
    machine.vm("vmB", cgroup="machine.slice/machine-b.scope")
    machine.vm("vmC", cgroup="system.slice/qemu.service")
    expected = {
        f"{IN_VM}/libvirt": {"libvirt": ("named", "vmA", "")},
        "machine.slice/machine-b.scope/x": {"libvirt": ("named", "vmB", "")},
        "machine.slice/machine-c.scope": NOTHING,
        "machine.slice": NOTHING,
        "system.slice/qemu.service": NOTHING,
    }
    with machine.resolve() as worker:
        for cgroup, spoke in expected.items():
            assert worker.look(machine.process(cgroup=cgroup)).spoke == spoke


def test_libvirt_helper_of_a_dead_vm(machine):
    machine.vm("vmA", cgroup=IN_VM).end()
    with machine.resolve() as worker:
        assert worker.look(machine.process(cgroup=IN_VM)).spoke == NOTHING


def test_libvirt_two_in_one_cgroup(machine):
    """Then nobody can say which a helper belongs to."""
    first = machine.vm("vmA", cgroup=IN_VM)
    machine.vm("vmB", cgroup=IN_VM)
    with machine.resolve() as worker:
        assert worker.look(first).spoke == {"libvirt": ("named", "vmA", "")}
        assert worker.look(machine.process(cgroup=IN_VM)).sources["libvirt"][0] == "failed"


# (what to do with the directory's parts, the text)
TROUBLE = [
    ("directory closed", lambda d, p: d.chmod(0o700), "/run/libvirt/qemu: Permission denied"),
    ("directory for everybody", lambda d, p: d.chmod(0o777), "/run/libvirt/qemu: others than root may change it"),
    ("directory of somebody", lambda d, p: os.chown(d, 64055, 64055), "/run/libvirt/qemu: others than root may change it"),
    ("file closed", lambda d, p: p.chmod(0o600), "/run/libvirt/qemu/vmA.pid: Permission denied"),
    ("file for everybody", lambda d, p: p.chmod(0o666), "/run/libvirt/qemu/vmA.pid: others than root may change it"),
    ("file of somebody", lambda d, p: os.chown(p, 64055, 64055), "/run/libvirt/qemu/vmA.pid: others than root may change it"),
    ("no PID in it", lambda d, p: p.write_text("qemu"), "/run/libvirt/qemu/vmA.pid: no PID in it"),
    ("too long", lambda d, p: p.write_text("1" * 100), "/run/libvirt/qemu/vmA.pid: File too large"),
    ("no UTF-8", lambda d, p: (p.rename(d / "vm\udce9.pid"), (d / "vmA.xml").rename(d / "vm\udce9.xml")),
     "/run/libvirt/qemu: a name that is not UTF-8"),
    ("a control byte", lambda d, p: (p.rename(d / "vm\n.pid"), (d / "vmA.xml").rename(d / "vm\n.xml")),
     "/run/libvirt/qemu: a name with a control byte"),
]


@pytest.mark.parametrize("spoil, text", by_name(TROUBLE))
def test_libvirt_trouble(machine, spoil, text):
    """What exists and cannot be read is not "no VM", and hides nobody else's word."""
    process = machine.vm("vmA", cgroup=IN_VM)
    machine.record(VM_SCOPE)
    spoil(machine.libvirt, machine.libvirt / "vmA.pid")
    with machine.resolve() as worker:
        seen = worker.look(process)
        assert seen.sources["libvirt"] == ("failed", "", "", text)
        assert seen.spoke["machined"] == ("named", "", UUID)


def test_libvirt_trouble_elsewhere(machine):
    """A file that nobody understands, or that is just being made, is in no other VM's way."""
    process = machine.vm("vmA")
    ordinary = machine.process(cgroup="a.service")
    (machine.libvirt / "vmB.pid").write_text("")
    with machine.resolve() as worker:
        assert worker.look(process).spoke == {"libvirt": ("named", "vmA", "")}
        assert worker.look(ordinary).spoke == NOTHING
        (machine.libvirt / "vmC.pid").write_text("rubbish")
        assert worker.look(process).spoke == {"libvirt": ("named", "vmA", "")}
        assert worker.look(ordinary).sources["libvirt"][0] == "failed"


# machined

# (changes to the record, what machined says)
RECORDS = [
    ("libvirt's", {}, ("named", "", UUID)),
    ("with an exact name", {"SERVICE": "systemd-vmspawn", "name": "vmA"}, ("named", "vmA", UUID)),
    ("an exact name alone", {"SERVICE": None, "name": "vmA", "ID": None}, ("named", "vmA", "")),
    ("a name like libvirt's", {"SERVICE": "mine"}, ("named", "", UUID)),
    ("libvirt's without UUID", {"ID": None}, None),
    ("another unit's", {"SCOPE": "machine-other.scope"}, ("failed", "", "")),
    ("class host", {"CLASS": "host"}, ("failed", "", "")),
    ("UUID cut", {"ID": UUID[:-1]}, ("failed", "", "")),
    ("no name", {"NAME": None}, ("failed", "", "")),
]


@pytest.mark.parametrize("changes, said", by_name(RECORDS))
def test_machined(machine, changes, said):
    machine.record(VM_SCOPE, **changes)
    with machine.resolve() as worker:
        seen = worker.look(machine.process(cgroup=f"{IN_VM}/libvirt"))
        assert seen.place == "machine"
        assert seen.spoke == ({"machined": said} if said else NOTHING)
        assert seen.sources["machined"][3].startswith(f"/run/systemd/machines/unit:{VM_SCOPE}: ") == bool(said and said[0] == "failed")


def test_machined_container(machine):
    machine.record("systemd-nspawn@c.service", name="c", CLASS="container", SERVICE="systemd-nspawn")
    with machine.resolve() as worker:
        process = machine.process(cgroup="machine.slice/systemd-nspawn@c.service/payload/x.service")
        seen = worker.look(process)
        assert (seen.place, seen.unit, seen.spoke) == ("container", "systemd-nspawn@c.service", NOTHING)
    with machine.resolve("libvirt") as worker:
        assert worker.look(process).place == "machine"


def test_machined_knows_only_machines(machine):
    """A unit of that name elsewhere, and one of a user's, is another."""
    machine.record(VM_SCOPE)
    with machine.resolve() as worker:
        for cgroup in (f"system.slice/{VM_SCOPE}", f"user.slice/user-1.slice/user@1.service/{IN_VM}"):
            assert worker.look(machine.process(cgroup=cgroup)).spoke == NOTHING


def test_machined_collapsed_names(machine):
    """Of web_1 and web1 machined knows the UUIDs, libvirt the names."""
    other = "1" * 32
    first = machine.vm("web_1", cgroup=r"machine.slice/machine-qemu\x2d1\x2dweb1.scope")
    second = machine.vm("web1", cgroup=r"machine.slice/machine-qemu\x2d2\x2dweb1.scope")
    machine.record(r"machine-qemu\x2d1\x2dweb1.scope", name="qemu-1-web1")
    machine.record(r"machine-qemu\x2d2\x2dweb1.scope", name="qemu-2-web1", ID=other)
    with machine.resolve() as worker:
        assert worker.look(first).spoke == {"libvirt": ("named", "web_1", ""), "machined": ("named", "", UUID)}
        assert worker.look(second).spoke == {"libvirt": ("named", "web1", ""), "machined": ("named", "", other)}


RECORD_TROUBLE = [
    ("directory closed", lambda d, r: d.chmod(0o700), "failed"),
    ("directory for everybody", lambda d, r: d.chmod(0o777), "failed"),
    ("record closed", lambda d, r: r.chmod(0o600), "failed"),
    ("record for everybody", lambda d, r: r.chmod(0o646), "failed"),
    ("record of somebody", lambda d, r: os.chown(r, 64055, 64055), "failed"),
    ("record is a FIFO", lambda d, r: (r.unlink(), os.mkfifo(r)), "failed: not a regular file"),
    ("record cut", lambda d, r: r.write_text(r.read_text()[:-1]), "failed"),
    ("record empty", lambda d, r: r.write_text(""), "failed"),
    ("record gone", lambda d, r: r.unlink(), "silent"),
    ("link gone", lambda d, r: (d / f"unit:{VM_SCOPE}").unlink(), "silent"),
    ("not installed", lambda d, r: d.rename(d.parent / "gone"), "silent"),
]


@pytest.mark.parametrize("spoil, state", by_name(RECORD_TROUBLE))
def test_machined_trouble(machine, spoil, state):
    process = machine.vm("vmA", cgroup=IN_VM)
    spoil(machine.machined, machine.record(VM_SCOPE))
    with machine.resolve() as worker:
        seen = worker.look(process)
        assert seen.place == "machine"
        assert seen.spoke["libvirt"] == ("named", "vmA", "")
        state, _, complaint = state.partition(": ")
        assert seen.sources["machined"][0] == state
        assert seen.sources["machined"][3].startswith("/run/systemd/machines") == (state == "failed")
        assert seen.sources["machined"][3].endswith(complaint)


# QEMU's command line

def qemu(machine, *arguments, uid=4711, program="qemu-system-x86_64"):
    """A shell under QEMU's name: with -c, its script counts as that option's argument."""
    process = machine.process(program, "-c", "echo; read line", *arguments, executable="/bin/sh", cgroup="a.service", uid=uid)
    process.popen.stdout.readline()  # vfork() returns before the kernel has laid out the arguments
    return process


def test_cmdline(machine):
    uuid = f"{UUID[:8]}-{UUID[8:12]}-{UUID[12:16]}-{UUID[16:20]}-{UUID[20:]}"
    with machine.resolve("cmdline", "cmdline-uids=1,4711") as worker:
        def said(*arguments, **options):
            return worker.look(qemu(machine, *arguments, **options)).sources["cmdline"]
        assert said("-name", "vmA") == ("named", "vmA", "", "")
        assert said("-name", "guest=a,,b,debug-threads=on", "-uuid", uuid) == ("named", "a,b", UUID, "")
        assert said("-name", "vmA", uid=4712) == ("silent", "", "", "")
        assert said("-name", "vmA", program="sh") == ("silent", "", "", "")
        for arguments, text in ((["-name", "vmA", "-name", "vmB"], "two names"), (["-S"], "a QEMU with neither -name nor -uuid"),
                                (["-name", b"vm\xe9"], "a name that is not UTF-8"),
                                (["-name", "n" * 256], "a name of more than 255 bytes"), (["-uuid", UUID], "a UUID that is none")):
            state, name, number, complaint = said(*arguments)
            assert (state, name, number) == ("failed", "", "")
            assert complaint.startswith("/proc/") and complaint.endswith(f"/cmdline: {text}")
        assert said(program="")[3].endswith("/cmdline: no program in it")
        assert said(*["-append", "x" * 100000] * 3, "-name", "vmA")[3].endswith("File too large")


@pytest.mark.parametrize("options", [["libvirt,machined,cmdline"], ["libvirt,machined", "cmdline-uids=4711"],
                                     ["cmdline", "cmdline-uids=4710,47"]])
def test_cmdline_is_opt_in(machine, options):
    with machine.resolve(*options) as worker:
        assert worker.look(qemu(machine, "-name", "vmA")).spoke == NOTHING


def test_cmdline_real_qemu(machine):
    """What a real QEMU makes of its own command line stays what it was."""
    program = pathlib.Path("/usr/bin/qemu-system-x86_64")
    if not program.exists():
        pytest.skip("needs qemu-system-x86_64")
    process = machine.process(str(program), "-S", "-nodefaults", "-display", "none", "-machine", "none", "-monitor", "stdio",
                              "-name", "guest=vm,,é,process=other,debug-threads=on", cgroup="a.service", uid=4711)
    process.popen.stdout.readline()  # its greeting
    with machine.resolve("cmdline", "cmdline-uids=4711") as worker:
        assert worker.look(process).spoke == {"cmdline": ("named", "vm,é", "")}


# Processes that end, and their PIDs

def test_ended(machine):
    process = machine.vm("vmA", cgroup=IN_VM)
    machine.record(VM_SCOPE)
    process.end()
    with machine.resolve() as worker:
        seen = worker.look(process)
        assert (seen.place, seen.text, seen.spoke) == ("unknown", "the process has ended", NOTHING)


def test_zombie(machine):
    """Its PID is not free yet, and says much still."""
    process = machine.vm("vmA", cgroup=IN_VM)
    process.popen.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with machine.resolve() as worker:
        seen = worker.look(process)
        assert (seen.place, seen.text, seen.spoke) == ("unknown", "the process has ended", NOTHING)


def test_leaving(machine):
    """Its first thread has left, and with it the v1 cgroups; its pidfd does not say so while another thread lives."""
    script = 'import ctypes, sys, threading, time; threading.Thread(target=sys.stdin.read).start(); ' \
             'print("ready", flush=True); ctypes.CDLL(None).pthread_exit(None)'
    process = machine.process(sys.executable, "-c", script, cgroup=IN_VM)
    wait_for(lambda: ") Z " in pathlib.Path(f"/proc/{process.pid}/stat").read_text(), "the first thread to leave")
    with machine.resolve() as worker:
        assert worker.look(process).text == "the process has ended"


def test_reused_pid(machine):
    """The asker has ended, and a VM of the same PID is not he; and the other way round."""
    ordinary, vm = functools.partial(machine.process, cgroup="a.service"), functools.partial(machine.vm, "vmA", cgroup=IN_VM)
    ended, present = reused(ordinary, vm)
    with machine.resolve() as worker:
        seen = worker.look(ended)
        assert (seen.place, seen.text, seen.spoke) == ("unknown", "the process has ended", NOTHING)
        assert worker.look(present).spoke == {"libvirt": ("named", "vmA", "")}
        present.end()

        def seen_vm():
            process = vm()
            assert worker.look(process).spoke == {"libvirt": ("named", "vmA", "")}
            return process

        ended, present = reused(seen_vm, ordinary)
        assert worker.look(ended).place == "unknown"
        seen = worker.look(present)  # vmA.pid is still there, and names its PID
        assert (seen.place, seen.spoke) == ("ordinary", NOTHING)


def test_another_process_than_asked_about(machine):
    vm, other = machine.vm("vmA", cgroup=IN_VM), machine.process(cgroup="a.service")
    with machine.resolve() as worker:
        seen = worker.look(other, pid=vm.pid)
        assert (seen.place, seen.spoke) == ("unknown", NOTHING)
        assert seen.text == f"its pidfd is of PID {other.pid}, not {vm.pid}"


def test_no_pidfd(machine):
    """Another descriptor never becomes readable because a process ends."""
    process = machine.process(cgroup="a.service")
    with machine.resolve() as worker, open("/dev/null", "rb") as null:
        fake = type("Fake", (), {"pid": process.pid, "uid": 0, "pidfd": null.fileno()})
        seen = worker.look(fake)
        assert (seen.place, seen.text) == ("unknown", "its pidfd: Bad file descriptor")
        assert worker.look(process).place == "ordinary"


def test_ends_while_looked_at(machine):
    """The worker is caught on its way through libvirt's directory, and the asker ends there."""
    for number in range(3000):
        (machine.libvirt / f"other{number}.pid").write_text("1")
    watch = LIBC.inotify_init1(os.O_CLOEXEC)
    assert LIBC.inotify_add_watch(watch, os.fsencode(machine.libvirt / "other1500.pid"), 0x20) >= 0  # IN_OPEN
    with machine.resolve() as worker:
        for _ in range(50):
            process = machine.process(cgroup="a.service")
            worker.send("peer", "7", str(process.pid), "0", descriptors=[process.pidfd])
            os.read(watch, 4096)
            worker.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, worker.process.pid, os.WSTOPPED)
            caught = not is_readable(worker.socket)
            process.end()
            worker.process.send_signal(signal.SIGCONT)
            seen = worker.sighted()
            if caught:
                break
        os.close(watch)
        assert caught
        assert (seen.place, seen.text, seen.spoke) == ("unknown", "the process has ended", NOTHING)


def is_readable(connection):
    return bool(select.select([connection], [], [], 0)[0])


# The protocol

def test_refused_frames(machine):
    """A descriptor too few or too many, a frame out of place: it leaves, as any worker."""
    process = machine.process(cgroup="a.service")
    peer = ("peer", "7", str(process.pid), "0")
    for strings, descriptors in ((peer, 0), (peer, 2), (peer, 3), (("member", "7", "a", "b"), 1), (("peer", "7", "0", "0"), 1),
                                 (("peer", "7", "1"), 1), (("check", "7", "a", "b", "c", "d", "e"), 0), (("member", "7", "a"), 0)):
        with machine.resolve() as worker:
            with contextlib.suppress(BrokenPipeError):  # it may leave before the frame's end
                worker.send(*strings, descriptors=[process.pidfd] * descriptors)
            assert worker.has_ended(), (strings, descriptors)


def test_frames_in_pieces(machine):
    """The descriptor comes with one of them, and no second one."""
    process = machine.process(cgroup="a.service")
    frame = counted(counted("peer", "7", str(process.pid), "0"))
    with machine.resolve() as worker:
        for _ in range(3):
            socket.send_fds(worker.socket, [frame[:1]], [process.pidfd])
            for i in range(1, len(frame)):
                worker.socket.sendall(frame[i:i + 1])
            assert worker.sighted().place == "ordinary"
        socket.send_fds(worker.socket, [frame[:1]], [process.pidfd])
        socket.send_fds(worker.socket, [frame[1:]], [process.pidfd])
        assert worker.has_ended()


def test_descriptors_are_closed(machine):
    process = machine.process(cgroup="a.service")
    with machine.resolve() as worker:
        def count():
            return len(os.listdir(f"/proc/{worker.process.pid}/fd"))
        worker.look(process)
        worker.member("root", "root")
        before = wait_for(count, "its descriptors")
        for _ in range(30):
            worker.look(process)
            worker.member("root", "root")
        wait_for(lambda: count() == before, "the descriptors to be closed")


@pytest.mark.parametrize("option", ["sources=Libvirt", "sources=libvirt;machined", "cmdline-uids=qemu", "cmdline-uids=4294967296",
                                    "cmdline-uids=-1", "cmdline-uids=" + ",".join("1" * 65), "path=x", "sources"])
def test_options(machine, option):
    worker = machine.resolve("", option)
    assert worker.has_ended()
    worker.socket.close()
    _, errors = worker.process.communicate(timeout=PATIENCE)
    assert b"resolve: unknown option: " in errors


def test_runs_unprivileged(machine):
    """The tests above mean something only so."""
    with machine.resolve() as worker:
        status = pathlib.Path(f"/proc/{worker.process.pid}/status").read_text()
        assert f"Uid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}" in status
        assert "CapEff:\t0000000000000000" in status
