# SPDX-License-Identifier: BSD-2-Clause
"""What the daemon tells a real systemd-journald of each decision."""
import contextlib
import json
import os
import re
import signal
import time

import manual
import pytest
from client import ask
from commands import saslward, too_wide
from conftest import by_name
from daemon import SASLWARD, SLOW, Daemon, in_time, wait_for
from journald import Journald, require

SUCCESS, FAILURE, UNAVAILABLE, REPEATED, LEFT_OUT = (
    "9d18425d3af3411a9119c6fbd6476abc", "59b0af226b3e477eb981914cc8407a56", "026347d4d13444789a46b3c08dc14e61",
    "78c1e39919ad48518ca55dd1766529c2", "f6bf22f0f2534ce9ada0c162bb2eb3d1")
RULES = """\
listen RUN/mux
listen RUN/a vm=vmA name=a
listen RUN/b vm=vmB
backend db sasldb path=DB
backend away sasldb path=DB.missing
permit service=spice vm=vmA with=db as-realm=vmA
permit service=imap vm=none realm=vmA with=db
permit service=away vm=none with=away as-realm=vmA
deny   service=spice user=eve reason="left the company"
"""


class Logged(Daemon):
    """Logs to that journal, as under a service manager."""

    def __init__(self, journal, directory, *options, **more):
        self.journal = journal
        super().__init__(directory, None, *options, prefix=journal.prefix, ready=(), **more)
        self.command[self.command.index("-d")] = "-f"

    def __enter__(self):
        self.earlier = len(self.lines())
        return super().__enter__()

    def lines(self):
        return [f"{entry['MESSAGE']}\n" for entry in self.journal.entries("SYSLOG_IDENTIFIER=saslauthd")]

    def log(self):
        """Without those of the daemons before it."""
        return "".join(self.lines()[self.earlier:])

    def decisions(self, count, *matches):
        """The records of the last logins, once there are so many."""
        return self.journal.wait_for(count, *matches, f"MESSAGE_ID={SUCCESS}", f"MESSAGE_ID={FAILURE}",
                                     f"MESSAGE_ID={UNAVAILABLE}")


@pytest.fixture(name="journal", scope="module")
def make_journal():
    require()
    with Journald() as journal:
        yield journal


@pytest.fixture(name="daemon")
def make_daemon(journal, directory, database):
    run = directory / "run"
    rules = RULES.replace("RUN", str(run)).replace("DB", str(database))
    with Logged(journal, run, config=rules) as daemon:
        yield daemon


def of(entry):
    """Our fields, without their prefix."""
    return {name[9:]: value for name, value in entry.items() if name.startswith("SASLWARD_")}


# socket, login, password, service, realm; what is in the record; the kind; the priority
LOGINS = [
    ("success", ("a", "alice", "secretA", "spice", "x"),
     {"RESULT": "OK", "USER": "alice", "REALM": "x", "SERVICE": "spice", "VM": "vmA", "BACKEND": "db"}, SUCCESS, "7"),
    ("wrong password", ("mux", "alice", "wrong", "imap", "vmA"),
     {"RESULT": "MISMATCH", "REASON": "wrong password", "BACKEND": "db"}, FAILURE, "6"),
    ("no such user", ("mux", "nobody", "wrong", "imap", "vmA"), {"RESULT": "UNKNOWN", "BACKEND": "db"}, FAILURE, "6"),
    ("denied", ("b", "eve", "x", "spice", ""),
     {"RESULT": "DENIED", "REASON": "left the company", "BACKEND": "rules", "VM": "vmB"}, FAILURE, "6"),
    ("no rule", ("mux", "alice", "x", "smtp", ""), {"RESULT": "DENIED", "BACKEND": "rules"}, FAILURE, "6"),
    ("backend away", ("mux", "alice", "x", "away", ""), {"RESULT": "UNAVAILABLE", "BACKEND": "away"}, UNAVAILABLE, "6"),
    ("client address", ("mux", "alice", "wrong", "imap", "vmA", "192.0.2.7;1025"), {"REMOTE": "192.0.2.7;1025"}, FAILURE,
     "6"),
]


