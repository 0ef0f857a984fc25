# SPDX-License-Identifier: BSD-2-Clause
"""What is served when the configuration is broken at the start: the last one that was good."""
import os
import shutil
import socket
import stat
import subprocess

import pytest
from client import ask, is_ok
from conftest import by_name
from daemon import PATIENCE, WORKERS, Daemon
from reloading import ALICE, BOB, CAROL, Reloaded, rules

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


class Kept:
    """A daemon that has served a configuration, which is broken now."""

    def __init__(self, directory, database, broken="permit user=bob@vmA with=sasldb\nlisen\n", env=None):
        self.daemon = Reloaded(directory, rules(database, "alice"))
        self.state = self.daemon.directory / "state"
        with self.daemon as daemon:
            daemon.reload(rules(database, "alice", "carol"))
            self.saved, = self.state.iterdir()
        self.daemon = Reloaded(directory, broken, log=directory / "log2", env=env)

    def fails(self, *options, status=1):
        """Starts it in vain. Returns what it said."""
        self.daemon.manager.close()
        done = subprocess.run([*self.daemon.command, *options], env=self.daemon.env, capture_output=True, text=True,
                              timeout=2 * PATIENCE, check=False)
        assert done.returncode == status and not self.daemon.socket.exists()
        return done.stderr


@pytest.fixture(name="kept")
def make_kept(directory, database):
    return Kept(directory, database)


def test_start_with_the_last_good_one(kept, database):
    """The one of the last reload. It is said in the log and to the service manager; rules are named by its lines."""
    assert stat.S_IMODE(kept.saved.stat().st_mode) == 0o600 and stat.S_IMODE(kept.state.stat().st_mode) == 0o700
    daemon = kept.daemon
    Daemon.__enter__(daemon)
    try:
        assert daemon.hear("READY=1") == (f"generation 1 serves the last good configuration, {kept.saved}: {daemon.config} "
                                          "is broken; the log says how")
        assert is_ok(ask(daemon.socket, *ALICE)) and is_ok(ask(daemon.socket, *CAROL)) and not is_ok(ask(daemon.socket, *BOB))
        assert f"{daemon.config}:2:1: unknown keyword \"lisen\"" in daemon.log()
        assert f"{daemon.config} is broken; starting with the last configuration that was good, {kept.saved}" in daemon.log()
        assert daemon.last_login()["outcome"] == "failure"
        assert f"[rule={kept.saved}:" in daemon.log()
        text = kept.saved.read_text()
        assert "last good" in daemon.reload()
        assert daemon.reload(rules(database, "bob")) == f"generation 2 serves {daemon.config}"
        assert is_ok(ask(daemon.socket, *BOB)) and not is_ok(ask(daemon.socket, *ALICE))
        assert kept.saved.read_text() != text
    finally:
        daemon.__exit__(None, None, None)
    assert list(kept.state.iterdir()) == [kept.saved]


def test_start_without_the_file(kept):
    """One that is missing is a broken one."""
    kept.daemon.config.unlink()
    with kept.daemon as daemon:
        assert is_ok(ask(daemon.socket, *ALICE))
        daemon.wait_log(r"saslward\.conf:1:1: cannot be read: No such file or directory")


def test_strict_start(kept):
    assert "saslward.conf:2:1: unknown keyword \"lisen\"" in kept.fails("--strict-start")


def test_start_with_an_empty_file(kept):
    """What a write leaves that found no room."""
    kept.daemon.config.write_bytes(b"")
    with kept.daemon as daemon:
        daemon.wait_log(r"saslward\.conf:1:1: is empty \(cut short\?\)")
        assert is_ok(ask(daemon.socket, *ALICE))
    assert kept.saved.read_text().count("permit") == 2


def test_no_rules_are_not_kept(directory, database):
    """They are served, and what is kept stays as it was; nor is it made of them."""
    with Reloaded(directory, "# nobody\n", ready=["identity"]) as daemon:
        state = daemon.directory / "state"
        assert not state.exists()
        daemon.reload(rules(database, "alice"))
        saved, = state.iterdir()
        text = saved.read_text()
        assert daemon.reload("# nobody\n") == f"generation 3 serves {daemon.config}"
        assert not is_ok(ask(daemon.socket, *ALICE)) and saved.read_text() == text
        daemon.wait_log("has no rule: everybody is refused")


NOT_SERVED = [
    ("no directory", "listen RUN/none/mux\n", "cannot listen on RUN/none/mux: No such file or directory"),
    ("no program", "listen RUN/mux\nbackend other pam services=imap\npermit service=imap with=other\n",
     "cannot run RUN/../programs/pam: No such file or directory"),
]


