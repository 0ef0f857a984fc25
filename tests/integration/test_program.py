# SPDX-License-Identifier: BSD-2-Clause
"""Backends that are programs of somebody else's: backend NAME program command=PATH."""
import json
import os
import re
import subprocess

import manual
import pytest
from client import ask
from conftest import by_name
from daemon import PATIENCE, SASLWARD, SASLWARDD, WORKERS, WRAP, Daemon
from fakes import PREFIX

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
NO_RULE = "no rule permits it"

# Says what it is, as the reason of a refusal; lets "alice" in, "ALICE" as alice, and knows one group.
MINE = '''
import sys
def status(key):
    with open("/proc/self/status") as file:
        return next(line.split(":")[1].split()[0] for line in file if line.startswith(key + ":"))
def about(login):
    if login == b"uid":
        return str(os.getuid())
    if login == b"arguments":
        return f"{len(sys.argv)} in all"
    if login == b"descriptors":
        return " ".join(fd for fd in sorted(os.listdir("/proc/self/fd")) if os.path.exists(f"/proc/self/fd/{fd}"))
    if login == b"environment":
        return " ".join(name for name in os.environ if name.startswith(("NOTIFY", "LISTEN", "WATCHDOG")))
    return status(login.decode())
ready()
while True:
    verb, number, login, *rest = job()
    if verb == b"member":
        send(frame(b"membership", number, b"yes" if (login, rest[0]) == (b"alice", b"staff") else b"no", b""))
    elif login.lower() == b"alice":
        send(frame(b"result", number, b"OK", b"alice", b""))
    else:
        send(frame(b"result", number, b"DENIED", b"", about(login).encode()))
'''
# Knows no groups, and leaves when it is asked for one, as the examples of the manual do.
WITHOUT_GROUPS = '''
ready()
while True:
    verb, number, login, *rest = job()
    if verb != b"check":
        sys.exit(1)
    send(frame(b"result", number, b"OK", login, b""))
'''


def install(directory, script, name="mine"):
    """As root would. By the name of its directory ./check knows that valgrind has no business there."""
    path = directory / "python3-programs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(PREFIX + script)
    path.chmod(0o755)
    return path


def configuration(program, rules="permit service=imap with=oidc\n"):
    return f"backend oidc program command={program} workers=1\n{rules}"


def start(directory, program, rules="permit service=imap with=oidc\n"):
    return Daemon(directory / "run", config=configuration(program, rules), ready=("identity", "oidc"))


def outcome(daemon, login, realm=""):
    reply = ask(daemon.socket, login, "secret", "imap", realm)
    reason = daemon.last_login().get("reason", "")
    assert reply == (b"NO" if reason else b"OK")
    return reason


def saslward(*arguments):
    return subprocess.run([*WRAP, str(SASLWARD), *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                          check=False, env={**os.environ, "SASLWARD_LIBEXECDIR": str(WORKERS)})


def check(path, text):
    path.write_text(text)
    path.chmod(0o644)
    return subprocess.run([*WRAP, str(SASLWARDD), "--check", "--config", str(path)], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)


def start_drop_in(directory, *options):
    """One that does not start."""
    command = [*WRAP, str(SASLWARDD), "-d", "-a", "program", "-m", str(directory / "drop"), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False,
                          env={**os.environ, "SASLWARD_LIBEXECDIR": str(WORKERS)})


@pytest.mark.parametrize("language", ["Python", "C"])
def test_examples_of_the_manual(directory, language):
    (_, example), = manual.examples(f"backend in {language}")
    program = install(directory, "")
    if language == "C":
        program.unlink()
        subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-x", "c", "-o", program, "-"], input=example.encode(),
                       check=True, timeout=PATIENCE)
        program.chmod(0o755)
    else:
        program.write_text(example)
    with start(directory, program) as daemon:
        assert outcome(daemon, "alice") == ""
        assert ask(daemon.socket, "alice", "wrong") == b"NO"
        assert daemon.last_reason() == "wrong password"
        assert outcome(daemon, "bob") == "no such user"
        assert daemon.last_login()["mech"] == "oidc"


def test_what_it_is_given(directory):
    """A socket, standard error, and nothing else."""
    with start(directory, install(directory, MINE)) as daemon:
        assert outcome(daemon, "arguments") == "1 in all"
        assert outcome(daemon, "descriptors") == "0 1 2"
        assert outcome(daemon, "environment") == "account may not log in"  # there is none of these
        assert outcome(daemon, "NoNewPrivs") == "1"


@as_root
def test_it_has_no_rights(directory):
    with start(directory, install(directory, MINE)) as daemon:
        assert outcome(daemon, "uid") not in ("", "0")
        for key in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert outcome(daemon, key) == "0000000000000000", key


