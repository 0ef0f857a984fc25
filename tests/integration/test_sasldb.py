# SPDX-License-Identifier: BSD-2-Clause
"""The sasldb backend: databases that are missing, broken, or change under our feet, and keys that libsasl2 bends."""
import os
import shutil
import subprocess
import threading

import pytest
from client import ask, checkpass, is_ok
from conftest import SASLPASSWD2, delete_user, set_password
from daemon import SETPASS, Daemon

GOOD = ("alice", "secretA", "imap", "vmA")


def refused_for(daemon, *fields):
    """The reason in the log of a request that is refused."""
    assert not is_ok(ask(daemon.socket, *fields))
    return daemon.last_reason()


def mismatch_or_unknown(reason):
    return reason == "wrong password" or reason.startswith("no such user")


def garbage(path):
    path.write_bytes(os.urandom(12288))


def damaged_header(path):
    data = path.read_bytes()
    path.write_bytes(data[:12] + b"\xff" * 60 + data[72:])


BROKEN = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "one byte": lambda path: path.write_bytes(b"x"),
    "garbage": garbage,
    "text": lambda path: path.write_text("alice:secretA\n" * 1000),
    "header cut": lambda path: os.truncate(path, 100),
    "one page": lambda path: os.truncate(path, 4096),
    "last page cut": lambda path: os.truncate(path, path.stat().st_size - 1000),
    "header damaged": damaged_header,
    "directory": lambda path: (path.unlink(), path.mkdir()),
    "dangling link": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "link to itself": lambda path: (path.unlink(), path.symlink_to(path)),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_database(directory, database, how):
    """Could not tell is not "wrong password": the reason names the file, right and wrong passwords alike; and when
    the database is mended, the next request is answered from it, by the same workers."""
    whole = shutil.copy(database, directory / "whole")
    with Daemon(directory / "run", database) as daemon:
        assert is_ok(ask(daemon.socket, *GOOD))
        workers = daemon.workers(2)
        BROKEN[how](database)
        for fields in (("alice", "wrong", "imap", "vmA"), ("nobody", "x", "imap", "vmA")):
            reason = refused_for(daemon, *fields)
            assert str(database) in reason and not mismatch_or_unknown(reason)
        if is_ok(ask(daemon.socket, *GOOD)):  # its page may be one of those that are left
            assert how == "last page cut"
        if database.is_dir():
            database.rmdir()
        os.replace(whole, database)
        assert is_ok(ask(daemon.socket, *GOOD))
        assert refused_for(daemon, "alice", "wrong", "imap", "vmA") == "wrong password"
        assert sorted(daemon.workers(2)) == sorted(workers)


def test_reason_of_a_missing_database(directory):
    missing = directory / "none"
    with Daemon(directory / "run", missing) as daemon:
        assert refused_for(daemon, *GOOD) == f"{missing}: No such file or directory"
        set_password(missing, "alice", "vmA", "secretA")
        assert is_ok(ask(daemon.socket, *GOOD))


def test_reason_of_an_empty_database(directory):
    (directory / "empty").touch()
    with Daemon(directory / "run", directory / "empty") as daemon:
        assert refused_for(daemon, *GOOD) == f"{directory}/empty: empty file, no database"


def test_no_user_in_it(directory, database):
    """A database without users is a database."""
    delete_all = directory / "nobody"
    set_password(delete_all, "gone", "vmA", "x")
    delete_user(delete_all, "gone", "vmA")
    with Daemon(directory / "run", delete_all) as daemon:
        assert refused_for(daemon, *GOOD) == "no such user in realm vmA"


def test_password_changes(daemon, database):
    for password in ("uno-1", "dos-2", "tres-3"):
        set_password(database, "alice", "vmA", password)
        assert is_ok(ask(daemon.socket, "alice", password, "imap", "vmA"))
        assert refused_for(daemon, *GOOD) == "wrong password"


def test_user_comes_and_goes(daemon, database):
    for _ in range(3):
        assert refused_for(daemon, "frank", "pw", "imap", "vmA") == "no such user in realm vmA"
        set_password(database, "frank", "vmA", "pw")
        assert is_ok(ask(daemon.socket, "frank", "pw", "imap", "vmA"))
        delete_user(database, "frank", "vmA")
    assert refused_for(daemon, "frank", "pw", "imap", "vmA") == "no such user in realm vmA"


