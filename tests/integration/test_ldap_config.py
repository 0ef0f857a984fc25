# SPDX-License-Identifier: BSD-2-Clause
"""What saslwardd says of a saslauthd.conf and of the file with its password before anybody logs in, and who reads them."""
import os
import re
import signal
import subprocess

import ldif
import pytest
from client import ask, is_ok
from conftest import by_name
from daemon import PATIENCE, SASLWARDD, WRAP, Daemon
from slapd import Slapd

GOOD = f"ldap_servers: ldap://127.0.0.1/\nldap_search_base: {ldif.PEOPLE}\n"
BACKEND = "backend corp ldap config={d}/saslauthd.conf {options}\npermit service=imap user={user} with=corp\n"

# What it is, further lines of the saslauthd.conf, further options, user=, what is said; {d} is the directory. A warning
# lets the daemon start.
COMPLAINTS = [
    ("nothing", "", "", "alice", []),
    ("a scope that is none", "# x\n  ldap_scope:  tree\n", "", "alice",
     ["{d}/saslauthd.conf:4:16: ldap_scope: tree: write sub, one or base"]),
    ("every one", "ldap_version\nldap_timeout: soon\n", "", "alice",
     ["{d}/saslauthd.conf:3:1: no parameter; write NAME: VALUE, or # before a comment",
      "{d}/saslauthd.conf:4:15: ldap_timeout: soon: write a whole number"]),
    ("an unknown parameter", "ldap_serach_base: dc=x\n", "", "alice",
     ['{d}/saslauthd.conf:3:1: warning: unknown parameter "ldap_serach_base" is ignored; did you mean ldap_search_base?']),
    ("an unknown parameter inline", "", "ldap_scoop=one", "alice",
     ['{d}/saslward.conf:1:N: unknown option "ldap_scoop"; did you mean ldap_scope=?']),
    ("a bad value inline", "", "ldap_scope=tree", "alice",
     ['{d}/saslward.conf:1:N: "tree" cannot stand in ldap_scope=; write sub, one or base']),
    ("a password inline", "", "ldap_password=secret", "alice",
     ["{d}/saslward.conf:1:N: ldap_password= does not belong here; write ldap_password_file=PATH"]),
    ("what does not go together", "ldap_start_tls: yes\n", "ldap_servers=ldaps://127.0.0.1/", "alice",
     ["{d}/saslauthd.conf:1:1: ldap_start_tls: does not go together with ldaps: in ldap_servers; leave out one of them"]),
    ("what has no effect together", "ldap_start_tls: yes\nldap_referrals: yes\n", "", "alice",
     ["{d}/saslauthd.conf:1:1: warning: ldap_referrals: yes has no effect together with TLS: libldap would follow referrals "
      "without; leave it out, and name the servers in ldap_servers"]),
    ("the realm in the filter", "ldap_filter: (mail=%u@%r)\n", "", "alice",
     ["{d}/saslward.conf:2:1: user= has no realm, but in corp alice@a and alice@b are two people; add realm= or as-realm=, "
      "or write user=alice@REALM"]),
    ("the realm in the filter and in the rule", "ldap_filter: (mail=%u@%r)\n", "", "alice@example.org", []),
]


def check(directory, *options):
    """The lines that --check prints, and its status; N stands for columns in a line that has a path of any length."""
    done = subprocess.run([*WRAP, str(SASLWARDD), "--config", directory / "saslward.conf", "--check", *options],
                          capture_output=True, text=True, timeout=PATIENCE, check=False,
                          env={**os.environ, "SASLWARD_LIBEXECDIR": "/nonexistent"})
    assert done.stdout == ""
    return re.sub(r"(saslward\.conf:1):(?!1:)\d+:", r"\1:N:", done.stderr).splitlines(), done.returncode


def write(directory, lines="", options="", user="alice"):
    path = directory / "saslauthd.conf"
    path.write_text(GOOD + lines)
    path.chmod(0o600)
    (directory / "saslward.conf").write_text(BACKEND.format(d=directory, options=options, user=user))


@pytest.mark.parametrize("lines, options, user, said", by_name(COMPLAINTS))
def test_check(directory, lines, options, user, said):
    """Also where the worker program is not installed."""
    write(directory, lines, options, user)
    is_right = all("warning:" in line for line in said)
    assert check(directory) == ([line.replace("{d}", str(directory)) for line in said], 0 if is_right else 1)


def test_missing_file(directory):
    write(directory)
    (directory / "saslauthd.conf").unlink()
    assert check(directory) == ([f"{directory}/saslauthd.conf:1:1: cannot be read: No such file or directory; make it, or "
                                 "name another"], 1)


def test_file_that_others_can_write(directory):
    write(directory)
    (directory / "saslauthd.conf").chmod(0o666)
    assert check(directory) == ([f"{directory}/saslauthd.conf:1:1: can be written by others; chmod go-w it"], 1)