@pytest.mark.parametrize("login, fields, kind, priority", by_name(LOGINS))
def test_a_decision_is_a_record(daemon, login, fields, kind, priority):
    before = len(daemon.decisions(0))
    ask(daemon.directory / login[0], *login[1:])
    entry = daemon.decisions(before + 1)[-1]
    found = of(entry)
    assert {name: found.get(name) for name in fields} == fields
    assert (entry["MESSAGE_ID"], entry["PRIORITY"], entry["SYSLOG_FACILITY"]) == (kind, priority, "4")
    assert (entry["SYSLOG_IDENTIFIER"], entry["_PID"]) == ("saslauthd", str(daemon.front()))
    outcome = "success" if kind == SUCCESS else "failure"
    assert entry["MESSAGE"].startswith(f"do_auth         : auth {outcome}: [user={login[1]}] [service={login[3]}] ")
    assert entry["MESSAGE"].endswith(f" [decision={found['DECISION']}]")
    assert int(found["DURATION_USEC"]) >= 0 and found["SOCKET"] == str(daemon.directory / login[0])
    assert found["PEER_UID"] == str(os.geteuid()) and re.fullmatch("[0-9a-f]{16}", found["CONFIG"])
    assert "secretA" not in str(entry)


def test_the_rule_is_in_the_record(daemon):
    before = len(daemon.decisions(0))
    ask(daemon.directory / "a", "alice", "secretA", "spice", "")
    assert of(daemon.decisions(before + 1)[-1])["RULE"] == (
        f"{daemon.config}:6: permit service=spice vm=vmA with=db as-realm=vmA")


def test_numbers_go_on_over_a_reload_and_the_hash_changes(daemon):
    before = len(daemon.decisions(0))
    ask(daemon.directory / "mux", "alice", "wrong", "imap", "vmA")
    daemon.config.write_text("# laid out otherwise\n" + daemon.config.read_text())
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "generation 2 has relieved" in daemon.log(), "the reload")
    ask(daemon.directory / "mux", "alice", "wrong", "imap", "vmA")
    daemon.config.write_text(daemon.config.read_text() + "deny user=eve\n")
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "generation 3 has relieved" in daemon.log(), "the other reload")
    ask(daemon.directory / "mux", "alice", "wrong", "imap", "vmA")
    first, second, third = map(of, daemon.decisions(before + 3)[-3:])
    assert [int(entry["DECISION"]) - int(first["DECISION"]) for entry in (first, second, third)] == [0, 1, 2]
    assert first["CONFIG"] == second["CONFIG"] != third["CONFIG"]


def test_channels_are_one_record_and_a_count(daemon):
    before, told = len(daemon.decisions(0)), len(daemon.journal.entries(f"MESSAGE_ID={REPEATED}"))
    for _ in range(4):
        assert ask(daemon.directory / "a", "alice", "secretA", "spice", "") == b"OK"
    repeated = of(daemon.journal.wait_for(told + 1, f"MESSAGE_ID={REPEATED}")[-1])
    entries = daemon.decisions(before + 1)
    assert len(entries) == before + 1 and repeated["REPEATS"] == "3"
    assert {**of(entries[-1]), "REPEATS": "3"} == repeated


def test_the_count_is_told_at_the_end(journal, directory, database):
    told = len(journal.entries(f"MESSAGE_ID={REPEATED}"))
    rules = RULES.replace("RUN", str(directory / "run")).replace("DB", str(database))
    with Logged(journal, directory / "run", config=rules) as daemon:
        for _ in range(3):
            ask(daemon.directory / "a", "alice", "secretA", "spice", "")
    assert of(journal.wait_for(told + 1, f"MESSAGE_ID={REPEATED}")[-1])["REPEATS"] == "2"


NAMES = ["eve\nMESSAGE=auth success: [user=root]\nSASLWARD_USER=root", 'eve" [result=OK]', "eve] [reason=x] [user=root",
         "eve\\x5d", "\x1b[2J", "eve\r\n", "Ünï", "x" * 900]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_forges_nothing(daemon, name):
    before = len(daemon.decisions(0))
    ask(daemon.directory / "mux", name, "x", "smtp", "")
    entries = daemon.decisions(before + 1)
    assert len(entries) == before + 1
    entry = entries[-1]
    assert isinstance(entry["MESSAGE"], str) and "\n" not in entry["MESSAGE"] + entry["SASLWARD_USER"]
    assert entry["SASLWARD_USER"].startswith(name[:3].replace("\x1b", "\\x1b"))
    assert entry["MESSAGE"].count("[user=") == 1 and entry["SASLWARD_RESULT"] == "DENIED"


