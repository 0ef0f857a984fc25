# SPDX-License-Identifier: BSD-2-Clause
"""Cyrus's own saslauthd, on a private directory, with a sasldb that only it sees as /etc/sasldb2, or with LDAP."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import pytest
from daemon import PATIENCE, wait_for

SASLAUTHD = shutil.which("saslauthd", path="/usr/sbin:/usr/bin:/sbin:/bin")
NAMESPACE = ["unshare", "--mount", "--propagation", "private"]
MOUNT = 'mount --bind "$0" /etc/sasldb2 && exec "$@"'


class Saslauthd:
    """With its own mechanism sasldb and a database, or with ldap and its configuration."""

    def __init__(self, directory, file, workers=2, mechanism="sasldb"):
        self.directory = pathlib.Path(directory)
        self.socket = self.directory / "mux"
        self.command = [SASLAUTHD or "", "-a", mechanism, "-m", str(self.directory), "-n", str(workers), "-d"]
        if mechanism == "sasldb":
            self.command = [*NAMESPACE, "sh", "-c", MOUNT, str(file), *self.command]
        else:
            self.command += ["-O", str(file)]

    @staticmethod
    def missing():
        if os.geteuid() != 0:
            return "only root can start saslauthd"
        return None if SASLAUTHD and os.path.exists("/etc/sasldb2") else "saslauthd (sasl2-bin) is not installed"

    def __enter__(self):
        if self.missing():
            pytest.skip(self.missing())
        self.directory.mkdir()
        self.directory.chmod(0o755)
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        try:
            wait_for(lambda: self.process.poll() is not None or self.listens(), "saslauthd to listen")
            assert self.process.poll() is None, self.log()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def listens(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def log(self):
        return (self.directory / "log").read_text(errors="replace")
