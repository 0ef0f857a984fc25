# SPDX-License-Identifier: BSD-2-Clause
"""Faults for the processes of a daemon, on demand: see inject.c, which they have preloaded."""
import errno
import mmap
import struct

from daemon import BUILD

LIBRARY = BUILD / "tests/integration/inject.so"

ROLES = ["", "supervisor", "front", "worker", "resolver", "ldap", "shadow", "pam"]
KILLED = -1  # in the place of an error: the process ends with that call

# With what each call fails, in the order of inject.c.
ERRORS = {
    "": 0,
    "malloc": errno.ENOMEM,
    "calloc": errno.ENOMEM,
    "realloc": errno.ENOMEM,
    "accept4": errno.EMFILE,
    "read": errno.EIO,
    "write": errno.ENOSPC,
    "recv": errno.ECONNRESET,
    "recvmsg": errno.EMFILE,
    "send": errno.EPIPE,
    "sendmsg": errno.ENOBUFS,
    "socketpair": errno.EMFILE,
    "socket": errno.EMFILE,
    "fork": errno.EAGAIN,
    "pidfd_open": errno.EMFILE,
    "open": errno.ENFILE,
    "epoll_ctl": errno.ENOSPC,
    "timerfd_create": errno.EMFILE,
    "timerfd_settime": errno.EINVAL,
    "signalfd": errno.EMFILE,
    "getsockopt": errno.ENOPROTOOPT,
    "fcntl": errno.EMFILE,
}
CALLS = list(ERRORS)


class Page:
    """What test and daemon share. The fields stand in the order of inject.c, four bytes each."""

    def __init__(self, directory):
        self.path = directory / "inject"
        self.path.write_bytes(bytes(24))
        self.path.chmod(0o666)
        with self.path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 24)
        self.env = {"LD_PRELOAD": str(LIBRARY), "SASLWARD_INJECT": str(self.path)}

    def put(self, index, value):
        self.memory[4 * index:4 * index + 4] = struct.pack("=i", value)

    def get(self, index):
        return struct.unpack_from("=i", self.memory, 4 * index)[0]

    def arm(self, role, call, number, error=None):
        """The number-th such call from now on fails: 1 is the next."""
        self.put(0, 0)
        self.put(1, CALLS.index(call))
        self.put(2, number - 1)
        self.put(3, error or ERRORS[call])
        self.put(4, 0)
        self.put(0, ROLES.index(role))

    def disarm(self):
        self.put(0, 0)

    def failed(self):
        """The pid of the process in which it has failed, or 0."""
        return self.get(4)

    def jump(self, seconds):
        """So far is the real-time clock off."""
        self.put(5, seconds)
