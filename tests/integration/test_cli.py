# SPDX-License-Identifier: BSD-2-Clause
"""The command lines: saslwardd with saslauthd's options, saslward test, and saslward as testsaslauthd."""
import os
import pty
import re
import select
import signal
import subprocess

import pytest
from client import TESTSASLAUTHD, ask, is_ok, run
from daemon import PATIENCE, SASLWARD, SASLWARDD, WORKERS, WRAP, Daemon, wait_for
from test_worker_protocol import Fake

MECHANISMS = "sasldb pam ldap shadow getpwent program"
ENV = {**os.environ, "SASLWARD_LIBEXECDIR": str(WORKERS)}


def saslwardd(*options, cwd=None):
    return subprocess.run([*WRAP, str(SASLWARDD), *options], capture_output=True, text=True, timeout=PATIENCE, check=False, env=ENV,
                          cwd=cwd)


def test_version():
    done = saslwardd("-v")
    assert (done.returncode, done.stdout) == (0, "")
    assert re.fullmatch(r"saslwardd \d+\.\d+\.\d+\nauthentication mechanisms: " + MECHANISMS + "\n", done.stderr)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(option):
    done = saslwardd(option)
    assert done.returncode == 0
    for letter in "aOmnrcVfdvhtsl":
        assert f"-{letter}" in done.stderr
    assert "--deadline" in done.stderr and "--read-deadline" in done.stderr
    assert max(len(line) for line in done.stderr.splitlines()) <= 80


# (options, what is said, the whole of the line)
NO_CONFIG = ("there is no /etc/saslward.conf; write it, or name another with --config, or give -a MECHANISM; there are: "
             + MECHANISMS)
WRONG = [
    (["-a", "kerberos5"], "unknown authentication mechanism: kerberos5; there are: " + MECHANISMS),
    (["-a", ""], "unknown authentication mechanism: ; there are: " + MECHANISMS),
    (["-a", "sasldb", "-a", "sasldb"], "-a is given twice; give one mechanism"),
    (["-a", "sasldb", "-n", "many"], "-n many: give a number from 0 to 1024"),
    (["-a", "sasldb", "-n", "-1"], "-n -1: give a number from 0 to 1024"),
    (["-a", "sasldb", "-n", "1025"], "-n 1025: give a number from 0 to 1024"),
    (["-a", "sasldb", "-n", ""], "-n : give a number from 0 to 1024"),
    (["-a", "sasldb", "-n", "99999999999999999999"], "-n 99999999999999999999: give a number from 0 to 1024"),
    (["-a", "sasldb", "-t", "soon"], "-t soon: give a whole number"),
    (["-a", "sasldb", "-s", "1M"], "-s 1M: give a whole number"),
    (["-a", "sasldb", "--deadline", "3"], "--deadline 3: give a number with its unit, as 500ms, 5s or 10m"),
    (["-a", "sasldb", "--deadline", "-3s"], "--deadline -3s: give a number with its unit, as 500ms, 5s or 10m"),
    (["-a", "sasldb", "--read-deadline", "s"], "--read-deadline s: give a number with its unit, as 500ms, 5s or 10m"),
    (["-a", "sasldb", "extra"], "extra: an argument too many; try: saslwardd -h"),
    (["-a", "sasldb", "-Z"], "try: saslwardd -h"),
    (["-a", "sasldb", "--nonsense"], "try: saslwardd -h"),
    (["-a"], "try: saslwardd -h"),
]


@pytest.mark.parametrize("options", [[], ["-m", "x"], ["-d"]])
def test_no_configuration(options, directory):
    done = saslwardd(*options, "--state-dir", "y", cwd=directory)
    assert done.returncode == 1
    assert f": {NO_CONFIG}\n" in done.stderr
    assert os.listdir(directory) == []


@pytest.mark.parametrize("options, message", WRONG)
def test_wrong_options(options, message, directory):
    done = saslwardd(*options, cwd=directory)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"saslwardd: {message}"
    assert os.listdir(directory) == []


def test_every_option_of_saslauthd(directory, database):
    """As /etc/default/saslauthd may have them."""
    daemon = Daemon(directory / "run", database, "-c", "-l", "-V", "-t", "300", "-s", "1024", "-f")
    with daemon:
        assert is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA"))
        assert "auth success: [user=alice]" in daemon.log()


def test_directory_is_made(directory, database):
    daemon = Daemon(directory / "run", database)
    (directory / "run").rmdir()
    daemon.log_path = directory / "log"
    with daemon:
        assert is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA"))
        assert (directory / "run").stat().st_mode & 0o777 == 0o755
        assert daemon.socket.stat().st_mode & 0o777 == 0o777  # as saslauthd's: whoever reaches the directory may ask


