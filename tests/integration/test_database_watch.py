# SPDX-License-Identifier: BSD-2-Clause
"""What is kept of a sasldb's answers is never older than the sasldb, whatever is put in its place."""
import os
import shutil
import signal

import pytest
from client import ask
from conftest import by_name, set_password
from daemon import Daemon, wait_for

CONFIG = """\
listen RUN/mux vm=vmA
backend db sasldb path=DB
permit service=spice vm=any with=db as-realm=vmA cache=10m
"""
LOST = "answers of sasldbs are not cached any more; reload to watch them again"


class Tree:
    """upper/lower/db, and two links to it, of which one leads there by another."""

    def __init__(self, directory):
        self.directory = directory / "databases"
        self.make("upper/lower/db", "old")
        self.link("link", "upper/lower/db")
        self.link("place", "upper/lower")
        self.link("links", "place/db")

    def make(self, path, password):
        """A sasldb in which alice has that password."""
        database = self.directory / path
        database.parent.mkdir(parents=True, exist_ok=True)
        set_password(database, "alice", "vmA", password)
        database.chmod(0o644)

    def link(self, name, target):
        os.symlink(target, self.directory / f"{name}.new")
        self.move(f"{name}.new", name)

    def move(self, path, to):
        (self.directory / path).rename(self.directory / to)

    def remove(self, path):
        shutil.rmtree(self.directory / path)


@pytest.fixture(name="tree")
def make_tree(directory):
    return Tree(directory)


def configured(tree, path):
    run = tree.directory.parent / "run"
    return Daemon(run, config=CONFIG.replace("RUN", str(run)).replace("DB", str(tree.directory / path)))


def log_in(daemon, password):
    return ask(daemon.socket, "alice", password, "spice")


def replace_directory(tree):
    tree.move("upper/lower", "upper/before")
    tree.make("upper/lower/db", "new")


def replace_directory_above(tree):
    tree.move("upper", "before")
    tree.make("upper/lower/db", "new")


def remove_directory(tree):
    tree.remove("upper/lower")
    tree.make("upper/lower/db", "new")


def replace_link(tree):
    tree.make("other/db", "new")
    tree.link("link", "other/db")


def remove_link(tree):
    tree.make("other/db", "new")
    (tree.directory / "link").unlink()
    os.symlink("other/db", tree.directory / "link")


def replace_link_to_directory(tree):
    tree.make("other/db", "new")
    tree.link("place", "other")


def replace_behind_links(tree):
    replace_directory(tree)


REPLACED = [
    ("its directory", "upper/lower/db", replace_directory), ("a directory above", "upper/lower/db", replace_directory_above),
    ("its directory, removed", "upper/lower/db", remove_directory), ("a link", "link", replace_link),
    ("a link, removed", "link", remove_link), ("a link to a link", "links", replace_link_to_directory),
    ("a linked directory", "place/db", replace_link_to_directory), ("what links lead to", "links", replace_behind_links)]


@pytest.mark.parametrize("path, replace", by_name(REPLACED))
def test_replaced(tree, path, replace):
    """The one from before counts no more at once, and the new one, which a confined worker cannot see, with a reload."""
    with configured(tree, path) as daemon:
        assert [log_in(daemon, "old") for _ in range(2)] == [b"OK"] * 2
        replace(tree)
        assert log_in(daemon, "old") == b"NO"
        daemon.wait_log(LOST)
        front = daemon.front()
        os.kill(daemon.pid, signal.SIGHUP)
        wait_for(lambda: front not in daemon.children("saslward-front") != [], "another front")
        assert [log_in(daemon, "new") for _ in range(2)] == [b"OK"] * 2
        set_password(tree.directory / path, "alice", "vmA", "newer")
        assert [log_in(daemon, password) for password in ("new", "newer")] == [b"NO", b"OK"]
        assert daemon.log().count(LOST) == 1


def test_too_much_at_once(tree):
    """What the kernel has left out may have been anything. Nothing is kept any more, so that nothing need be watched."""
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
        events = int(file.read())
    if events > 100000:
        pytest.skip(f"{events} events are kept here")
    with configured(tree, "upper/lower/db") as daemon:
        assert log_in(daemon, "old") == b"OK"
        front = daemon.front()
        os.kill(front, signal.SIGSTOP)
        try:
            for number in range(events // 2 + 2):
                path = tree.directory / f"upper/lower/{number}"
                path.touch()
                path.unlink()
        finally:
            os.kill(front, signal.SIGCONT)
        daemon.wait_log(LOST)
        for old, new in (("old", "new"), ("new", "newer")):
            assert [log_in(daemon, old) for _ in range(2)] == [b"OK"] * 2
            set_password(tree.directory / "upper/lower/db", "alice", "vmA", new)
            assert [log_in(daemon, password) for password in (old, new)] == [b"NO", b"OK"]


@pytest.mark.skipif(os.geteuid() != 0, reason="what the front waits for is not ours to see")
def test_much_while_nobody_asks(tree):
    """All of it is read when it comes, and not with the next login."""
    with configured(tree, "upper/lower/db") as daemon:
        assert log_in(daemon, "old") == b"OK"
        with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
            events = min(int(file.read()), 100000)
        for number in range(events // 2):
            path = tree.directory / "upper/lower/other"
            path.touch()
            path.unlink()
            if number % 1000 == 0:
                wait_for(lambda: waits(daemon.front()), "the front to have read them")
        assert log_in(daemon, "old") == b"OK"
        assert LOST not in daemon.log()


def waits(pid):
    with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
        return "poll" in file.read()
