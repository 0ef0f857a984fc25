# SPDX-License-Identifier: BSD-2-Clause
"""Service files and accounts that only one daemon sees: files in /etc in a mount namespace of its own.

An ordinary user may mount in a user namespace, where he is root and the only user there is. A saslwardd that is root
needs a second one, for its front; so it runs as he does, outside, and each of its workers in such a namespace."""
import functools
import os
import pathlib
import shlex
import socket
import struct
import subprocess
import time
import warnings

from client import ask, counted, is_ok
from daemon import BUILD, FAULTS, PATIENCE, WORKERS, WRAP, Daemon, check_no_password, remember_password, without_counts

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt

MODULES = BUILD / "tests/integration"  # of PAM and NSS
MISBEHAVE = MODULES / "pam_misbehave.so"
AUDIT_TO_STDERR = MODULES / "audit_to_stderr.so"
AS_ROOT = os.geteuid() == 0
UNSHARE = ["unshare", *([] if AS_ROOT else ["--map-root-user"]), "--mount", "--propagation", "private"]
MOUNTS = '''
for name in pam.d passwd shadow group nsswitch.conf; do
        [ ! -e "$0/$name" ] || mount --bind "$0/$name" "/etc/$name" || exit 1
done
for name in lib share; do
        [ ! -e "$0/usr/$name" ] || mount -t overlay overlay -o "lowerdir=$0/usr/$name:/usr/$name" "/usr/$name" || exit 1
done
exec "$@"
'''
PERMIT = "auth required pam_permit.so\naccount required pam_permit.so\n"
DENY = "auth required pam_deny.so\naccount required pam_deny.so\n"
UNIX = "auth required pam_unix.so\naccount required pam_unix.so\n"

# (login, password or None, whole fields of shadow(5) behind the hash, the hash's prefix)
TODAY = int(time.time() // 86400)
ACCOUNTS = [
    ("alice", "secret", f"{TODAY}:0:99999:7:::", ""),
    ("bob", "b" * 200, f"{TODAY}:0:99999:7:::", ""),
    ("dora", "Grüße, 日本語 €", f"{TODAY}:0:99999:7:::", ""),
    ("locked", "secret", f"{TODAY}:0:99999:7:::", "!"),
    ("expired", "secret", f"{TODAY}:0:99999:7::{TODAY - 1}:", ""),
    ("lastday", "secret", f"{TODAY}:0:99999:7::{TODAY + 1}:", ""),
    ("mustchange", "secret", "0:0:99999:7:::", ""),
    ("stale", "secret", f"{TODAY - 100}:0:30:7:::", ""),
    ("nopassword", None, f"{TODAY}:0:99999:7:::", ""),
    ("disabled", "secret", f"{TODAY}:0:99999:7::0:", ""),  # chage -E 0
    ("endstoday", "secret", f"{TODAY}:0:99999:7::{TODAY}:", ""),
    ("noaging", "secret", ":0:30:7:::", ""),
]


def hashed(password):
    if password is None:
        return ""
    remember_password(password)
    return crypt.crypt(password, "$y$j9T$saslwardsaslward$")


def misbehave(arguments):
    return f"auth required {MISBEHAVE} {arguments}\naccount required pam_permit.so\n"


@functools.cache
def missing(mount="mount --bind /etc /etc"):
    """Why this machine does not let us have such files, or None."""
    done = subprocess.run([*UNSHARE, "sh", "-c", mount], capture_output=True, text=True, timeout=PATIENCE, check=False)
    return f"no mount namespace of our own: {done.stderr.strip()}" if done.returncode else None


def missing_overlay():
    """The same for files below /usr."""
    return missing("mount -t overlay overlay -o lowerdir=/etc:/usr/lib /usr/lib")


def refused_for(daemon, *fields):
    """The reason in the log of what is refused."""
    assert not is_ok(ask(daemon.socket, *fields))
    return daemon.last_reason()


class Host:
    """The files in /etc that matter, as one daemon sees them."""

    def __init__(self, directory):
        self.directory = directory / "etc"
        self.services = self.directory / "pam.d"
        self.services.mkdir(parents=True)
        (self.directory / "passwd").write_text(pathlib.Path("/etc/passwd").read_text())
        (self.directory / "shadow").write_text("root:*:19000:0:99999:7:::\n")
        (self.directory / "shadow").chmod(0o600)
        for number, (login, password, rest, prefix) in enumerate(ACCOUNTS):
            self.add_account(login, f"{prefix}{hashed(password)}", rest, 5000 + number)
        self.group("")
        self.service("other", DENY)

    def vendor_service(self, directory, name, text):
        """One in another directory than /etc/pam.d, below /usr/lib or /usr/share."""
        path = self.directory / directory.lstrip("/")
        path.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)

    def add_account(self, login, password_hash, rest=f"{TODAY}:0:99999:7:::", number=6000):
        with (self.directory / "passwd").open("a") as passwd, (self.directory / "shadow").open("a") as shadow:
            passwd.write(f"{login}:x:{number}:5000::/nonexistent:/bin/false\n")
            shadow.write(f"{login}:{password_hash}:{rest}\n")

    def service(self, name, text):
        (self.services / name).write_text(text)

    def nss(self):
        """The accounts of the files go by other spellings, too; see nss_saslwardfold.c."""
        (self.directory / "nsswitch.conf").write_text("passwd: files saslwardfold\nshadow: files saslwardfold\ngroup: files\n")

    def group(self, lines):
        """Further groups beside the machine's own; the file stays the one that is mounted."""
        (self.directory / "group").write_text(pathlib.Path("/etc/group").read_text() + lines.lstrip())

    @property
    def prefix(self):
        """Runs the command behind it with these files."""
        return [*UNSHARE, "sh", "-c", MOUNTS, str(self.directory)]

    def daemon(self, mechanism="pam", **options):
        env = {"LD_LIBRARY_PATH": str(MODULES)}
        if not AS_ROOT:
            env["SASLWARD_LIBEXECDIR"] = str(self.workers())
        return Daemon(self.directory.parent / "run", None, mechanism=mechanism, env=env,
                      prefix=self.prefix if AS_ROOT else (), **{"deadline": 5, **options})

    def workers(self):
        """A directory of worker programs that run with these files. Valgrind cannot follow through mount, which is
        setuid, and is told by ./check to leave these scripts alone."""
        directory = self.directory / "workers"
        directory.mkdir(exist_ok=True)
        for program in WORKERS.iterdir():
            script = directory / program.name
            script.write_text(f'#!/bin/sh\nexec {shlex.join([*self.prefix, *WRAP, str(program)])} "$@"\n')
            script.chmod(0o755)
        return directory


