# SPDX-License-Identifier: BSD-2-Clause
"""saslward passwd, users and deluser: a sasldb, without having to know which realm a program asks with."""
import os
import pty
import re
import shutil
import socket
import subprocess

import pytest
from client import ask, is_ok
from commands import as_json, saslward, too_wide
from conftest import by_name, delete_user, set_password
from daemon import PATIENCE, SASLWARD, WRAP, Daemon, check_no_password, remember_password
from test_cli import read_until

SASLDBLISTUSERS2 = shutil.which("sasldblistusers2", path="/usr/sbin:/usr/bin:/sbin:/bin")
HOST = socket.gethostname()


def typed(password, *arguments):
    """With the password on standard input."""
    remember_password(password)
    done = subprocess.run([*WRAP, str(SASLWARD), *map(str, arguments)], input=password.encode(), capture_output=True,
                          timeout=2 * PATIENCE, check=False)
    check_no_password(done.stdout + done.stderr, "what saslward printed")
    return done


def set_with(directory, *arguments, password="secret"):
    return typed(password, "passwd", "--config", directory / "saslward.conf", *arguments)


def listed_by_cyrus(database):
    """{(user, realm)} as Cyrus's own program prints them."""
    done = subprocess.run([SASLDBLISTUSERS2, "-f", str(database)], capture_output=True, text=True, timeout=PATIENCE, check=True)
    return set(re.findall(r"^(.*?)@(.*): userPassword$", done.stdout, re.M))


def listed(*arguments):
    users, status = as_json(saslward("users", "--json", *arguments))
    assert status == 0
    return {(user["user"], user["realm"]) for user in users}


@pytest.fixture(name="rules")
def make_rules(directory):
    """A configuration with the database that it names."""
    config, database = directory / "saslward.conf", directory / "consoles"
    config.write_text(f"""listen {directory}/mux
backend consoles sasldb path={database}
backend accounts sasldb path={directory}/accounts default-realm=example.org
backend system pam services=spice
deny   user=eve
permit service=spice vm=debianx user=bob      with=system
permit service=spice vm=lab-*                 with=consoles as-realm=%v
permit service=spice vm=pool    user=*        with=consoles as=%u-pool as-realm=pool
permit service=spice vm=old     user=*@vmA    with=consoles
permit service=vnc   vm=any     realm=""      with=accounts
permit service=spice vm=maybe   peer=uid:root with=consoles as-realm=maybe
""")
    config.chmod(0o644)
    return directory


# Where the password goes: what, arguments, the sasldb, user and realm in it, what is said besides.
PLACES = by_name([
    ("the realm of the rule", ["--vm", "lab-1", "alice"], "consoles", ("alice", "lab-1"),
     r"saslward.conf:7 lets alice in at lab-1 with it, by service\sspice:\n\n  permit service=spice vm=lab-\* "),
    ("the name of the rule", ["--vm", "pool", "alice"], "consoles", ("alice-pool", "pool"), "saslward.conf:8 lets alice in"),
    ("no realm sent", ["--vm", "x", "--service", "vnc", "alice"], "accounts", ("alice", "example.org"),
     "saslward.conf:10 lets alice in at x"),
    ("a realm that is typed", ["--vm", "old", "--realm", "vmA", "alice"], "consoles", ("alice", "vmA"),
     r"saslward.conf:9 lets\salice@vmA\sin\sat\sold"),
    ("no rule yet", ["--vm", "web", "-f", "consoles", "alice"], "consoles", ("alice", "web"),
     "\n  permit service=spice vm=web user=alice with=consoles as-realm=%v\n"),
    ("a rule against it", ["--vm", "lab-1", "-f", "consoles", "eve"], "consoles", ("eve", "lab-1"),
     r"put\sbefore\s\S*saslward.conf:5,\swould"),
    ("a rule without sasldb", ["--vm", "debianx", "--realm", "debianx", "-f", "consoles", "bob"], "consoles",
     ("bob", "debianx"), r"put\sbefore\s\S*saslward.conf:6,\swould"),
    ("a realm of one's own", ["--vm", "web", "--realm", "a%b", "-f", "consoles", "alice"], "consoles", ("alice", "a%b"),
     "vm=web user=alice with=consoles as-realm=a%%b\n"),
    ("a sasldb that no rule has", ["--vm", "web", "-f", "other", "alice"], "other", ("alice", "web"),
     r'\n  backend consoles sasldb path="\S*/other"\n  permit service=spice vm=web user=alice with=consoles as-realm=%v\n'),
    ("no VM", ["-f", "consoles", "alice"], "consoles", ("alice", HOST), "counts where no realm is sent"),
    ("no VM, default-realm=", ["-f", "accounts", "alice"], "accounts", ("alice", "example.org"), "alice@example.org"),
    ("no VM, a realm", ["-f", "consoles", "--realm", "vmB", "alice"], "consoles", ("alice", "vmB"), r"types\salice@vmB"),
])