def test_a_burst_is_limited_for_its_asker_only(daemon):
    """The VM's and the process's own are two askers."""
    before = len(daemon.decisions(0))
    begun = time.monotonic()
    for _ in range(1100):
        ask(daemon.directory / "b", "eve", "x", "spice", "")
    in_time(time.monotonic() - begun, 10)  # what the log counts as one burst
    daemon.journal.run("journalctl", "--sync")  # it has room again
    ask(daemon.directory / "mux", "alice", "wrong", "imap", "vmA")
    left_out = daemon.journal.wait_for(1, f"MESSAGE_ID={LEFT_OUT}")[-1]
    entries = daemon.decisions(0)
    lost = sum(map(int, re.findall(r"(\d+) lines before this one were lost", daemon.log())))
    assert of(entries[-1])["SERVICE"] == "imap" and len(entries) - before + lost == 1001
    assert left_out["MESSAGE"].endswith("100 logins of vm vmB were not logged: more than 1000 in 10 s")
    assert of(left_out) == {"ASKER": "vm vmB", "LEFT_OUT": "100"}


def test_a_journal_that_stands_still_delays_nobody(journal, directory, database):
    """What it did not take is counted."""
    rules = RULES.replace("RUN", str(directory / "run")).replace("DB", str(database))
    with Logged(journal, directory / "run", config=rules) as daemon:
        os.kill(journal.process.pid, signal.SIGSTOP)
        try:
            begun = time.monotonic()
            for _ in range(900):
                ask(daemon.directory / "mux", "alice", "x", "smtp", "")
            in_time(time.monotonic() - begun, 30 * SLOW)
        finally:
            os.kill(journal.process.pid, signal.SIGCONT)
        # told with the first line that it takes again
        wait_for(lambda: ask(daemon.directory / "mux", "alice", "x", "smtp", "") and
                 re.search(r"\d+ lines before this one were lost", daemon.log()), "what was lost")


def text_of(done):
    """What was printed, on any number of lines."""
    assert not too_wide(done.stdout)
    return " ".join(done.stdout.split())


@pytest.fixture(name="past")
def make_past(daemon):
    """A daemon that has decided, and its decisions."""
    before = len(daemon.decisions(0))
    for _ in range(4):
        ask(daemon.directory / "a", "alice", "secretA", "spice", "x")
    ask(daemon.directory / "b", "eve", "x", "spice", "")
    ask(daemon.directory / "mux", "alice", "wrong", "imap", "vmA")
    return daemon, [of(entry) for entry in daemon.decisions(before + 3)[before:]]


# options; the users of the lines, as far as this test's decisions go
FILTERS = [
    ("all", [], ["alice", "eve", "alice"]),
    ("a VM", ["--vm", "vmB"], ["eve"]),
    ("a user", ["--user", "alice"], ["alice", "alice"]),
    ("a service", ["--service", "imap"], ["alice"]),
    ("a result", ["--result", "DENIED"], ["eve"]),
    ("two", ["--vm", "vmA", "--user", "alice"], ["alice"]),
    ("an hour", ["--since", "-1h"], ["alice", "eve", "alice"]),
    ("nobody", ["--user", "nobody at all"], []),
    ("later", ["--since", "2999-01-01"], []),
]


@pytest.mark.parametrize("options, users", by_name(FILTERS))
def test_log(past, options, users):
    daemon, decisions = past
    numbers = {entry["DECISION"] for entry in decisions}
    done = daemon.journal.run(SASLWARD, "log", *options)
    assert done.returncode == 0 and not done.stderr and not too_wide(done.stdout)
    assert done.stdout.splitlines()[0].split() == ["Time", "Decision", "User", "Service", "VM", "Result"]
    rows = [line.split() for line in done.stdout.splitlines()[1:] if re.match(r"\d\d-\d\d ", line)]
    assert [row[3] for row in rows if row[2] in numbers] == users
    listed = json.loads(daemon.journal.run(SASLWARD, "log", "--json", *options).stdout)
    assert [row["user"] for row in listed if row.get("decision") in numbers] == users


