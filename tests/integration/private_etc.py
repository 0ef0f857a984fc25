# SPDX-License-Identifier: BSD-2-Clause
"""/etc and dpkg's table of overrides as only some commands see them, who may write there: in a mount namespace."""
import contextlib
import os
import pathlib
import subprocess

import pytest
from daemon import PATIENCE, SASLWARD, WRAP

OVERRIDES = "/var/lib/dpkg/statoverride"
UNSHARE = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount", "--propagation", "private"]
ENTER = ["nsenter", "--mount", *([] if os.geteuid() == 0 else ["--user", "--preserve-credentials"])]
MOUNTS = f"""set -e
mount -t tmpfs tmpfs "$0"
mkdir "$0/upper" "$0/work"
touch "$0/overrides"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$0/upper,workdir=$0/work" /etc
mount --bind "$0/overrides" {OVERRIDES}
echo mounted
exec cat
"""


class PrivateEtc:
    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.process = stack.enter_context(subprocess.Popen(
                [*UNSHARE, "sh", "-c", MOUNTS, str(self.directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True))
            if self.process.stdout.readline() != "mounted\n":
                pytest.skip(f"no /etc of our own can be mounted here: {self.process.stderr.read().strip()}")
            self.cleanup = stack.pop_all()
        return self

    def __exit__(self, *arguments):
        self.cleanup.__exit__(*arguments)

    def path(self, path):
        """Where we see one of its files."""
        return pathlib.Path(f"/proc/{self.process.pid}/root/{path}")

    def run(self, *command, check=True):
        return subprocess.run([*ENTER, f"--target={self.process.pid}", *command], text=True, check=check,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * PATIENCE)

    def saslward(self, *arguments):
        return self.run(*WRAP, str(SASLWARD), *arguments, check=False)
