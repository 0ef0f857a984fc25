# SPDX-License-Identifier: BSD-2-Clause
"""The commands of saslward that ask a running daemon over its control socket."""
import contextlib
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from client import Raw, ask, is_ok
from commands import as_json, saslward, too_wide
from conftest import by_name, set_password
from daemon import PATIENCE, SASLWARD, SLOW, WRAP, Daemon, in_time, wait_for
from fakes import Programs
from reloading import ALICE, BOB, Reloaded, rules
from test_cache import Counted
from test_cli import read_until
from test_control import RULES, Control
from test_last_good import Kept
from test_reload import Held, between


@pytest.fixture(name="daemon")
def make_daemon(directory, database):
    run = directory / "run"
    with Daemon(run, config=RULES.replace("RUN", str(run)).replace("DB", str(database)), ready=["identity"]) as daemon:
        yield daemon


# whom to ask

class Impostor(threading.Thread):
    """Answers one connection to a control socket with these bytes, and closes it."""

    def __init__(self, directory, answer):
        super().__init__()
        self.answer = answer
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(directory / "control"))
        self.socket.listen()

    def run(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(self.answer)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.join()
        self.socket.close()


def ask_as_vm(directory, *options, vm="vmA", user="alice", password="secretA"):
    return saslward("test", "--vm", vm, "-m", directory, "-u", user, "-p", password, "-s", "spice", *options)


def test_nobody_listens(directory):
    done = ask_as_vm(directory)
    assert (done.returncode, done.stdout) == (255, "0: ")
    assert done.stderr == f"no daemon listens on {directory}/control; start it, or name its directory with -m\n"
    assert "control: File name too long" in ask_as_vm("/x" * 100).stderr


ANSWERS = [
    ("nothing", b"", "closed the connection; root may ask, and the group saslward"),
    ("half a line", b'{"version":1}', "closed the connection"),
    ("no JSON", b"hello\n", "what answers there is no saslwardd"),
    ("no object", b"[]\n", "what answers there is no saslwardd"),
    ("an error", b'{"error":"not today"}\n', "the daemon says: not today"),
]


@pytest.mark.parametrize("answer, text", by_name(ANSWERS))
def test_what_is_no_answer(directory, answer, text):
    with Impostor(directory, answer):
        done = ask_as_vm(directory)
    assert (done.returncode, done.stdout) == (255, "0: ")
    assert text in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_without_permission(daemon):
    done = saslward("test", "--vm", "vmA", "-m", daemon.directory, "-u", "alice", "-p", "x", user=65534)
    assert done.returncode == 255
    assert done.stderr == f"{daemon.directory}/control: permission denied; root may ask, and the group saslward\n"


# saslward test --vm

AS_VM = [
    ("right", {}, 0),
    ("wrong password", {"password": "wrong"}, 255),
    ("another VM", {"vm": "vmB"}, 255),
]


@pytest.mark.parametrize("how, status", by_name(AS_VM))
def test_as_a_vm(daemon, how, status):
    done = ask_as_vm(daemon.directory, **how)
    line = 'OK "Success."' if status == 0 else 'NO "authentication failed"'
    assert (done.returncode, done.stdout, done.stderr) == (status, f"0: {line}\n", "")
    assert daemon.last_login()["vm"] == f"{how.get('vm', 'vmA')} by socket"


def test_as_a_vm_by_its_own_socket(directory, database):
    """What the rules say of socket= is asked as of the VM's, not of whatever other there is."""
    run = directory / "run"
    config = (f"listen {run}/mux name=common\nlisten {run}/own vm=own name=owner\nbackend db sasldb path={database}\n"
              "deny socket=common\npermit service=spice vm=own socket=owner with=db as-realm=vmA\n"
              "permit service=spice vm=else socket=common with=db as-realm=vmA\n")
    with Daemon(run, config=config) as daemon:
        done = ask_as_vm(run, vm="own")
        assert (done.returncode, done.stdout) == (0, '0: OK "Success."\n')
        assert daemon.last_login()["rule"].endswith("saslward.conf:5")
        assert is_ok(ask(run / "own", "alice", "secretA", "spice"))
        assert ask_as_vm(run, vm="else").returncode == 255
        assert daemon.last_login()["rule"].endswith("saslward.conf:4")


def test_as_a_vm_again_and_again(daemon):
    done = ask_as_vm(daemon.directory, "-R", 2, "-r", "whatever is typed")
    assert (done.returncode, done.stdout) == (0, '0: OK "Success."\n1: OK "Success."\n')


def test_the_log_names_it(daemon):
    """Who fails on vm= only learns how to ask as a VM."""
    ask(daemon.socket, "alice", "secretA", "spice")
    assert daemon.last_reason().endswith("but for vm=: no VM asks; try: saslward test --vm NAME")


@pytest.mark.parametrize("options", [["-m", "/tmp"], ["--vm"]])
def test_wrong_usage_of_test(options):
    assert saslward("test", "-u", "alice", "-p", "x", *options).returncode == 1


# saslward status

def log_in(daemon):
    """5 logins: 3 OK, of which one is kept; a wrong password; one that no rule permits."""
    for name, *login in (("mux", "alice", "secretA", "imap", "vmA"), ("mux", "alice", "wrong", "imap", "vmA"),
                         ("mux", "alice", "secretA", "imap", "vmB"), ("a", "alice", "secretA", "spice", ""),
                         ("a", "alice", "secretA", "spice", "")):
        ask(daemon.directory / name, *login)


def status(daemon, *options):
    return saslward("status", "-m", daemon.directory, *options)


def test_status(daemon):
    log_in(daemon)
    done = status(daemon)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"OK: up for \d+ s, 5 logins answered", lines[0])
    assert not too_wide(done.stdout), done.stdout
    rows = [re.split(r" {2,}", line.strip()) for line in lines]
    assert ["Backend", "Kind", "Workers", "Idle", "Busy", "Starting", "Waiting", "Failed"] in rows
    assert any(row[:3] == ["db", "sasldb", "5"] and len(row) == 8 for row in rows)
    assert [str(daemon.directory / "a"), "0666", "a", "vmA", "vm vmA"] in [row[:5] for row in rows]
    assert [str(daemon.directory / "mux"), "0666", "-", "-"] in [row[:4] for row in rows]
    assert ["Refused since", "Logins"] in rows and ["wrong password", "1"] in rows and ["no rule permits it", "1"] in rows
    assert "Logins in the last 10 s: " in done.stdout and "penalties: 0." in done.stdout
    assert ["imap", "1", "1", "0", "0", "0"] in rows
    assert ["vmA", "2", "0", "0", "0", "0"] in rows
    assert "Answered by the rules alone: 1; a backend: 3; another's flight: 0; the cache: 1;" in " ".join(lines)
    assert re.search(r"^Latency: median within \d+ .?s, 99 of 100 within \d+ .?s\.$", done.stdout, re.M)