def test_start_with_a_configuration(directory):
    """It does not start, as with any other error."""
    write(directory, "ldap_scope: tree\n")
    done = subprocess.run([*WRAP, str(SASLWARDD), "--config", directory / "saslward.conf", "-m", directory, "-d",
                           "--state-dir", directory / "state"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    said, = done.stderr.splitlines()
    assert said.endswith(f": {directory}/saslauthd.conf:3:13: ldap_scope: tree: write sub, one or base")


def test_start_in_place_of_saslauthd(directory):
    """It starts, as saslauthd does, and says so first."""
    write(directory, "ldap_scope: tree\nldap_serach_base: dc=x\n")
    with Daemon(directory / "run", directory / "saslauthd.conf", mechanism="ldap") as daemon:
        lines = [line.split(": ", 1)[1] for line in daemon.log().splitlines()]
        assert lines[:2] == [
            f"{directory}/saslauthd.conf:3:13: ldap_scope: tree: write sub, one or base",
            f'{directory}/saslauthd.conf:4:1: warning: unknown parameter "ldap_serach_base" is ignored; did you mean '
            "ldap_search_base?"]
        assert not is_ok(ask(daemon.socket, "alice", "alice's"))


# The file with the password.

# what it is, its content, its mode, what is said of it
PASSWORD_FILES = [
    ("right", "secret\n", 0o600, None),
    ("without a newline", "secret", 0o400, None),
    ("readable by its group", "secret\n", 0o640, "can be read by others; chmod go-rwx it"),
    ("readable by all", "secret\n", 0o604, "can be read by others; chmod go-rwx it"),
    ("writable by all", "secret\n", 0o602, "can be written by others; chmod go-w it"),
    ("empty", "", 0o600, "must hold one line, the password"),
    ("two lines", "secret\nsecret\n", 0o600, "must hold one line, the password"),
    ("missing", None, None, "cannot be read: No such file or directory; make it, or name another"),
]


def write_password(directory, content, mode=0o600):
    if content is not None:
        (directory / "password").write_text(content)
        (directory / "password").chmod(mode)


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("content, mode, said", by_name(PASSWORD_FILES))
def test_check_of_a_password_file(directory, inline, content, mode, said):
    write_password(directory, content, mode)
    file = directory / "password"
    write(directory, "" if inline else f"ldap_password_file: {file}\n", f"ldap_password_file={file}" if inline else "")
    lines = [f"{directory}/saslauthd.conf:1:1: ldap_password_file {file} {said}"] if said else []
    assert check(directory) == (lines, 1 if said else 0)


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database):
    with Slapd(place / "slapd", ldap_database) as server:
        yield server


def private(server, directory):
    """Users that only the search identity sees."""
    return (f"ldap_servers: {server.url}\nldap_search_base: {ldif.PRIVATE}\nldap_bind_dn: {ldif.SEARCH}\n"
            f"ldap_password_file: {directory}/password\n")


def opened_files(pid):
    return [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]


def test_password_file(server, directory):
    """Workers get it open, read it and close it. One that is started when it is no longer there says so."""
    write(directory)
    (directory / "saslauthd.conf").write_text(private(server, directory))
    write_password(directory, ldif.SEARCH_PASSWORD + "\n")
    config = f"backend corp ldap config={directory}/saslauthd.conf workers=1\npermit service=imap with=corp\n"
    with Daemon(directory / "run", config=config, ready=["identity", "corp"]) as daemon:
        assert is_ok(ask(daemon.socket, "pat", "private pat's"))
        worker, = daemon.workers(1)
        assert str(directory / "password") not in opened_files(worker)
        (directory / "password").chmod(0o644)
        os.kill(worker, signal.SIGKILL)
        daemon.wait_log(rf"corp: ldap_password_file {directory}/password can be read by others; chmod go-rwx it")
        assert not is_ok(ask(daemon.socket, "pat", "private pat's"))
        assert daemon.last_reason() == f"{directory}/password: was not handed over by saslwardd; its log says why"
        worker, = [pid for pid in daemon.workers(1) if pid != worker]
        (directory / "password").chmod(0o600)
        os.kill(worker, signal.SIGKILL)
        daemon.wait_log(r"(?s)(corp: worker \d+ is ready.*){3}")
        assert is_ok(ask(daemon.socket, "pat", "private pat's"))


def test_password_file_in_place_of_saslauthd(server, directory):
    (directory / "saslauthd.conf").write_text(private(server, directory))
    write_password(directory, ldif.SEARCH_PASSWORD)
    with Daemon(directory / "run", directory / "saslauthd.conf", mechanism="ldap") as daemon:
        assert is_ok(ask(daemon.socket, "pat", "private pat's"))
        assert not is_ok(ask(daemon.socket, "pat", "wrong"))


def test_the_daemon_is_without_libldap():
    dynamic = subprocess.run(["readelf", "-d", str(SASLWARDD)], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert "NEEDED" in dynamic.stdout and "libldap" not in dynamic.stdout