@pytest.fixture(name="programs")
def make_programs(directory):
    """All but one."""
    (directory / "programs").mkdir()
    for path in WORKERS.iterdir():
        if path.name != "pam":
            (directory / "programs" / path.name).symlink_to(path.resolve())
    return {"SASLWARD_LIBEXECDIR": f"{directory}/run/../programs"}


@pytest.mark.parametrize("text, complaint", by_name(NOT_SERVED))
def test_start_with_what_cannot_be_served(directory, database, programs, text, complaint):
    """It parses, and that it is no good is seen later: that, too, must not close a console."""
    text, complaint = (text.replace("RUN", f"{directory}/run") for text in (text, complaint))
    kept = Kept(directory, database, text + rules(database, "bob"), programs)
    daemon = kept.daemon
    Daemon.__enter__(daemon)
    try:
        assert daemon.hear("READY=1") == (f"generation 1 serves the last good configuration, {kept.saved}: {daemon.config} "
                                          "cannot be served; the log says how")
        assert is_ok(ask(daemon.socket, *ALICE)) and not is_ok(ask(daemon.socket, *BOB))
        assert complaint in daemon.log()
        assert f"{daemon.config} cannot be served; starting with the last configuration that was good, {kept.saved}" in daemon.log()
        daemon.reload(rules(database, "bob"))
        assert is_ok(ask(daemon.socket, *BOB)) and not is_ok(ask(daemon.socket, *ALICE))
    finally:
        daemon.__exit__(None, None, None)


@pytest.mark.parametrize("text, complaint", by_name(NOT_SERVED))
def test_strict_start_with_what_cannot_be_served(directory, database, programs, text, complaint):
    text, complaint = (text.replace("RUN", f"{directory}/run") for text in (text, complaint))
    said = Kept(directory, database, text + rules(database, "bob"), programs).fails("--strict-start")
    assert complaint in said and "last configuration" not in said


def test_start_beside_another_daemon(directory, database):
    """That is not the configuration's fault."""
    kept = Kept(directory, database, f"listen {directory}/taken\n{rules(database, 'bob')}")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(f"{directory}/taken")
        other.listen()
        assert "Another instance of saslauthd is currently running" in kept.fails(status=2)


def test_start_of_the_service_manager(directory, database):
    """It hands its sockets out once: also then, what is kept serves them."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{directory}/activated")
        listener.listen()
        good = f"listen {directory}/activated\n" + rules(database, "alice")
        daemon = Reloaded(directory, good)
        for text in (good, f"listen {directory}/run/none/mux\n{good.replace('alice', 'bob')}"):
            daemon.config.write_text(text)
            daemon.start_activated(listener)
            try:
                assert daemon.hear("READY=1").startswith("generation 1 ")
                assert is_ok(ask(f"{directory}/activated", *ALICE)) and not is_ok(ask(f"{directory}/activated", *BOB))
            finally:
                daemon.process.terminate()
                assert daemon.process.wait(PATIENCE) == 0
        daemon.manager.close()
    daemon.wait_log("cannot be served; starting with the last configuration that was good")


def test_start_with_another_broken_file(kept):
    """What is kept belongs to the file that it was read from."""
    other = kept.daemon.config.with_name("saslward-conf")
    shutil.copy(kept.daemon.config, other)
    kept.daemon.command[kept.daemon.command.index("--config") + 1] = str(other)
    kept.daemon.config.unlink()
    kept.fails()


TAMPERED = [
    ("writable by others", lambda saved: saved.chmod(0o602), "can be written by others"),
    ("writable by its group", lambda saved: saved.chmod(0o620), "can be written by others"),
    ("somebody else's", lambda saved: os.chown(saved, NOBODY, NOBODY), "belongs neither to root nor to you"),
    ("broken", lambda saved: saved.write_text("lisen\n"), "unknown keyword"),
    ("cut short", lambda saved: saved.write_text(saved.read_text()[:-1]), "may be cut short"),
    ("gone", lambda saved: saved.unlink(), ""),
]


@as_root
@pytest.mark.parametrize("tamper, complaint", by_name(TAMPERED))
def test_tampered_with(kept, tamper, complaint):
    tamper(kept.saved)
    said = kept.fails()
    assert complaint in said and "saslward.conf:2:1: unknown keyword \"lisen\"" in said


def test_cannot_be_kept(directory, database):
    """That is said, and keeps nobody out."""
    (directory / "file").touch()
    options = ["--state-dir", str(directory / "file/state")]
    with Reloaded(directory, rules(database, "alice"), *options) as daemon:
        daemon.wait_log("cannot keep the configuration as .*: Not a directory; a start with a broken one would fail")
        assert is_ok(ask(daemon.socket, *ALICE))
