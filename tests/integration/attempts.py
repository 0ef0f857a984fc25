#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""attempts.py FILE: tries what the lines of saslwardd.service forbid, each in a process of its own, and writes into the
file what became of it: "LINE done", "LINE refused" or "LINE killed"."""
import ctypes
import errno
import mmap
import os
import resource
import socket
import stat
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
CAP_SYS_ADMIN, CLONE_NEWUSER, PR_GET_NO_NEW_PRIVS, ADDR_NO_RANDOMIZE, PTRACE_TRACEME, EPERM = 21, 0x10000000, 39, 0x40000, 0, errno.EPERM
# Numbers of x86-64; of x32 with the bit that tells its calls.
X32_GETPID, FINIT_MODULE = 0x40000000 + 39, 313


def call(name, *arguments):
    """Of libc. Whatever is wrong with the arguments is found out behind the filters for system calls."""
    ctypes.set_errno(0)
    if getattr(LIBC, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def status(name):
    with open("/proc/self/status", encoding="ascii") as file:
        return next(line.split()[1] for line in file if line.startswith(f"{name}:"))


def is_writable(path):
    return not os.statvfs(path).f_flag & os.ST_RDONLY


def has_writable_groups():
    """In any hierarchy of control groups."""
    with open("/proc/self/mountinfo", encoding="ascii") as file:
        mounts = [line.split(" - ") for line in file]
    return any(is_writable(mount.split()[4]) for mount, kind in mounts if kind.startswith("cgroup"))


def set_clock():
    """With nanoseconds that there cannot be: no clock is set."""
    call("syscall", 227, 0, (ctypes.c_long * 2)(0, 1 << 40))


def may_have_address_family():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:  # that family's own answer
        pass
    except OSError as error:
        return error.errno != errno.EAFNOSUPPORT
    return True


def set_user_id_bit():
    path = f"{sys.argv[1]}.mode"
    with open(path, "w", encoding="ascii"):
        os.chmod(path, 0o4755)


# Each raises OSError or returns False where it is refused.
ATTEMPTS = {
    "CapabilityBoundingSet": lambda: bool(int(status("CapBnd"), 16) >> CAP_SYS_ADMIN & 1),
    "SystemCallFilter": lambda: call("ptrace", PTRACE_TRACEME, 0, 0, 0),
    "SystemCallFilter=~@resources": lambda: call("setpriority", 0, 0, 19),
    "SystemCallErrorNumber": lambda: call("ptrace", PTRACE_TRACEME, 0, 0, 0),
    "NoNewPrivileges": lambda: LIBC.prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0,
    "RestrictSUIDSGID": set_user_id_bit,
    "RestrictNamespaces": lambda: call("unshare", CLONE_NEWUSER),
    "RestrictRealtime": lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1000)),
    "LockPersonality": lambda: call("personality", ADDR_NO_RANDOMIZE),
    "ProtectSystem": lambda: is_writable("/etc"),
    "ProtectHome": lambda: is_writable("/root"),
    "PrivateTmp": lambda: os.path.exists("/tmp/saslward.witness"),
    "UMask": lambda: os.umask(0) != 0o077,
    "ReadOnlyPaths": lambda: is_writable("/run"),
    "LimitCORE": lambda: resource.getrlimit(resource.RLIMIT_CORE) != (0, 0),
    "MemoryDenyWriteExecute": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "PrivateDevices": lambda: os.path.exists("/dev/saslward.witness"),
    "ProtectClock": set_clock,
    "ProtectControlGroups": has_writable_groups,
    "ProtectHostname": lambda: socket.sethostname(socket.gethostname()),
    "ProtectKernelLogs": lambda: stat.S_IMODE(os.stat("/proc/kmsg").st_mode) != 0,
    "ProtectKernelModules": lambda: call("syscall", FINIT_MODULE, -1, b"", 0),
    "ProtectKernelTunables": lambda: is_writable("/proc/sys"),
    "SystemCallArchitectures": lambda: call("syscall", X32_GETPID),
    "RestrictAddressFamilies": may_have_address_family,
}
REFUSED = {errno.EPERM, errno.EACCES, errno.EROFS}


def attempt(what):
    try:
        return what() is not False
    except OSError as error:
        return error.errno not in REFUSED


def outcome(what):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if attempt(what) else 1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code < 0:
        return "killed"
    return "refused" if code else "done"


def main():
    lines = [f"{name} {outcome(what)}\n" for name, what in ATTEMPTS.items()]
    with open(sys.argv[1], "w", encoding="ascii") as file:
        file.writelines(lines)


if __name__ == "__main__":
    main()