def test_empty_option(directory):
    """-O "" as settings files have it: the default database."""
    with Daemon(directory / "run", None, "-O", "") as daemon:
        assert not is_ok(ask(daemon.socket, "nobody-of-saslward-tests", "x", "imap", "vmA"))
        assert "/etc/sasldb2" in daemon.last_reason() or daemon.last_reason() == "no such user in realm vmA"


def test_append_realm(directory, database):
    """-r hands over login@realm with no realm; a sasldb has no such login, as with saslauthd."""
    with Daemon(directory / "run", database, "-r") as daemon:
        assert not is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA"))
        assert is_ok(ask(daemon.socket, "alice", "secretH", "imap", ""))


def test_relative_directory(directory, database):
    command = [*WRAP, str(SASLWARDD), "-a", "sasldb", "-m", "here", "-O", "sasldb2"]
    subprocess.run(command, cwd=directory, env=ENV, check=True, timeout=PATIENCE)
    pid = int((directory / "here/saslauthd.pid").read_text())
    try:
        assert is_ok(ask(directory / "here/mux", "alice", "secretA", "imap", "vmA"))
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not (directory / "here/mux").exists() and not os.path.exists(f"/proc/{pid}"), "its end")


def test_log_lines(daemon):
    """saslauthd's shape, which fail2ban's filters know; who logs in is told with -V or -d."""
    ask(daemon.socket, "alice", "secretA", "imap", "vmA")
    ask(daemon.socket, "alice", "wrong", "spice", "vmA", "192.0.2.7;4711")
    prefix = r"saslauthd\[\d+\] :do_auth         : "
    daemon.wait_log(prefix + r"auth success: \[user=alice\] \[service=imap\] \[realm=vmA\] \[mech=sasldb\]\n")
    daemon.wait_log(prefix + r"auth failure: \[user=alice\] \[service=spice\] \[realm=vmA\] \[mech=sasldb\] "
                    r"\[reason=wrong password\] \[remote=192.0.2.7;4711\] \[result=MISMATCH\]\n")


# saslward test

def arguments(daemon, *more, user="alice", realm="vmA"):
    return ["-f", str(daemon.socket), "-u", user, "-r", realm, *more]


@pytest.fixture(name="as_testsaslauthd")
def make_link(directory):
    link = directory / "testsaslauthd"
    link.symlink_to(SASLWARD)
    return str(link)


# (options behind the user's)
TRIES = [
    ["-p", "secretA"],
    ["-p", "wrong"],
    ["-p", "secretA", "-s", "spice"],
    ["-p", "secretA", "-R", "3"],
    ["-p", "wrong", "-R", "3"],
    ["-p", "secretA", "-R", "0"],
    ["-p", "secretA", "-R", "x"],
    ["-p", "secretA", "left", "over"],
    ["-p", ""],
]


@pytest.mark.parametrize("options", TRIES)
def test_same_as_testsaslauthd(daemon, as_testsaslauthd, options):
    """Output and exit status of all three, to the byte."""
    theirs = run(TESTSASLAUTHD, *arguments(daemon, *options))
    for command in ([as_testsaslauthd], [str(SASLWARD), "test"]):
        ours = run(*command, *arguments(daemon, *options))
        assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout), ours


def test_negative_repeat(daemon, as_testsaslauthd):
    """Theirs asks nobody and exits with 0, "let in"; the one place where ours differs."""
    for command in ([as_testsaslauthd], [str(SASLWARD), "test"]):
        done = run(*command, *arguments(daemon, "-p", "wrong", "-R", "-1"))
        assert (done.returncode, done.stdout) == (1, b"")


@pytest.mark.parametrize("options", [[], ["-u", "alice"], ["-p", "x"], ["-Z"], ["-u"]])
def test_usage_as_testsaslauthd(as_testsaslauthd, options):
    theirs, ours = run(TESTSASLAUTHD, *options), run(as_testsaslauthd, *options)
    assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)
    assert ours.stderr.replace(as_testsaslauthd.encode(), b"") == theirs.stderr.replace(TESTSASLAUTHD.encode(), b"")


def test_no_server(directory, as_testsaslauthd):
    options = ["-f", str(directory / "none"), "-u", "alice", "-p", "x"]
    theirs, ours = run(TESTSASLAUTHD, *options), run(as_testsaslauthd, *options)
    assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)
    done = run(str(SASLWARD), "test", *options)
    assert (done.returncode, done.stdout) == (255, b"0: ")
    assert f"nobody listens on {directory}/none: is the daemon running".encode() in done.stderr