class Worker:
    """A worker program by itself, spoken to in its own protocol, for options that no command line of ours has."""

    def __init__(self, host, program, *options, preload="", descriptors=()):
        self.notice = ""  # what it says at its start
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(PATIENCE)
        self.errors = ""  # what it wrote to its standard error, once it has ended
        self.process = subprocess.Popen([*host.prefix, "env", f"LD_PRELOAD={preload}", *WRAP, str(WORKERS / program),
                                         *options], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
                                        pass_fds=descriptors)
        theirs.close()

    def __enter__(self):
        verb, version, _, *notices = self.receive()
        assert (verb, version) == (b"ready", b"1")
        self.notice = b"".join(notices).decode()
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.errors = without_counts(self.process.communicate(timeout=PATIENCE)[1]).decode(errors="replace")
        assert not FAULTS.search(self.errors), self.errors
        check_no_password(self.errors, "what the worker wrote")

    def receive(self):
        """The strings of the next frame."""
        body = self.counted()
        strings = []
        while body:
            size, = struct.unpack(">H", body[:2])
            strings.append(body[2:2 + size])
            body = body[2 + size:]
        return strings

    def counted(self):
        size, = struct.unpack(">H", self.exactly(2))
        return self.exactly(size)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            assert more, "the worker ended"
            data += more
        return data

    def send(self, *strings, descriptors=()):
        """A frame, with descriptors beside its first bytes."""
        frame = counted(counted(*strings))
        sent = socket.send_fds(self.socket, [frame], descriptors)
        self.socket.sendall(frame[sent:])

    def has_ended(self):
        """Waits whether it closes the connection instead of answering."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def ask(self, login, password, service, realm="", client=""):
        """(result, account, reason) of a job."""
        remember_password(password)
        self.send("check", "7", login, password, service, realm, client)
        verb, number, result, account, reason, *_ = self.receive()
        assert (verb, number) == (b"result", b"7")
        return result.decode(), account.decode(), reason.decode()
