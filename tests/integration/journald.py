# SPDX-License-Identifier: BSD-2-Clause
"""A place with a log of its own: a mount namespace with another /run and /dev, and in it systemd-journald or nothing."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from daemon import PATIENCE, check_no_password, wait_for

PROGRAM = shutil.which("systemd-journald", path="/usr/lib/systemd:/lib/systemd")
# /dev/log is the journal's, as systemd has it. The kernel's own messages are the machine's, and of no interest.
SETUP = """mount -t tmpfs tmpfs /run && mkdir -p /run/dev /run/systemd/journal /run/systemd/journald.conf.d /run/log/journal &&
printf '[Journal]\\nReadKMsg=no\\nAudit=no\\n' >/run/systemd/journald.conf.d/test.conf &&
mount -t tmpfs tmpfs /run/dev && cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /run/dev &&
ln -s /run/systemd/journal/dev-log /run/dev/log && mount --move /run/dev /dev && exec "$0" "$@" """


def require():
    if os.geteuid() != 0:
        pytest.skip("only root can make a place with a journal of its own")
    if not PROGRAM or not shutil.which("journalctl"):
        pytest.skip("systemd-journald is not installed")


class Place:
    """prefix runs a program there; the files are the machine's, but for /run and /dev."""

    ready = "dev/log"  # made last of all
    program = ["sleep", "infinity"]

    def __enter__(self):
        self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", SETUP, *self.program],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.prefix = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt", "--"]
        self.root = pathlib.Path(f"/proc/{self.process.pid}/root")
        wait_for(lambda: os.path.lexists(self.root / self.ready) or self.process.poll() is not None, "the place")
        assert self.process.poll() is None, self.process.stderr.read()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stderr.close()

    def run(self, *command):
        return subprocess.run([*self.prefix, *map(str, command)], capture_output=True, text=True, check=False,
                              timeout=2 * PATIENCE, stdin=subprocess.DEVNULL)


class Journald(Place):
    """A journal that nobody else writes to."""

    ready = "run/systemd/journal/socket"
    program = [PROGRAM]

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.run("journalctl", "--sync")
                check_no_password(self.run("journalctl", "-q", "-o", "export", "--all").stdout, "the journal")
        finally:
            super().__exit__(kind, value, trace)

    def entries(self, *matches):
        """What the journal has, each as {field: value}, the first first."""
        self.run("journalctl", "--sync")
        done = self.run("journalctl", "-q", "-o", "json", "--all", "--no-pager", *matches)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_for(self, count, *matches):
        return wait_for(lambda: [entries for entries in [self.entries(*matches)] if len(entries) >= count],
                        f"{count} entries with {matches}")[0]