@pytest.mark.parametrize("first, last, status", [("OK", "DENIED", 255), ("DENIED", "OK", 0)])
def test_last_try_counts(directory, as_testsaslauthd, first, last, status):
    """With -R the exit status is that of the last try."""
    script = f'''
ready()
words = [b"{first}", b"{last}"]
while True:
    _, number, login, *_ = job()
    send(frame(b"result", number, words[0], login, b""))
    words.reverse()
'''
    with Fake(directory, script) as daemon:
        for command in ([TESTSASLAUTHD], [as_testsaslauthd], [str(SASLWARD), "test"]):
            done = run(*command, *arguments(daemon, "-p", "x", "-R", "2"))
            assert (done.returncode, done.stdout.count(b"\n")) == (status, 2), done


def test_password_from_standard_input(daemon):
    for data, status in ((b"secretA", 0), (b"secretA\n", 0), (b"secretA\r\n", 255), (b"wrong", 255), (b"", 255),
                         (b"secretA\0x", 255), (b"secretA\n\n", 255)):
        done = run(str(SASLWARD), "test", *arguments(daemon, "-p", "-"), data=data)
        assert done.returncode == status, (data, done)


def test_testsaslauthd_has_no_dash(daemon, as_testsaslauthd):
    done = run(as_testsaslauthd, *arguments(daemon, "-p", "-"), data=b"secretA")
    assert done.returncode == 255  # the password is "-"


def test_password_from_a_descriptor(daemon):
    reading, writing = os.pipe()
    os.write(writing, b"secretA\n")
    os.close(writing)
    done = subprocess.run([SASLWARD, "test", *arguments(daemon, "--password-fd", str(reading))], pass_fds=[reading],
                          capture_output=True, timeout=PATIENCE, check=False)
    os.close(reading)
    assert (done.returncode, done.stdout) == (0, b'0: OK "Success."\n')


def test_bad_descriptor(daemon):
    done = run(str(SASLWARD), "test", *arguments(daemon, "--password-fd", "77"))
    assert done.returncode == 1
    assert b"cannot get a password: Bad file descriptor" in done.stderr


@pytest.mark.parametrize("number", ["x", "", "0x", "-1", "4294967296"])
def test_no_descriptor(daemon, number):
    """It is not taken for 0, where another password may come from."""
    done = run(str(SASLWARD), "test", *arguments(daemon, "--password-fd", number), data=b"secretA\n")
    assert done.returncode == 1
    assert b"usage" in done.stderr


def read_until(fd, text):
    seen = b""
    while text not in seen:
        assert select.select([fd], [], [], PATIENCE)[0], seen
        try:
            data = os.read(fd, 1000)
        except OSError:
            data = b""
        assert data, seen
        seen += data
    return seen


@pytest.mark.parametrize("password, status", [("secretA", 0), ("wrong", 255)])
def test_prompt(daemon, password, status):
    """It is asked for on the terminal, and not shown there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(SASLWARD, [str(SASLWARD), "test", *arguments(daemon)])
    seen = read_until(terminal, b"Password: ")
    os.write(terminal, password.encode() + b"\n")
    seen += read_until(terminal, b'"\r\n')
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == status
    os.close(terminal)
    assert password.encode() not in seen


def test_prompt_interrupted(daemon):
    """The terminal shows what is typed again."""
    import termios
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(SASLWARD, [str(SASLWARD), "test", *arguments(daemon)])
    read_until(terminal, b"Password: ")
    assert not termios.tcgetattr(terminal)[3] & termios.ECHO
    os.write(terminal, b"sec\x03")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT
    assert termios.tcgetattr(terminal)[3] & termios.ECHO
    os.close(terminal)


def test_no_terminal(daemon):
    done = subprocess.run(["setsid", "-w", SASLWARD, "test", *arguments(daemon)], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert b"cannot get a password" in done.stderr


def test_field_too_long(daemon):
    done = run(str(SASLWARD), "test", *arguments(daemon, "-p", "-"), data=b"x" * 70000)
    assert done.returncode in (1, 255)
    assert done.stderr != b""


# saslward

def test_commands():
    for options, status in ((["--help"], 0), (["-h"], 0), ([], 1), (["nosuch"], 1)):
        done = run(str(SASLWARD), *options)
        assert done.returncode == status
        assert b"usage: saslward COMMAND" in (done.stdout if status == 0 else done.stderr)
    assert re.fullmatch(rb"saslward \d+\.\d+\.\d+\n", run(str(SASLWARD), "--version").stdout)
    for option in ("-h", "--help"):
        assert b"Exit status: 0 OK; 255 NO, or no answer; 1 wrong usage." in run(str(SASLWARD), "test", option).stdout
    assert run(str(SASLWARD), "test").returncode == 1
