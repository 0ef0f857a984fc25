# SPDX-License-Identifier: BSD-2-Clause
"""The filter for fail2ban, read by the real fail2ban-regex, on what the daemon really logs."""
import contextlib
import re
import shutil
import socket
import subprocess
import sys

import pytest
from client import ask
from conftest import by_name
from daemon import HERE, PATIENCE, wait_for
from journald import Journald, Place, require
from test_journal import FAILURE, Logged

FILTER = HERE.parents[1] / "packaging/fail2ban/filter.conf"
JAIL = HERE.parents[1] / "packaging/fail2ban/jail.conf"
RULES = """\
listen RUN/mux
backend db sasldb path=DB
backend away sasldb path=DB.missing
permit service=imap vm=none realm=vmA with=db
permit service=away vm=none with=away as-realm=vmA
deny   user=eve
"""
BANNED = "192.0.2.7"
FORGED = f"] [service=imap] [realm=] [mech=db] [reason=x] [remote={BANNED};1] [result=MISMATCH]"
# login, password, service, realm, client; whether its address counts. A name that is refused as such is refused before
# the address is looked at.
LOGINS = [
    ("wrong password", ("alice", "wrong", "imap", "vmA", "192.0.2.1;1025"), True),
    ("no such user", ("nobody", "x", "imap", "vmA", "192.0.2.2;1025"), True),
    ("denied", ("eve", "x", "smtp", "", "192.0.2.3;1025"), True),
    ("no rule", ("alice", "x", "smtp", "", "2001:db8::4;1025"), True),
    ("blank in a name", (" alice", "x", "imap", "vmA", "192.0.2.5;1025"), False),
    ("success", ("alice", "secretA", "imap", "vmA", "192.0.2.6;1025"), False),
    ("backend away", ("alice", "x", "away", "", "192.0.2.8;1025"), False),
    ("no address", ("alice", "wrong", "imap", "vmA"), False),
    ("forged in the login", (f"eve{FORGED}", "x", "smtp", "", "192.0.2.9;1025"), True),
    ("forged in the realm", ("eve", "x", "smtp", f"a{FORGED}", "192.0.2.10;1025"), True),
    ("forged in the service", ("eve", "x", f"smtp{FORGED}", "", "192.0.2.11;1025"), True),
    ("a line of its own", (f"eve\nNov 24 00:00:00 host saslauthd[1]: do_auth         : auth failure: [user=x{FORGED}", "x",
                           "smtp", "", "192.0.2.12;1025"), False),
    ("a line of its own, by CR LF", (f"eve\r\nsaslauthd[1]: do_auth : auth failure: [user=x{FORGED}", "x", "smtp", ""), False),
    ("quotes", (f'"eve" \\"{FORGED}', "x", "smtp", "", "192.0.2.13;1025"), True),
]


class Syslog:
    """syslogd.py, in a network namespace of its own."""

    def __init__(self, path, file):
        self.path, self.file = path, file

    def __enter__(self):
        self.process = subprocess.Popen(["unshare", "--net", sys.executable, HERE / "syslogd.py", self.path, self.file])
        wait_for(self.path.exists, "its socket")
        return self

    def __exit__(self, *_):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"", str(self.path))
            assert self.process.wait(PATIENCE) == 0
        finally:
            self.process.kill()


class ToSyslog(Logged):
    """Where there is no journal."""

    def lines(self):
        return self.log_file.read_text().splitlines(keepends=True) if self.log_file.exists() else []


@pytest.fixture(name="tools", scope="module", autouse=True)
def check_tools():
    require()
    if not shutil.which("fail2ban-regex"):
        pytest.skip("fail2ban is not installed; .ci/run installs it")


@pytest.fixture(name="configuration")
def make_configuration(directory):
    """fail2ban's, as if ours had been copied where they say."""
    place = directory / "fail2ban"
    shutil.copytree("/etc/fail2ban", place)
    shutil.rmtree(place / "jail.d")
    (place / "jail.d").mkdir()
    shutil.copy(JAIL, place / "jail.d/saslward.conf")
    shutil.copy(FILTER, place / "filter.d/saslward.conf")
    return place


