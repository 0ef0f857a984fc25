# SPDX-License-Identifier: BSD-2-Clause
"""The man pages: that they can be read, that their examples are right, and that nothing is missing in them."""
import os
import re
import shutil
import subprocess

import manual
import pytest
from client import ask
from daemon import PATIENCE, SASLWARD, SASLWARDD, WORKERS, WRAP
from reloading import ALICE, Reloaded, rules
from test_control import Control

TYPES = ["sasldb", "pam", "ldap", "shadow", "getpwent", "program"]
# what it is, the page, a line with something that is unknown there; the complaint lists what is known
LINES = [
    ("saslward.conf.5", "xyzzy"),
    ("saslward.conf.5", "listen /run/mux xyzzy=1"),
    ("saslward.conf.5", "identity xyzzy"),
    ("saslward.conf.5", "identity libvirt xyzzy=1"),
    ("saslward.conf.5", "permit xyzzy=1 with=sasldb"),
    ("saslward.conf.5", "deny xyzzy=1"),
    ("saslward.conf.5", "deny reason=%z"),
    ("saslward.conf.5", "backend x xyzzy"),
    *(("saslward-ldap.5" if kind == "ldap" else "saslward.conf.5", f"backend x {kind} xyzzy=1") for kind in TYPES),
]
BACKEND_OPTIONS = {"workers", "jobs", "deadline"}  # in saslward.conf(5) for every type
ENTRY = re.compile(r"^## (.*)$|\*([\w%-]+)(?:=[\w=]*)?\*", re.M)
FRAGMENT = re.compile(r'\w+=|[,:"/@]|\.\.\.')


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE, check=False,
                          env={**os.environ, "SASLWARD_LIBEXECDIR": str(WORKERS)}, **options)


def check(path, text):
    path.write_text(text)
    return run(*WRAP, str(SASLWARDD), "--check", "--config", str(path))


@pytest.mark.parametrize("page", [path.stem for path in manual.sources()])
def test_it_can_be_read(page):
    if not shutil.which("scdoc"):
        pytest.skip("scdoc is not installed; ./check installs it")
    path = manual.PAGES / page
    readers = [("man", "--warnings", "--local-file", "--troff-device=utf8"), ("mandoc", "-T", "lint", "-W", "error")]
    for reader, *options in readers:
        if shutil.which(reader):
            done = run(reader, *options, str(path))
            assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("text", [
    pytest.param(text, id=f"{page}, {number}") for number, (page, text) in enumerate(manual.examples("saslward.conf"), 1)])
def test_configurations(directory, text):
    (_, included), = manual.examples("saslward.d")
    (directory / "saslward.d").mkdir()
    (directory / "saslward.d/vm.conf").write_text(included)
    (directory / "saslauthd.conf").write_text("ldap_search_base: dc=example,dc=com\n")
    (directory / "saslward").mkdir()
    password = directory / "saslward/ldap.password"
    password.write_text("search it\n")
    password.chmod(0o600)
    done = check(directory / "saslward.conf", re.sub("/etc/(sasl)", rf"{directory}/\1", text))
    assert (done.returncode, done.stderr) == (0, ""), text


def test_there_are_examples():
    """At least as many as there are pages and set-ups that promise one."""
    pages = [page for page, _ in manual.examples("saslward.conf")]
    assert pages.count("saslward-vm.7") >= 5
    assert {"saslwardd.8", "saslward.conf.5", "saslward-ldap.5"} <= set(pages)


@pytest.mark.parametrize("page, command", [
    ("saslwardd.8", [str(SASLWARDD), "--help"]),
    *(("saslward.1", [str(SASLWARD), name, "--help"]) for name in (
        "test", "status", "metrics", "reload", "flush", "log", "doctor", "conf", "adopt", "passwd", "users", "deluser"))])
def test_options(page, command):
    done = run(*WRAP, *command)
    options = set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", done.stdout + done.stderr))
    assert options
    text = manual.source(page)
    assert [option for option in sorted(options) if f"*{option}*" not in text] == []


def test_commands():
    """Every command of the client has its line in the synopsis, is told of, and has its exit status, in the help's order."""
    done = run(*WRAP, str(SASLWARD), "--help")
    commands = re.findall(r"^  ([a-z]+) ", done.stdout, re.M)
    synopsis, _, text = manual.source("saslward.1").partition("# SYNOPSIS")[2].partition("# DESCRIPTION")
    assert len(commands) > 10
    assert list(dict.fromkeys(re.findall(r"^\*saslward ([a-z]+)\*", synopsis, re.M))) == commands
    assert [command for command in commands if f"*{command}*" not in text and f"*saslward {command}" not in text] == []
    statuses = re.findall(r"^Of (\*.*?):", text.partition("# EXIT STATUS")[2].partition("\n# ")[0], re.M)
    assert re.findall(r"\*([a-z]+)\*", " ".join(statuses)) == commands


def members(found):
    """The names of all members that stand in an answer, but of those that are names themselves."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield name
            if name not in ("services", "vms", "results"):
                yield from members(value)
    elif isinstance(found, list):
        for value in found:
            yield from members(value)


def test_control_socket(directory, database):
    """All that can be asked there, and each member of what is answered."""
    text = manual.source("saslward-control.7")
    entries = {word.strip("*") for line in re.findall(r"^\*.*\*$", text, re.M) for word in line.split(", ")}
    entries |= set(re.findall(r"\*([\w-]+)\*", text))
    with Reloaded(directory, rules(database, "alice")) as daemon:
        ask(daemon.socket, *ALICE)
        daemon.reload("lisen\n")
        with Control(daemon) as control:
            complaint = control.ask("xyzzy")["error"]
            found = [control.ask(command) for command in ("status", "flush", "reload", "test")]
    commands = re.fullmatch("unknown command; there are: (.*)", complaint)[1].split(", ")
    assert [command for command in commands if f"\n*{command}*\n\t" not in text] == []
    names = set(members(found)) - {"answers", "reload", "db", "identity", "groups", "OK", "MISMATCH", "UNKNOWN", "DENIED", "UNAVAILABLE"}
    assert {"last_errors", "complaints", "last_asker", "within_usec", "no-rule", "flushed", "begun"} <= names
    assert sorted(names - entries) == []


@pytest.mark.parametrize("page, line", LINES)
def test_grammar(directory, page, line):
    """The daemon knows no word or option that has no entry."""
    complaint = check(directory / "saslward.conf", f"{line}\n").stderr.splitlines()[0]
    known = re.search(r"(?:there are:?|some of) ([^;\n]*)", complaint)[1]
    words = set(re.findall(r"%.|[\w-]+", known.partition(", with")[0])) - {"and", "for", "a", "percent", "sign"}
    assert words, complaint
    text = manual.source(page)
    if page != "saslward.conf.5":
        words -= BACKEND_OPTIONS
    entries = {word for heading, entry in ENTRY.findall(text) for word in (entry or heading).split(", ")}
    assert sorted(words - entries) == [], complaint


def test_texts_of_the_daemon():
    """What is looked up by its text is what the programs write."""
    programs = b"".join(path.resolve().read_bytes() for path in [SASLWARDD, *WORKERS.iterdir()])
    text = manual.source("saslward-troubleshooting.7")
    headings = re.findall("^## (.*)$", text[text.index("# THE DAEMON'S START"):], re.M)
    fragments = {fragment.strip() for heading in headings for fragment in FRAGMENT.split(heading)}
    assert len(headings) > 15
    assert [fragment for fragment in sorted(fragments) if " " in fragment and fragment.encode() not in programs] == []
