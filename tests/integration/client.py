# SPDX-License-Identifier: BSD-2-Clause
"""Clients of the mux: raw bytes, libsasl2's sasl_checkpass(), testsaslauthd, and saslward test."""
import fcntl
import shutil
import socket
import struct
import subprocess
import termios

from daemon import CHECKPASS, PATIENCE, SASLWARD, check_no_password, remember_argument, remember_password

TESTSASLAUTHD = shutil.which("testsaslauthd", path="/usr/sbin:/usr/bin:/sbin:/bin")


def to_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def counted(*fields):
    return b"".join(struct.pack(">H", len(to_bytes(f))) + to_bytes(f) for f in fields)


def request(login, password, service="imap", realm="", *fifth):
    remember_password(password)
    return counted(login, password, service, realm, *fifth)


class Raw:
    """A connection that sends what it is told, and insists on one complete reply and an end behind it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))  # waits where the backlog is full, as libsasl's clients do
        self.socket.settimeout(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def has_been_read(self):
        """Whether the daemon has everything that was sent."""
        return fcntl.ioctl(self.socket, termios.TIOCOUTQ, bytes(4)) == bytes(4)

    def receive(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            assert more, f"the server closed after {data!r}"
            data += more
        return data

    def reply(self):
        text = self.receive(struct.unpack(">H", self.receive(2))[0])
        assert self.socket.recv(1) == b"", "something behind the reply"
        check_no_password(text, "the reply")
        return text


def ask(path, *fields):
    """One request in one write. Returns the reply's text."""
    with Raw(path) as raw:
        return raw.send(request(*fields)).reply()


def is_ok(reply):
    return reply[:2] == b"OK"


def run(*command, data=None):
    remember_argument(command)
    if data is not None:
        remember_password(data)
    done = subprocess.run(command, input=data, capture_output=True, timeout=2 * PATIENCE, check=False)
    check_no_password(done.stdout + done.stderr, command[0])
    return done


def checkpass(path, user, password, service="imap", realm=""):
    """Real libsasl2. Returns whether it says SASL_OK."""
    done = run(str(CHECKPASS), str(path), service, realm, to_bytes(user), data=to_bytes(password))
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


def testsaslauthd(path, user, password, service="imap", realm=""):
    done = run(TESTSASLAUTHD, "-f", str(path), "-u", to_bytes(user), "-p", to_bytes(password), "-s", service,
               "-r", to_bytes(realm))
    return done.stdout == b'0: OK "Success."\n'


testsaslauthd.__test__ = False


def saslward_test(path, user, password, service="imap", realm=""):
    done = run(str(SASLWARD), "test", "-f", str(path), "-u", to_bytes(user), "-p", "-", "-s", service, "-r",
               to_bytes(realm), data=to_bytes(password))
    assert (done.returncode, done.stdout[:5]) in ((0, b"0: OK"), (255, b"0: NO")), done
    return done.returncode == 0