def test_replaced_by_rename(daemon, directory, database):
    set_password(directory / "new", "alice", "vmA", "renamed")
    os.replace(directory / "new", database)
    assert is_ok(ask(daemon.socket, "alice", "renamed", "imap", "vmA"))
    assert refused_for(daemon, *GOOD) == "wrong password"
    assert refused_for(daemon, "bob", "b" * 200, "imap", "vmA") == "no such user in realm vmA"


def test_rewritten_while_read(daemon, database):
    """saslpasswd2 writes in place, without a lock: right logins are right all the same, wrong ones never pass."""
    stop = threading.Event()
    failed = []

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            done = subprocess.run([SASLPASSWD2, "-p", "-c", "-f", str(database), "-u", "vmA", f"user{number % 40}"],
                                  input=b"x" * (number % 300 + 1), capture_output=True, timeout=60, check=False)
            if done.returncode != 0:
                failed.append(done)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(400):
            assert is_ok(ask(daemon.socket, *GOOD))
        for _ in range(100):
            reason = refused_for(daemon, "alice", "wrong", "imap", "vmA")
            assert reason in ("wrong password", f"{database}: changes while it is read")
    finally:
        stop.set()
        writer.join()
    assert not failed
    assert is_ok(ask(daemon.socket, *GOOD))


# (login, realm, password that libsasl2's own look-up takes, though it belongs to another key)
BENT = [
    ("alice@vmA", "vmB", "secretA"),
    ("alice@vmA", "", "secretA"),
    ("alice@vmA@vmB", "vmB", "secretA"),
    ("alice ", "vmA", "secretA"),
    ("\talice", "vmA", "secretA"),
    ("eve ", "x", "eve-x"),
    ("alice", "vmA ", "secretA"),
    ("alice", "vmA@vmB", "secretA"),
    ("alice@", "vmA", "secretA"),
    ("@alice", "vmA", "secretA"),
    ("alice", "@vmA", "secretA"),
]


@pytest.mark.parametrize("login, realm, password", BENT)
def test_only_the_key_asked_for(daemon, login, realm, password):
    reason = refused_for(daemon, login, password, "imap", realm)
    assert reason in ("blank in name", "control byte in login") or reason.startswith("no such user in realm "), reason


@pytest.mark.parametrize("user", ["alice@vmA@", "alice@vmA@vmB", "eve @x", "alice @vmA", "alice@ vmA"])
def test_only_the_key_asked_for_through_libsasl(daemon, user):
    """As a remote user types it, through the library that splits it at its last "@"."""
    for password in ("secretA", "secretB", "eve-x", "eve-host", "secretH"):
        assert not checkpass(daemon.socket, user, password)


def test_case_matters(daemon):
    for login, realm in (("Alice", "vmA"), ("ALICE", "vmA"), ("alice", "VMA"), ("alice", "vma")):
        assert refused_for(daemon, login, "secretA", "imap", realm).startswith("no such user in realm")


def test_entry_without_a_password(directory, database):
    """Some mechanism's secret is kept for that user, but no password."""
    subprocess.run([SETPASS, str(database), "vmA", "grace", "cmusaslsecretOTP"], input=b"pw", check=True, timeout=60)
    with Daemon(directory / "run", database) as daemon:
        assert refused_for(daemon, "grace", "pw", "imap", "vmA") == "no such user in realm vmA"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_only_root_may_read_it(directory, database):
    """As saslpasswd2 leaves it: the workers have the one capability that this takes."""
    os.chown(database, 0, 0)
    database.chmod(0o600)
    directory.chmod(0o711)
    with Daemon(directory / "run", database) as daemon:
        assert is_ok(ask(daemon.socket, *GOOD))


def test_relative_path(directory, database):
    """The daemon leaves the directory it was started in; the database it was given stays the same."""
    here = os.getcwd()
    os.chdir(directory)
    try:
        with Daemon(directory / "run", database.name) as daemon:
            assert is_ok(ask(daemon.socket, *GOOD))
    finally:
        os.chdir(here)