@pytest.mark.parametrize("arguments, file, user, said", PLACES)
def test_where_it_goes(rules, arguments, file, user, said):
    arguments = [str(rules / word) if before == "-f" else word for before, word in zip([""] + arguments, arguments)]
    done = set_with(rules, *arguments)
    output = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b""), done
    assert re.search(said, output), output
    assert f"{user[0]} in realm {user[1]} of" in output
    assert too_wide(re.sub("(?m)^  .*", "", output)) == []
    assert listed_by_cyrus(rules / file) == {user}
    assert (rules / file).stat().st_mode & 0o777 == 0o600


def test_the_line_lets_in(rules):
    """What is proposed, put where it is said, is what the rules then lead to."""
    config = rules / "saslward.conf"
    for user, vm in (("alice", "web"), ("eve", "lab-1")):
        output = set_with(rules, "--vm", vm, "-f", rules / "consoles", user).stdout.decode()
        line, = re.findall("^  (permit .*)$", output, re.M)
        place = re.search(r"saslward.conf:(\d+),", output)
        lines = config.read_text().splitlines()
        lines.insert(int(place[1]) - 1 if place else len(lines), line)
        config.write_text("\n".join(lines) + "\n")
        assert f"lets {user} in at {vm} with it" in " ".join(set_with(rules, "--vm", vm, user).stdout.decode().split())
        assert (user, vm) in listed("--config", config, "-f", rules / "consoles", "--vm", vm)


# What is refused: what, arguments, password, what is said, the status.
FAULTS = by_name([
    ("nobody", ["-f", "db"], "x", "say which USER", 2),
    ("two", ["-f", "db", "alice", "bob"], "x", "bob: an argument too many", 2),
    ("an @", ["-f", "db", "alice@vmA"], "x", "give what stands behind it with --realm", 2),
    ("a blank", ["-f", "db", "alice "], "x", "has a blank at an end", 2),
    ("a control byte", ["-f", "db", "--realm", "a\nb", "alice"], "x", "the realm .* has a control byte", 2),
    ("no name", ["-f", "db", ""], "x", "is empty", 2),
    ("too long", ["-f", "db", "--realm", "vmA", "a" * 1020], "x", "too long with its realm", 2),
    ("which sasldb", ["alice"], "x", r"more than one sasldb; say which with -f: /\S*consoles, /\S*accounts", 2),
    ("another backend", ["--vm", "debianx", "bob"], "x", "by system, which is no sasldb", 2),
    ("depends on who asks", ["--vm", "maybe", "bob"], "x", "depends on --peer-uid .*--realm and -f", 2),
    ("a service alone", ["-f", "db", "--service", "vnc", "bob"], "x", "--service is of use with --vm only", 2),
    ("no password", ["-f", "db", "alice"], "", "an empty password is refused everywhere", 1),
    ("a NUL", ["-f", "db", "alice"], "a\0b", "a password with a NUL byte", 1),
    ("no such directory", ["-f", "none/db", "alice"], "x", "none/db", 1),
    ("no database", ["-f", "saslward.conf", "alice"], "x", "saslward.conf", 1),
])


@pytest.mark.parametrize("arguments, password, said, status", FAULTS)
def test_refused(rules, arguments, password, said, status):
    before = sorted(os.listdir(rules))
    arguments = [str(rules / word) if last == "-f" else word for last, word in zip([""] + arguments, arguments)]
    done = set_with(rules, *arguments, password=password)
    assert done.returncode == status, done
    assert re.search(said, done.stderr.decode(), re.DOTALL), done.stderr
    assert done.stdout == b""
    assert sorted(os.listdir(rules)) == before


def test_cyrus_reads_ours(directory):
    """A password is what was written, whatever is in it; Cyrus's own reader agrees."""
    database = directory / "sasldb2"
    for user, password in (("alice", "secret"), ("dora", "Grüße, 日本語 €"), ("frank", " blanks "), ("long", "x" * 4000)):
        assert typed(password + "\n", "passwd", "-f", database, "--realm", "vmA", user).returncode == 0
        with Daemon(directory / "run", database) as daemon:
            assert is_ok(ask(daemon.socket, user, password, "imap", "vmA"))
    assert listed_by_cyrus(database) == {(user, "vmA") for user in ("alice", "dora", "frank", "long")}
    assert listed("-f", database) == listed_by_cyrus(database)


def test_ours_reads_cyrus(database):
    assert listed("-f", database) == listed_by_cyrus(database)
    assert listed("-f", database, "alice") == {("alice", "vmA"), ("alice", "vmB"), ("alice", HOST)}
    assert listed("-f", database, "--realm", "vmB") == {("alice", "vmB")}
    set_password(database, "new", "vmA", "secret")
    delete_user(database, "alice", "vmB")
    assert listed("-f", database) == listed_by_cyrus(database)
    assert ("alice", "vmB") not in listed("-f", database)


