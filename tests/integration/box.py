# SPDX-License-Identifier: BSD-2-Clause
"""A throw-away machine with real systemd, see the script box: started, looked into, and told to run commands."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest
from daemon import BUILD, HERE, PATIENCE, check_no_password, processes

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SCRIPT = str(HERE / "box")
ENVIRONMENT = {"PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8", "HOME": "/root"}
# nspawn lets nobody write there. libvirt writes to the old hierarchies of control groups, and a test to ns_last_pid.
WRITABLE = 'for at in /proc/sys $(findmnt -rnt cgroup -o TARGET); do mount -o remount,bind,rw "$at" || exit; done'


def missing():
    """Why this machine cannot run another one, or None."""
    if os.geteuid() != 0:
        return "only root can start a container"
    if not shutil.which("systemd-nspawn", path=SYSTEM_PATH) or not os.path.exists("/lib/systemd/systemd-machined"):
        return "systemd-nspawn or systemd-machined (systemd-container) is not installed"
    with tempfile.TemporaryDirectory(prefix="swbox") as directory:
        probe = subprocess.run([SCRIPT, "--probe", directory], capture_output=True, timeout=PATIENCE, check=False)
    return f"no container can be mounted here: {probe.stderr.decode().strip()}" if probe.returncode else None


def require():
    reason = missing()
    if reason:
        pytest.skip(f"{reason}; .ci/run installs what can be installed")


class Box:
    """Sees this machine's files; what is below the shared directories is the same for both. A command in it may take
    patience seconds."""

    def __init__(self, *shared, patience=2 * PATIENCE):
        self.shared, self.patience = shared, patience
        self.leader = None  # its process 1, by our numbers

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="swbox")))
            notices = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            notices.bind(str(self.directory / "notices"))
            notices.settimeout(PATIENCE)
            stack.callback(self.stop)
            self.start()
            self.wait_until_up(notices)
            self.run("sh", "-c", WRITABLE)
            self.cleanup = stack.pop_all()
        return self

    def __exit__(self, kind, value, trace):
        with self.cleanup:
            if kind is None:
                check_no_password(self.journal_of_ours(), "the journal")

    def journal_of_ours(self):
        """Others' holds the commands of tests."""
        return self.run("journalctl", "--quiet", "--all", "--output=export", "--identifier=saslauthd",
                        "--identifier=saslwardd", "--identifier=saslward")

    def start(self):
        with open(self.directory / "console", "ab") as console:
            self.process = subprocess.Popen(
                [SCRIPT, *map(str, [self.directory, *self.shared, HERE, BUILD])], stdin=subprocess.DEVNULL,
                stdout=console, stderr=console, start_new_session=True,
                env={**ENVIRONMENT, "NOTIFY_SOCKET": str(self.directory / "notices")})

    def wait_until_up(self, notices):
        ready = False
        while not ready or not self.leader:
            try:
                notice = notices.recv(4096).decode().splitlines()
            except TimeoutError as error:
                raise AssertionError((self.directory / "console").read_text(errors="replace")) from error
            ready = ready or "READY=1" in notice
            for line in notice:
                if line.startswith("X_NSPAWN_LEADER_PID="):
                    self.leader = int(line.partition("=")[2])

    def stop(self):
        if self.leader:
            os.kill(self.leader, signal.SIGKILL)
        else:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(PATIENCE)

    @property
    def prefix(self):
        """Runs the command behind it in there."""
        return ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]

    def run(self, *command, check=True):
        """What the command writes to stdout."""
        done = subprocess.run([*self.prefix, *map(str, command)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=ENVIRONMENT, timeout=self.patience, check=False, cwd="/")
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    @staticmethod
    def end(process, how=signal.SIGTERM):
        """Ends what was started with the prefix; nsenter itself passes no signal on."""
        for pid, parent, _ in processes():
            if parent == process.pid:
                with contextlib.suppress(ProcessLookupError):  # it may end by itself
                    os.kill(pid, how)
        process.wait(PATIENCE)

    def path(self, path):
        """Where we see one of its files."""
        return pathlib.Path(f"/proc/{self.leader}/root/{path}")