def test_account_has_another_name(directory):
    """The rules are asked again with the name that it gives."""
    with start(directory, install(directory, MINE), "permit user=ALICE realm=a with=oidc\npermit user=alice@b,ALICE@b with=oidc\n"
               ) as daemon:
        assert outcome(daemon, "ALICE", "a") == 'account is "alice"'
        assert outcome(daemon, "ALICE", "b") == ""
        assert daemon.last_login()["account"] == "alice"
        assert outcome(daemon, "alice", "c") == NO_RULE


def test_groups(directory):
    with start(directory, install(directory, MINE), "permit user=@oidc:staff as-realm=x with=oidc\n") as daemon:
        assert outcome(daemon, "alice") == ""
        assert outcome(daemon, "bob") == NO_RULE


def test_groups_of_one_that_knows_none(directory):
    """It is no answer that it leaves."""
    rules = "deny service=imap user=@oidc:former\npermit with=oidc\n"
    with start(directory, install(directory, WITHOUT_GROUPS), rules) as daemon:
        assert outcome(daemon, "alice") == "cannot tell user=: worker ended"
        assert ask(daemon.socket, "alice", "secret", "smtp") == b"OK"


def test_two_programs(directory):
    rules = f"backend other program command={install(directory, WITHOUT_GROUPS, 'other')} workers=1\n" \
            "permit realm=a with=oidc\npermit with=other\n"
    with start(directory, install(directory, MINE), rules) as daemon:
        assert (outcome(daemon, "bob", "b"), daemon.last_login()["mech"]) == ("", "other")
        assert (outcome(daemon, "arguments", "a"), daemon.last_login()["mech"]) == ("1 in all", "oidc")


def test_it_ends_and_is_started_again(directory):
    program = install(directory, "ready()\njob()\nos.abort()\n")
    with start(directory, program) as daemon:
        for _ in range(3):
            assert outcome(daemon, "alice") == "worker ended"


def spoil_mode(path):
    path.chmod(0o775)


def spoil_owner(path):
    os.chown(path, 12345, 0)


def spoil_execution(path):
    path.chmod(0o644)


def spoil_kind(path):
    path.unlink()
    path.mkdir(mode=0o755)


SPOILT = [
    ("others may write it", spoil_mode, "can be written by others; chmod go-w it"),
    ("somebody else's", spoil_owner, "belongs neither to root nor to you; chown it"),
    ("not executable", spoil_execution, "cannot be run: Permission denied"),
    ("a directory", spoil_kind, "is no regular file; name one"),
    ("not there", os.unlink, "cannot be run: No such file or directory"),
]


@as_root
@pytest.mark.parametrize("spoil, why", by_name(SPOILT))
def test_program_that_is_not_run(directory, spoil, why):
    """Neither --check nor the start nor a reload takes it."""
    program = install(directory, MINE)
    conf = directory / "check.conf"
    with start(directory, program) as daemon:
        spoil(program)
        done = check(conf, configuration(program))
        assert (done.returncode, done.stderr) == (1, f"{conf}:1:1: the program {program} {why}\n")
        daemon.process.send_signal(1)
        daemon.wait_log(f"the program {program} {re.escape(why)}")
        assert outcome(daemon, "alice") == ""  # by the worker that is there
    started = start_drop_in(directory, "-O", program)
    assert started.returncode == 1
    assert f"program: the program {program} {why}" in started.stderr


def test_drop_in_without_a_program(directory):
    started = start_drop_in(directory)
    assert started.returncode == 1
    assert "program: which program? Give -O PATH" in started.stderr


def test_drop_in(directory):
    with Daemon(directory / "run", install(directory, MINE), mechanism="program", workers=1) as daemon:
        assert outcome(daemon, "alice") == ""
        assert daemon.last_login()["mech"] == "program"


def test_the_client_knows_it(directory):
    """What asks the configuration, and what asks the daemon."""
    program = install(directory, MINE)
    rules = "permit service=imap user=alice realm=\"\" with=oidc\n"
    with start(directory, program, rules) as daemon:
        conf = daemon.config
        said = json.loads(saslward("explain", "--config", conf, "--service", "imap", "--user", "alice", "--json").stdout)
        assert said["verdict"] == "let-in"
        assert "oidc" in saslward("explain", "--config", conf, "--service", "imap", "--user", "alice").stdout
        assert "oidc" in saslward("who", "--config", conf).stdout
        assert f'backend oidc program command="{program}" workers=1' in saslward("conf", "--config", conf).stdout
        assert outcome(daemon, "alice") == ""
        suggested = saslward("explain", "--config", conf, "--service", "imap", "--user", "bob").stdout
        line = re.search(r"^ +(permit .*)$", suggested.split("and no other:")[1], re.M)[1]
        assert check(directory / "new.conf", configuration(program, f"{line}\n")).returncode == 0, line
        program.chmod(0o775)
        assert "can be written by others" in saslward("doctor", "--config", conf, "--json").stdout