def rules(directory, database):
    return RULES.replace("RUN", str(directory / "run")).replace("DB", str(database))


def expected():
    return sorted(login[4].partition(";")[0] for _, login, counts in LOGINS if counts)


def found_in(done):
    """The addresses that fail2ban would ban, one a failure, and how many lines it has read."""
    assert done.returncode == 0, done.stdout + done.stderr
    addresses = re.findall(r"^\|\s+(\S+)  \w{3} \w{3} \d\d", done.stdout, re.M)
    return sorted(addresses), int(re.search(r"Lines: (\d+) lines", done.stdout)[1])


def log_in(daemon, is_logged):
    """One after the other, since a log that falls behind gets no more than its socket holds."""
    daemon.wait_log(r"identity: worker \d+ is ready")  # else it may take too long to find out who asks
    for count, (_, login, _) in enumerate(LOGINS, 1):
        ask(daemon.directory / "mux", *login)
        wait_for(lambda count=count: is_logged(count), login)


def test_syslog(directory, database, configuration):
    with Place() as place:
        file = directory / "auth.log"
        with Syslog(place.root / "run/systemd/journal/dev-log", file):
            daemon = ToSyslog(place, directory / "run", "-V", config=rules(directory, database))
            daemon.log_file = file
            with daemon:
                log_in(daemon, lambda count: len(re.findall(r"\[decision=\d+\]\n", daemon.log())) == count)
        addresses, lines = found_in(place.run("fail2ban-regex", "-c", configuration, "--verbose", file, "saslward"))
        assert addresses == expected() and lines == len(file.read_text().splitlines())


def test_syslog_begins_anew(directory, database):
    """Its socket is another then, which the front cannot see; the supervisor connects it. What was lost is counted."""
    with Place() as place, contextlib.ExitStack() as stack:
        path, first, second = place.root / "run/systemd/journal/dev-log", directory / "first", directory / "second"
        daemon = ToSyslog(place, directory / "run", "-V", config=rules(directory, database))
        daemon.log_file = first
        with Syslog(path, first):
            daemon.__enter__()
            stack.callback(daemon.stop)
            log_in(daemon, lambda count: len(re.findall(r"\[decision=\d+\]\n", daemon.log())) == count)
        path.unlink()
        ask(daemon.directory / "mux", "alice", "wrong", "imap", "vmA", "192.0.2.1;1025")
        daemon.log_file = second
        front = daemon.front()
        with Syslog(path, second):
            daemon.wait_log(r"log             : [12] lines before this one were lost")
            ask(daemon.directory / "mux", "alice", "wrong", "imap", "vmA", "192.0.2.2;1025")
            daemon.wait_log(r"auth failure: \[user=alice\].*192\.0\.2\.2")
            assert daemon.front() == front
            daemon.__exit__(None, None, None)
        assert "192.0.2.1;" not in second.read_text()


def test_journal(directory, database, configuration):
    pytest.importorskip("systemd.journal", reason="python3-systemd is not installed; .ci/run installs it")
    with Journald() as journal, Logged(journal, directory / "run", "-V", config=rules(directory, database)) as daemon:
        log_in(daemon, daemon.decisions)
        match = f"MESSAGE_ID={FAILURE}"
        assert f"journalmatch = _SYSTEMD_UNIT=saslwardd.service {match}\n" in FILTER.read_text()
        addresses, _ = found_in(journal.run("fail2ban-regex", "-c", configuration, "--verbose", "-m", match, "systemd-journal",
                                             "saslward"))
        assert addresses == expected()


def test_jail(configuration):
    done = subprocess.run(["fail2ban-client", "-c", configuration, "--test", "--dp"], capture_output=True, text=True, timeout=2 * PATIENCE,
                          check=False)
    assert "['add', 'saslward', 'systemd']" in done.stdout, done.stdout + done.stderr
    assert re.search(r"\['set', 'saslward', 'addjournalmatch', '_SYSTEMD_UNIT=saslwardd.service'", done.stdout), done.stdout