def test_status_of_long_names(directory, database):
    """They are shortened, and end as they do."""
    long = directory / ("run-" + "x" * (62 - len(str(directory))))
    config = (f"listen {long}/mux\nlisten {long}/a vm={'m' * 60} name={'n' * 40}\n"
              f"backend {'b' * 34} sasldb path={database}\npermit vm=any with={'b' * 34} as-realm=vmA\n")
    with Daemon(long, config=config) as daemon:
        assert len(str(daemon.socket)) > 66
        ask(long / "a", "alice", "secretA", "s" * 200)
        for _ in range(20):
            ask(long / "a", "nobody", "Grüße, ein langer Name" * 3, "日本語" * 20)
        done = status(daemon)
    assert done.returncode == 0 and not too_wide(done.stdout), done.stdout
    assert re.search(r"^ /\S+\.\.\.x+/mux +0666", done.stdout, re.M) and "\\x" not in done.stdout
    assert re.search(r"^ s+\.\.\.s+ +1 ", done.stdout, re.M)


def test_status_shows_the_last_errors(directory, database):
    with Daemon(directory / "run", database) as daemon:
        os.kill(daemon.workers(2)[0], signal.SIGKILL)
        daemon.wait_log("killed by signal|worker .* was killed|SIGKILL")
        lines = wait_for(lambda: "The last warnings and errors:" in (shown := status(daemon).stdout) and shown, "it")
    assert re.search(r"^ - 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d worker: sasldb worker \(pid \d+\)", lines, re.M) and not too_wide(lines)


