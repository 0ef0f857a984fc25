# SPDX-License-Identifier: BSD-2-Clause
"""A saslwardd that is told to reload, and tells when it has."""
import os
import signal
import socket
import subprocess

from daemon import PATIENCE, SLOW, Daemon, wait_for

ALICE, BOB = ("alice", "secretA", "imap", "vmA"), ("bob", "b" * 200, "imap", "vmA")
CAROL, DORA = ("carol", "c" * 4096, "imap", "vmA"), ("dora", "Grüße, 日本語 €", "imap", "vmA")


def rules(database, *users, first=""):
    """A configuration that lets these users in."""
    return (f"{first}backend db sasldb path={database} workers=2\n"
            + "".join(f"permit user={user}@vmA with=db deadline={20 * SLOW:.0f}s\n" for user in users))


class Reloaded(Daemon):
    """A daemon that tells the test, in the service manager's place, what it is about."""

    def __init__(self, place, config, *options, env=None, **more):
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        place.mkdir(exist_ok=True)
        (place / "notify").unlink(missing_ok=True)
        self.manager.bind(str(place / "notify"))
        self.manager.settimeout(2 * PATIENCE)
        env = {"NOTIFY_SOCKET": str(place / "notify"), **(env or {})}
        super().__init__(place / "run", None, *options, config=config, env=env, **{"ready": ["identity", "db"], **more})

    def __enter__(self):
        super().__enter__()
        assert self.hear("READY=1").startswith("generation 1 ")
        return self

    def __exit__(self, *details):
        self.manager.close()  # a message that nobody reads would hold the daemon up
        super().__exit__(*details)

    def start_activated(self, listener):
        """As the service manager starts it that has made this socket."""
        script = 'exec 3<&"$1"; shift; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(["bash", "-c", script, "-", str(listener.fileno()), *self.command], env=self.env,
                                            pass_fds=[listener.fileno()], stderr=log)

    def hear(self, word):
        """Waits for that word. Returns the status that came with it."""
        while True:
            lines = self.manager.recv(1000).decode().splitlines()
            if word in lines:
                return "".join(line[7:] for line in lines if line.startswith("STATUS="))

    def signal(self, config=None):
        """Another configuration, if one is given, and SIGHUP."""
        if config is not None:
            self.replace(config)
        os.kill(self.pid, signal.SIGHUP)

    def replace(self, config):
        """At no time is there half a file."""
        path, self.config = self.config, self.config.with_suffix(".new")
        self.write(config)
        self.config.rename(path)
        self.config = path

    def reload(self, config=None):
        """Returns the status when it is done."""
        self.signal(config)
        self.hear("RELOADING=1")
        return self.hear("READY=1")

    def fronts(self):
        return self.children("saslward-front")

    def wait_one_generation(self):
        wait_for(lambda: len(self.fronts()) == 1, "the old generation to leave")