def test_table(database):
    done = saslward("users", "-f", database, "alice")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()[2:]] == sorted(
        [["alice", realm] for realm in ("vmA", "vmB", HOST)], key=lambda user: user[1])


@pytest.mark.parametrize("content, said", [(None, "No such file or directory"), (b"", "empty file"), (b"text\n" * 999, "no Berkeley DB")])
def test_no_database(directory, content, said):
    if content is not None:
        (directory / "db").write_bytes(content)
    for command in (["users"], ["deluser", "alice"]):
        done = saslward(*command, "-f", directory / "db")
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr


def test_users_of_a_vm(rules):
    """Those whom the rules let in with what they have in it, as the daemon would."""
    consoles, config = rules / "consoles", rules / "saslward.conf"
    for user in (("alice", "lab-1"), ("bob", "lab-2"), ("eve", "lab-1"), ("carol", HOST), ("dora", "vmA"), ("frank", "pool")):
        set_password(consoles, *user, "secret")
    for vm, expected in (("lab-1", {("alice", "lab-1")}), ("lab-2", {("bob", "lab-2")}), ("lab-3", set()),
                         ("old", {("dora", "vmA")}), ("web", set())):
        assert listed("--config", config, "-f", consoles, "--vm", vm) == expected


def test_deleted(rules):
    config, consoles = rules / "saslward.conf", rules / "consoles"
    for vm in ("lab-1", "lab-2"):
        set_with(rules, "--vm", vm, "alice")
    done = saslward("deluser", "--config", config, "--vm", "lab-1", "alice")
    assert (done.returncode, " ".join(done.stdout.split())) == (0, f"alice in realm lab-1 of {consoles}: deleted")
    assert listed_by_cyrus(consoles) == {("alice", "lab-2")}
    done = saslward("deluser", "--config", config, "--vm", "lab-1", "alice")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"there is no alice in realm lab-1 of {consoles}, but in realm lab-2" in " ".join(done.stderr.split())


def test_counts_at_once(directory):
    """A running daemon keeps good answers; a change of its sasldb ends that, at once."""
    database = directory / "db"
    typed("first-A", "passwd", "-f", database, "--realm", "vmA", "alice")
    with Daemon(directory / "run", database, "-c", "-t", "3600") as daemon:
        def is_let_in(password):
            return is_ok(ask(daemon.socket, "alice", password, "imap", "vmA"))
        assert is_let_in("first-A") and is_let_in("first-A")
        for old, new in (("first-A", "second-A"), ("second-A", "third-A")):
            assert typed(new, "passwd", "-f", database, "--realm", "vmA", "alice").returncode == 0
            assert not is_let_in(old)
            assert is_let_in(new)
        assert saslward("deluser", "-f", database, "--realm", "vmA", "alice").returncode == 0
        assert not is_let_in("third-A")


@pytest.mark.parametrize("second, status", [("secret", 0), ("sicret", 1)])
def test_prompts(directory, second, status):
    """Twice, not shown; where the two differ nothing is changed."""
    database = directory / "db"
    set_password(database, "alice", "vmA", "old")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(SASLWARD, [str(SASLWARD), "passwd", "-f", str(database), "--realm", "vmA", "alice"])
    seen = read_until(terminal, b"New password of alice in realm vmA of " + str(database).encode() + b": ")
    os.write(terminal, b"secret\n")
    seen += read_until(terminal, b"Again: ")
    os.write(terminal, second.encode() + b"\n")
    seen += read_until(terminal, b"vmA of" if status == 0 else b"nothing is changed")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == status
    os.close(terminal)
    assert b"secret" not in seen and b"sicret" not in seen
    with Daemon(directory / "run", database) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "secret" if status == 0 else "old", "imap", "vmA"))


def test_never_on_the_command_line():
    """There is no option that takes a password, nor an argument."""
    for command in ("passwd", "deluser", "users"):
        done = saslward(command, "--help")
        assert (done.returncode, too_wide(done.stdout)) == (0, [])
        assert re.findall(r"^  (--?[\w-]+)", done.stdout, re.M) == [
            "--vm", "--service", "--realm", "-f", "--config", *(["--json"] if command == "users" else [])]


def test_without_configuration(directory):
    """As with a daemon that was started with -a."""
    if os.path.exists("/etc/saslward.conf"):
        pytest.skip("this machine has an /etc/saslward.conf")
    done = typed("secret", "passwd", "-f", directory / "db", "--vm", "web", "alice")
    assert done.returncode == 0, done
    assert b"permit service=spice vm=web user=alice with=consoles as-realm=%v" in done.stdout
    assert listed_by_cyrus(directory / "db") == {("alice", "web")}


def test_wrong_configuration(directory):
    config = directory / "saslward.conf"
    config.write_text("permit xyzzy\n")
    done = typed("secret", "passwd", "--config", config, "-f", directory / "db", "alice")
    assert done.returncode == 2
    assert f"{config}:1:".encode() in done.stderr
    assert not (directory / "db").exists()