def test_status_before_any_login(daemon):
    done = status(daemon)
    assert done.returncode == 0 and "Latency" not in done.stdout and "Service" not in done.stdout


def test_status_for_programs(daemon):
    found, code = as_json(status(daemon, "--json"))
    assert (code, found["state"], found["version"]) == (0, "OK", 1)
    assert found["text"].startswith("up for ") and "answers" in found


def test_status_of_nobody(directory):
    done = saslward("status", "-m", directory)
    assert (done.returncode, done.stdout) == (
        2, f"CRITICAL: no daemon listens on {directory}/control; start it, or name its directory with -m\n")
    found, code = as_json(saslward("status", "-m", directory, "--json"))
    assert (code, found["state"]) == (2, "CRITICAL") and "no daemon listens" in found["text"]


def backend(**members):
    return {"name": "db", "mechanism": "sasldb", "workers": 5, "idle": 5, "busy": 0, "starting": 0, "waiting": 0,
            "failed_starts": 0, **members}


HEALTH = [
    ("all well", backend(), 0, "OK: up for 2 h 5 min, 7 logins answered"),
    ("busy", backend(idle=0, busy=5, waiting=100), 0, "OK: "),
    ("fewer, but nobody waits", backend(idle=1), 0, "OK: "),
    ("fewer, and one waits", backend(idle=0, busy=2, waiting=1), 1, "WARNING: backend db: 2 of 5 workers are ready, and logins wait: 1"),
    ("starts fail", backend(idle=4, failed_starts=2), 1,
     "WARNING: backend db: 2 starts of a worker in a row failed; the log says why"),
    ("no worker, starts fail", backend(idle=0, failed_starts=2, waiting=3), 2,
     "CRITICAL: backend db: no worker is ready, 2 starts in a row failed; the log says why"),
    ("no worker yet", backend(idle=0, starting=5), 0, "OK: "),
]


@pytest.mark.parametrize("found, code, text", by_name(HEALTH))
def test_health(directory, found, code, text):
    """What real workers cannot be made to show at one moment."""
    answer = {"version": 1, "uptime_sec": 7505, "answers": {"total": 7}, "backends": [backend(name="other"), found]}
    with Impostor(directory, json.dumps(answer).encode() + b"\n"):
        done = saslward("status", "-m", directory)
    assert done.returncode == code
    assert done.stdout.startswith(text)


def test_a_backend_without_workers(directory):
    programs = Programs(directory)
    programs.add("shadow", "sys.exit(1)")
    with programs.daemon("backend fake shadow\npermit with=fake\n", ready=()) as daemon:
        done = wait_for(lambda: (done := status(daemon)).returncode == 2 and done, "a failed start")
        assert done.stdout.startswith("CRITICAL: backend fake: no worker is ready, ")