def test_log_counts_channels(journal, directory, database):
    rules = RULES.replace("RUN", str(directory / "run")).replace("DB", str(database))
    with Logged(journal, directory / "run", config=rules) as daemon:
        before = len(daemon.decisions(0))
        for _ in range(4):
            ask(daemon.directory / "a", "alice", "secretA", "spice", "")
        number = of(daemon.decisions(before + 1)[-1])["DECISION"]
    assert f"{number}  alice" in journal.run(SASLWARD, "log").stdout
    listed = json.loads(journal.run(SASLWARD, "log", "--json").stdout)
    assert [row["answers"] for row in listed if row.get("decision") == number] == [4]


def test_log_believes_the_daemon_only(past):
    """Anybody can send the journal anything."""
    daemon, _ = past
    forged = (f"MESSAGE=forged\\nMESSAGE_ID={SUCCESS}\\nSASLWARD_DECISION=99\\nSASLWARD_USER=mallory\\n"
              "SASLWARD_RESULT=OK\\n_UID=0\\n")
    send = ("import os, socket; os.setuid(12345); s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
            f"s.sendto(b'{forged}', '/run/systemd/journal/socket')")
    assert daemon.journal.run("/usr/bin/python3", "-c", send).returncode == 0
    assert daemon.journal.wait_for(1, "SASLWARD_USER=mallory")
    assert "mallory" not in daemon.journal.run(SASLWARD, "log").stdout
    done = daemon.journal.run(SASLWARD, "explain", "99", "-m", daemon.directory, "--config", daemon.config)
    assert (done.returncode, done.stdout) == (2, "")


def test_log_without_a_journal(directory):
    done = saslward("log", "-D", directory)
    assert (done.returncode, done.stdout) == (2, "") and "/var/log/auth.log" in done.stderr


@pytest.mark.parametrize("running", [True, False], ids=["by the daemon", "by the journal"])
def test_explain_a_decision(journal, directory, database, running):
    """Also after the file was edited, read anew, and the daemon has ended."""
    rules = RULES.replace("RUN", str(directory / "run")).replace("DB", str(database))
    with contextlib.ExitStack() as stack:
        daemon = stack.enter_context(Logged(journal, directory / "run", config=rules))
        before = len(daemon.decisions(0))
        ask(daemon.directory / "b", "eve", "x", "spice", "here")
        number = of(daemon.decisions(before + 1)[-1])["DECISION"]
        explain = SASLWARD, "explain", number, "-m", daemon.directory, "--config", daemon.config
        done = journal.run(*explain)
        assert done.returncode == 1 and "The configuration says the same today" in text_of(done)
        daemon.write(rules.replace("user=eve", "user=mallory") + "permit service=spice vm=vmB user=eve with=db realm=here\n")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "generation 2 has relieved" in daemon.log(), "the reload")
        if not running:
            stack.close()
        done = journal.run(*explain)
        text = text_of(done)
        assert done.returncode == 1 and not done.stderr, done.stderr
        assert f"Decision {number}, 2" in text and "Result DENIED: left the company" in text
        assert f'{daemon.config}:9: deny service=spice user=eve reason="left the company"' in text
        assert "The configuration has changed since" in text and "Would be let in if db accepts" in text
        found = json.loads(journal.run(*explain, "--json").stdout)
        assert found["changed"] and found["today"]["verdict"] == "let-in"
        assert (found["decision"]["user"], found["decision"]["realm"], found["decision"]["vm"]) == ("eve", "here", "vmB")


def test_the_manual_lists_every_field(past):
    daemon, _ = past
    text = manual.source("saslwardd.8")
    entries = daemon.decisions(1) + daemon.journal.entries(f"MESSAGE_ID={REPEATED}") + daemon.journal.entries(f"MESSAGE_ID={LEFT_OUT}")
    assert {name for entry in entries for name in entry if name.startswith("SASLWARD_") and f"_{name}_" not in text} == set()
    assert [kind for kind in (SUCCESS, FAILURE, UNAVAILABLE, REPEATED, LEFT_OUT) if f"_{kind}_" not in text] == []
