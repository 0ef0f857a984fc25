# SPDX-License-Identifier: BSD-2-Clause
"""Real QEMUs with a SPICE console that asks the mux, and a real viewer's login there."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import uuid

import pytest
from daemon import HERE, PATIENCE, SLOW, check_no_password, remember_password, wait_for
from ports import LOOPBACK, reserve_port

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
QEMU = shutil.which("qemu-system-x86_64", path=SYSTEM_PATH)
OPENSSL = shutil.which("openssl", path=SYSTEM_PATH)
UID = 64990  # nobody's, so that no other process has it
OPENED = dict.fromkeys(["cursor", "display", "inputs", "main"], "opened")  # what became of the channels
REFUSED = {"main": "refused"}
SO_PEERPIDFD = 77  # no name for it in Python's socket module


def missing():
    """Why this machine cannot run a QEMU and log in there, or None."""
    if os.geteuid() != 0:
        return "only root can start QEMU under another uid"
    if not QEMU:
        return "QEMU is not installed"
    usage = subprocess.run([QEMU, "-spice", "help"], capture_output=True, timeout=PATIENCE, check=False)
    if b"x509-dir" not in usage.stdout:
        return "QEMU's SPICE module is not installed"
    if not OPENSSL:
        return "openssl is not installed"
    probe = "import gi; gi.require_version('SpiceClientGLib', '2.0')"
    if subprocess.run([sys.executable, "-c", probe], capture_output=True, timeout=PATIENCE, check=False).returncode:
        return f"spice-client-glib is not installed for {sys.executable}"
    return None


def require():
    reason = missing()
    if reason:
        pytest.skip(f"{reason}; .ci/run installs it")


def openssl(*arguments):
    subprocess.run([OPENSSL, *arguments], capture_output=True, timeout=PATIENCE, check=True)


def make_certificates(directory):
    """A CA and a server's certificate under the names that SPICE servers look for. Every uid can read the key."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    ca, ca_key = str(directory / "ca-cert.pem"), str(directory / "ca-key.pem")
    server, server_key = str(directory / "server-cert.pem"), str(directory / "server-key.pem")
    openssl("req", "-x509", *key, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=saslward tests")
    openssl("req", "-x509", *key, "-keyout", server_key, "-out", server, "-days", "2", "-subj", f"/CN={LOOPBACK}",
            "-addext", f"subjectAltName=IP:{LOOPBACK}", "-CA", ca, "-CAkey", ca_key)
    pathlib.Path(server_key).chmod(0o644)


def configure_sasl(directory, mux):
    """What $SASL_CONF_PATH or libvirt's spice_sasl_dir points at: an administrator's qemu.conf."""
    directory.mkdir()
    directory.chmod(0o755)
    (directory / "qemu.conf").write_text(f"mech_list: plain\npwcheck_method: saslauthd\nsaslauthd_path: {mux}\n")
    (directory / "qemu.conf").chmod(0o644)


class Qmp:
    """QEMU's monitor."""

    def __init__(self, path, has_ended):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        wait_for(lambda: has_ended() or self.connects(path), f"a monitor at {path}")
        assert not has_ended()
        self.file = self.socket.makefile("rw", encoding="utf-8")
        assert "QMP" in json.loads(self.file.readline())
        self.ask("qmp_capabilities")

    def connects(self, path):
        try:
            self.socket.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def ask(self, command):
        self.file.write(json.dumps({"execute": command}))
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "event" not in answer:
                return answer["return"]

    def quit(self):
        with self.socket, self.file:
            with contextlib.suppress(OSError, ValueError):  # it has ended by itself
                self.ask("quit")


def as_uid(uid):
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]


class Qemu:
    """A VM that was started by hand, not by libvirt; its processors stand still. Nothing of it is left on leaving.
    starter and viewer run the command behind them: QEMU, as the user with the uid, and who logs in."""

    def __init__(self, directory, name, sasl, certificates, uid=UID, starter=None, viewer=()):
        self.directory = pathlib.Path(directory)
        self.name = name
        self.sasl = sasl
        self.certificates = certificates
        self.uid = uid
        self.starter, self.viewer = starter or as_uid(uid), viewer
        self.uuid = str(uuid.uuid4())
        self.holder = None

    @property
    def port(self):
        return self.holder.getsockname()[1]

    def command(self):
        return [*self.starter, "env", f"SASL_CONF_PATH={self.sasl}", QEMU, "-S", "-display", "none", "-nodefaults",
                "-machine", "pc,usb=off,accel=tcg", "-m", "16", "-vga", "std", "-name", f"guest={self.name.replace(',', ',,')},debug-threads=on", "-uuid", self.uuid,
                "-qmp", f"unix:{self.directory}/qmp,server=on,wait=off",
                "-spice", f"addr={LOOPBACK},tls-port={self.port},sasl=on,x509-dir={self.certificates}"]

    def __enter__(self):
        self.directory.mkdir()
        os.chown(self.directory, self.uid, self.uid)
        self.holder = reserve_port()
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                            env={"PATH": SYSTEM_PATH})
        started = time.monotonic()
        try:
            self.qmp = Qmp(self.directory / "qmp", self.has_ended)
            assert self.qmp.ask("query-spice")["tls-port"] == self.port
            wait_until_established(started)
        except BaseException:
            self.kill()
            print(self.log())
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.qmp.quit()
            code = self.process.wait(PATIENCE)
        finally:
            self.kill()
        assert kind or code == 0, self.log()
        check_no_password(self.log(), "QEMU's log")

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.holder.close()

    def has_ended(self):
        return self.process.poll() is not None

    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def login(self, user, password):
        """What became of each channel."""
        answer = spice_login(self.port, self.certificates, user, password, self.viewer)
        assert not self.has_ended(), self.log()
        return answer

    def lets_in(self, user, password):
        return whole(self.login(user, password))


def wait_until_established(started):
    """Where the kernel cannot tell which process is at a socket's other end, only its number, a young process is not
    believed: it could have got the number of the one that asked."""
    ours, _ = socket.socketpair()
    with ours:
        try:
            os.close(ours.getsockopt(socket.SOL_SOCKET, SO_PEERPIDFD))
        except OSError:
            wait_for(lambda: time.monotonic() > started + 2.1, "the process to be old enough")


def spice_login(port, certificates, user, password, prefix=()):
    """What became of the channels, as spice_login.py tells it."""
    remember_password(password)
    done = subprocess.run([*prefix, sys.executable, str(HERE / "spice_login.py"), LOOPBACK, str(port),
                           f"{certificates}/ca-cert.pem", user, str(10 * SLOW)], input=password.encode(),
                          capture_output=True, timeout=2 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def whole(answer):
    """Whether the console opens with all its channels. Refused is one that refuses the first; all else fails."""
    assert answer in (OPENED, REFUSED), answer
    return answer == OPENED
