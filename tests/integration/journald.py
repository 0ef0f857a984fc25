# SPDX-License-Identifier: BSD-2-Clause
"""A systemd-journald of one's own, in a mount namespace whose /run is empty but for it."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from daemon import PATIENCE, wait_for

PROGRAM = shutil.which("systemd-journald", path="/usr/lib/systemd:/lib/systemd")
# The kernel's own messages are the machine's, and of no interest.
SETUP = """mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /run/log/journal &&
printf '[Journal]\\nReadKMsg=no\\nAudit=no\\n' >/run/systemd/journald.conf.d/test.conf && exec "$0" """


def require():
    if os.geteuid() != 0:
        pytest.skip("only root can start a journal of its own")
    if not PROGRAM or not shutil.which("journalctl"):
        pytest.skip("systemd-journald is not installed")


class Journald:
    """prefix runs a program beside it; the files are the machine's, but for /run."""

    def __enter__(self):
        self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", SETUP, PROGRAM],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.prefix = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt", "--"]
        root = pathlib.Path(f"/proc/{self.process.pid}/root")
        wait_for(lambda: (root / "run/systemd/journal/socket").exists() or self.process.poll() is not None, "the journal")
        assert self.process.poll() is None, self.process.stderr.read()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process.stderr.close()

    def run(self, *command):
        return subprocess.run([*self.prefix, *map(str, command)], capture_output=True, text=True, check=False,
                              timeout=2 * PATIENCE, stdin=subprocess.DEVNULL)

    def entries(self, *matches):
        """What the journal has, each as {field: value}, the first first."""
        self.run("journalctl", "--sync")
        done = self.run("journalctl", "-q", "-o", "json", "--all", "--no-pager", *matches)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_for(self, count, *matches):
        return wait_for(lambda: [entries for entries in [self.entries(*matches)] if len(entries) >= count],
                        f"{count} entries with {matches}")[0]