def test_watch_on_a_terminal(daemon):
    """It draws again over what it drew before."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(SASLWARD, [str(SASLWARD), "status", "--watch", "-m", str(daemon.directory)])
    seen = b""
    while seen.count(b"\x1b[H\x1b[JOK: up for ") < 2:
        seen += read_until(terminal, b"Backend")
    os.write(terminal, b"\x03")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT
    os.close(terminal)


def test_watch_in_a_pipe(daemon):
    command = [str(SASLWARD), "status", "--watch", "-m", str(daemon.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        for _ in range(2):
            assert next(line for line in watching.stdout if "up for" in line).startswith("OK: ")
        watching.send_signal(signal.SIGINT)
        assert "\x1b" not in watching.stdout.read()


# saslward metrics

def test_metrics(daemon):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    log_in(daemon)
    ask(daemon.socket, "alice", "x", 'with "quotes" and \\', "vmA")
    with Raw(daemon.socket) as cut_short:
        assert cut_short.send(b"\0").end().reply().startswith(b"NO")
    done = saslward("metrics", "-m", daemon.directory)
    assert (done.returncode, done.stderr) == (0, "")
    families = {family.name: family for family in parser.text_string_to_metric_families(done.stdout)}
    samples = {(sample.name, *sorted(sample.labels.items())): sample.value
               for family in families.values() for sample in family.samples}
    assert samples["saslward_answers_total", ("result", "OK")] == 3
    assert samples["saslward_answers_total", ("result", "DENIED")] == 2
    assert samples["saslward_answers_by_source_total", ("source", "cache")] == 1
    assert samples["saslward_answers_by_backend_total", ("backend", "db"), ("result", "MISMATCH")] == 1
    assert samples["saslward_answers_by_service_total", ("result", "OK"), ("service", "spice")] == 2
    assert samples["saslward_answers_by_vm_total", ("result", "OK"), ("vm", "vmA")] == 2
    assert samples["saslward_answer_seconds_count",] == samples["saslward_answer_seconds_bucket", ("le", "+Inf")] == 6
    assert 0 < samples["saslward_answer_seconds_sum",] < 6 * PATIENCE
    assert samples["saslward_workers", ("backend", "db")] == 5
    assert samples["saslward_turned_away_total", ("reason", "incomplete")] == 1
    assert samples["saslward_turned_away_total", ("reason", "connections")] == 0
    assert samples["saslward_queue_overflows_total", ("backend", "db")] == 0
    assert samples["saslward_cached",] == 1 and samples["saslward_rules",] == 2
    bounds = [sample.labels["le"] for sample in families["saslward_answer_seconds"].samples if "le" in sample.labels]
    assert len(bounds) == 17 and all(bound in ("+Inf", repr(float(bound))) for bound in bounds)
    assert families["saslward_uptime_seconds"].unit == "seconds"


def test_metrics_of_any_name(directory, database):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    with Daemon(directory / "run", database) as daemon:
        for service in ('"', "\\", "a\\nb", "Grüße", "{}", "# EOF"):
            ask(daemon.socket, "alice", "x", service)
        text = saslward("metrics", "-m", daemon.directory).stdout
    [family] = [family for family in parser.text_string_to_metric_families(text) if family.name == "saslward_answers_by_service"]
    names = {sample.labels["service"] for sample in family.samples}
    assert names == {'"', "\\x5c", "a\\x5cnb", "Grüße", "{}", "# EOF"}


def test_metrics_of_nobody(directory):
    done = saslward("metrics", "-m", directory)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("saslward: no daemon listens on ")


def sample(daemon, name):
    """The value of what has no labels."""
    text = saslward("metrics", "-m", daemon.directory).stdout
    return float(re.search(rf"^{name} (\S+)$", text, re.M)[1])


# saslward reload

CAUTION = "Withdrawing a rule does not close an open console.\n"


def reload(daemon, *options):
    return saslward("reload", "-m", daemon.directory, "--config", daemon.config, *options)


def test_reload(directory, database):
    with Reloaded(directory, rules(database, "alice")) as daemon:
        for number, (users, results) in enumerate(((("bob",), (False, True)), (("alice", "bob"), (True, True))), 2):
            daemon.replace(rules(database, *users))
            done = reload(daemon)
            assert (done.returncode, done.stdout) == (0, f"reloaded: generation {number}\n" + CAUTION)
            assert re.fullmatch(r"(\S+: warning: .*\n)*", done.stderr)  # as saslward check
            assert [is_ok(ask(daemon.socket, *fields)) for fields in (ALICE, BOB)] == list(results)
            assert as_json(status(daemon, "--json"))[0]["generation"] == number
        daemon.hear("RELOADING=1")
        assert daemon.hear("READY=1").startswith("generation 2 ")


def test_reload_of_what_is_broken(directory, database):
    """Nobody is asked."""
    with Reloaded(directory, rules(database, "alice")) as daemon:
        daemon.replace(rules(database, "alice") + "permit user=bob with=nobody\n")
        done, checked = reload(daemon), saslward("check", daemon.config)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == checked.stderr and "nobody" in done.stderr
        assert "reloading" not in daemon.log()


def test_reload_of_what_cannot_be_served(directory, database):
    """What only the daemon finds is told as what is found before, at once; and the status keeps it until it is mended."""
    with Reloaded(directory, rules(database, "alice")) as daemon:
        daemon.replace(rules(database, "alice", first=f"listen {directory}/none/mux\n"))
        begin = time.monotonic()
        done = reload(daemon)
        in_time(time.monotonic() - begin, 5 * SLOW)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-2:] == [
            f"cannot listen on {directory}/none/mux: No such file or directory",
            "saslward: not reloaded: what the configuration asks for cannot be had; the daemon goes on with generation 1"]
        daemon.wait_log("(?s)control socket: reloading.*not reloaded: what the configuration asks for")
        assert is_ok(ask(daemon.socket, *ALICE))
        shown, (found, code) = status(daemon), as_json(status(daemon, "--json"))
        assert shown.returncode == code == 1 and not too_wide(shown.stdout.partition("\n")[2])
        assert shown.stdout.startswith("WARNING: the last reload was refused: what the configuration asks for cannot be had; "
                                       "generation 1 goes on\n - cannot listen on ")
        assert found["state"] == "WARNING" and (found["reload"]["refused"], found["reload"]["saved"]) == (True, False)
        assert found["reload"]["complaints"] == [f"cannot listen on {directory}/none/mux: No such file or directory"]
        assert [error["text"] for error in found["last_errors"]][:2] == [
            "supervisor: not reloaded: what the configuration asks for cannot be had; generation 1 goes on unchanged",
            f"listen: cannot listen on {directory}/none/mux: No such file or directory"]
        assert abs(found["last_errors"][0]["time_usec"] / 1e6 - time.time()) < 2 * PATIENCE
        assert sample(daemon, "saslward_reload_refused") == 1
        daemon.replace(rules(database, "alice"))
        assert reload(daemon).returncode == status(daemon).returncode == 0
        assert sample(daemon, "saslward_reload_refused") == sample(daemon, "saslward_saved_configuration") == 0


def test_reload_of_another_file(directory, database):
    """Nothing is wrong with the one that is read here; the daemon has another, and more to say of it than fits."""
    other = directory / "other.conf"
    other.write_text(rules(database, "alice"))
    with Reloaded(directory, rules(database, "alice")) as daemon:
        daemon.replace("".join(f"permit user=nobody{n} with=none\n" for n in range(200)))
        done = saslward("reload", "-m", daemon.directory, "--config", other)
        lines = done.stderr.splitlines()
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{daemon.config}:1:" in done.stderr and "none" in done.stderr
        assert lines[-1] == "saslward: not reloaded: the configuration is broken; the daemon goes on with generation 1"
        left_out = int(re.fullmatch(r"and (\d+) more, which the log has", lines[-2])[1])
        assert left_out + len([line for line in lines if line.startswith(f"{daemon.config}:")]) == 200


def test_reload_while_an_earlier_one_finishes(directory):
    """It has not failed, and what it waits for is told."""
    with Held(directory) as held:
        run = held.daemon.directory
        assert reload(held.daemon).returncode == 0
        done = reload(held.daemon)
        assert (done.returncode, done.stdout) == (0, "not in effect yet: generation 1 has logins to answer that it has taken; "
                                                     "the reload follows when it has left\n")
        assert saslward("status", "-m", run).returncode == 0
        assert held.release() == b"OK"
        held.daemon.wait_log("generation 3 has relieved generation 2")
        found = wait_for(lambda: (found := as_json(saslward("status", "-m", run, "--json"))[0]["reload"])["decided"] == 3 and found,
                         "the decision")
        assert "waits_for" not in found and found["begun"] == 3


def test_reload_while_workers_start(directory, database):
    with between(directory, database) as (daemon, _, _, programs):
        done = reload(daemon)
        assert done.returncode == 0
        assert re.fullmatch(r"not in effect yet: workers are not ready; generation \d goes on until they are\n", done.stdout)
        (programs.directory / "go").touch()
        assert daemon.hear("READY=1").startswith("generation ")


def test_status_of_what_is_kept(directory, database):
    """The start was with what was kept of the file, which is broken, and stays so."""
    kept = Kept(directory, database)
    with kept.daemon as daemon:
        for reasons, begun in (([f"{daemon.config} is broken"], 1), (["the configuration is broken"], 2)):
            shown, (found, code) = status(daemon), as_json(status(daemon, "--json"))
            assert shown.returncode == code == 1 and "WARNING: " in shown.stdout
            assert "the configuration kept of an earlier day is served" in shown.stdout.partition("\n")[0]
            assert all(reason in shown.stdout.partition("\n")[0] for reason in reasons)
            assert (found["reload"]["saved"], found["reload"]["refused"]) == (True, begun > 1)
            assert (found["reload"]["begun"], found["reload"]["decided"]) == (begun, begun)
            assert found["reload"]["complaints"] == [f"{daemon.config}:2:1: unknown keyword \"lisen\"; did you mean listen?"]
            assert sample(daemon, "saslward_saved_configuration") == 1
            daemon.reload()
        daemon.replace(rules(database, "bob"))
        assert reload(daemon).returncode == status(daemon).returncode == 0


def test_reload_of_nobody(directory):
    (directory / "saslward.conf").write_text("# nothing\n")
    done = saslward("reload", "-m", directory, "--config", directory / "saslward.conf")
    assert (done.returncode, done.stdout) == (2, "")
    assert "saslward: no daemon listens on " in done.stderr


def test_many_wishes_make_few_reloads(directory, database):
    """A front that strangers have taken over must not keep the supervisor busy."""
    with Reloaded(directory, rules(database, "alice")) as daemon:
        begin = time.monotonic()
        for _ in range(300):
            with contextlib.suppress(AssertionError, OSError), Control(daemon) as control:  # a front may just leave
                answer = control.ask("reload")
                assert answer.get("generation", 0) >= 1 or "the supervisor cannot be told" in answer.get("error", "")
        wait_for(lambda: "generation 2 has relieved generation 1" in daemon.log(), "the reload")
        wait_for(lambda: as_json(status(daemon, "--json"))[0]["generation"] >= 2, "the new front")
        assert daemon.log().count("control socket: reloading") <= 2 + (time.monotonic() - begin)


# saslward flush

def test_flush(directory):
    with Counted(directory) as counted:
        for options, count in (((), 3), (("--user", "alice"), 2), (("--vm", "vmB"), 1), (("--vm", "other"), 0)):
            for login in ({}, {"login": "bob"}, {"socket": "b"}):
                counted.ask(**login)
            done = saslward("flush", "-m", counted.daemon.directory, *options)
            assert (done.returncode, done.stdout, done.stderr) == (0, f"kept logins forgotten: {count}\n", "")
        for options, text in ((("--user", ""), "takes a"), (("--user", "a", "--vm", "b"), "--user or --vm")):
            done = saslward("flush", "-m", counted.daemon.directory, *options)
            assert (done.returncode, done.stdout) == (2, "") and text in done.stderr


USAGE = [[command, *options] for command in ("status", "metrics", "reload", "flush") for options in (["-Z"], ["left over"], ["-m"])]


@pytest.mark.parametrize("options", [*USAGE, ["status", "--watch", "--json"]], ids=" ".join)
def test_wrong_usage(options):
    done = saslward(*options)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"saslward {options[0]} --help tells more" in done.stderr


@pytest.mark.parametrize("command", ["status", "metrics", "reload", "flush"])
def test_help(command):
    done = saslward(command, "--help")
    assert done.returncode == 0 and "Exit status: 0 " in done.stdout and not too_wide(done.stdout)


TWO = """\
listen RUN/mux
backend one sasldb path=DB.other
backend two sasldb path=DB
permit service=spice vm=vmA with=one,two as-realm=vmA
"""


@pytest.fixture(name="two", scope="module")
def make_two(place, pristine):
    database = shutil.copy(pristine, place / "two.db")
    set_password(place / "two.db.other", "bob", "vmA", "x")
    run = place / "two"
    with Daemon(run, config=TWO.replace("RUN", str(run)).replace("DB", str(database)), ready=("identity", "one", "two")) as daemon:
        yield daemon


TIME = r", \d+\.\d{3} ms"
# password, VM; exit status, result, what the backends said
TRIALS = [
    ("right", "secretA", "vmA", 0, "OK", rf"one: UNKNOWN \(no such user in realm vmA\){TIME}; two: OK{TIME}"),
    ("wrong", "wrong", "vmA", 1, "MISMATCH", rf"one: UNKNOWN \(.*\){TIME}; two: MISMATCH \(wrong password\){TIME}"),
    ("no VM", "secretA", None, 1, "DENIED", ""),
    ("another VM", "secretA", "vmB", 1, "DENIED", ""),
]


@pytest.mark.parametrize("password, vm, status, result, steps", by_name(TRIALS))
def test_explain_with_a_password(two, password, vm, status, result, steps):
    command = [str(SASLWARD), "explain", "--service", "spice", "--user", "alice", *(["--vm", vm] if vm else []), "--password",
               "-m", str(two.directory), "--config", str(two.config)]
    for _ in range(2):  # nothing is answered from memory that an administrator wants to know
        done = subprocess.run([*WRAP, *command, "--json"], input=password, capture_output=True, text=True, timeout=2 * PATIENCE,
                              check=False)
        assert (done.returncode, done.stderr) == (status, "")
        decision = json.loads(done.stdout)["decision"]
        assert (decision["result"], decision.get("vm")) == (result, vm)
        assert re.fullmatch(steps, decision.get("steps", "")), decision
        assert f"[decision={decision['decision']}]" in two.log()
    done = subprocess.run([*WRAP, *command], input=password, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    assert done.returncode == status and "The daemon, with that password:" in done.stdout and not too_wide(done.stdout)
    assert "secretA" not in done.stdout + two.log()


@pytest.mark.parametrize("options", [["--from", "192.0.2.7"], ["--peer-uid", "0"], ["--peer-unit", ""], ["--socket", "x"],
                                     ["--uuid", "0" * 32]], ids=" ".join)
def test_explain_with_a_password_takes_no_lies(two, options):
    done = saslward("explain", "--service", "spice", "--user", "alice", "--password", "-m", two.directory, "--config", two.config,
                    *options)
    assert (done.returncode, done.stdout) == (2, "") and "the daemon sees who asks" in done.stderr


def test_explain_without_a_daemon(directory, two):
    for options in (["--service", "spice", "--user", "alice", "--password"], ["1795496750317"]):
        done = saslward("explain", *options, "-m", directory, "--config", two.config)
        assert (done.returncode, done.stdout) == (2, "") and "no daemon listens" in done.stderr


def test_explain_a_decision_of_memory(two):
    """Without a journal, and what it says today."""
    ask(two.socket, "eve", "x", "spice", "")
    number = two.last_login()["decision"]
    done = saslward("explain", number, "-m", two.directory, "--config", two.config)
    assert done.returncode == 1 and f"Decision {number}, " in done.stdout and "DENIED: no rule permits it" in done.stdout
    assert "The configuration says the same today" in done.stdout and not too_wide(done.stdout)
    done = saslward("explain", "12", "-m", two.directory, "--config", two.config)
    assert (done.returncode, done.stdout) == (2, "") and "it does not remember it" in done.stderr
