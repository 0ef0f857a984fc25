# SPDX-License-Identifier: BSD-2-Clause
"""Completion of saslward's command line, in real shells."""
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess

import pytest
from conftest import set_password
from daemon import PATIENCE, SASLWARD, wait_for
from host import UNSHARE, missing

FILES = pathlib.Path(__file__).resolve().parents[2] / "packaging/completion"
BASH = """
source "$0"
complete -p saslward >/dev/null || exit 1
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
_saslward
printf '%s\\n' "${COMPREPLY[@]}"
"""
# Writes down what is offered; compadd with -A, -O or -D offers nothing. And when it listens to keys again: what is typed
# before that is the terminal's, which takes ^U for the end of all that was typed.
ZSH = """
PS1=; PROMPT_EOL_MARK=; LISTMAX=100000; unsetopt prompt_sp
fpath=($FILES $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
        local -a offered
        [[ ${(j: :)@} == *-[AOD]\\ * ]] || { builtin compadd -A offered "$@"; print -rl -- $offered >>$OFFERED }
        builtin compadd "$@"
}
zle-line-init() { print prompt >>$OFFERED }
zle -N zle-line-init
"""


def bash(*words, prefix=()):
    """What bash would offer for the last of the words."""
    done = subprocess.run([*prefix, "bash", "--norc", "-c", BASH, str(FILES / "saslward"), str(SASLWARD), *words], capture_output=True,
                          text=True, timeout=PATIENCE, check=True)
    assert done.stderr == ""
    return set(done.stdout.split("\n")) - {""}


class Zsh:
    """An interactive zsh at whose prompt completion is asked for."""

    def __init__(self, directory):
        self.offered = directory / "offered"
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {
                "PATH": f"{SASLWARD.parent}:{os.environ['PATH']}", "HOME": str(directory), "FILES": str(FILES), "OFFERED": str(self.offered),
                "TERM": "dumb", "COLUMNS": "200", "LINES": "1000"})
        (directory / "start").write_text(ZSH)
        self.type("source ./start\n")
        self.wait_prompt()

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait_prompt(self):
        os.set_blocking(self.terminal, False)

        def is_there():
            try:
                os.read(self.terminal, 100000)  # so that it need not wait for us
            except OSError:
                pass
            return self.offered.exists() and "prompt" in self.offered.read_text().splitlines()
        wait_for(is_there, "a prompt")

    def __call__(self, *words):
        self.offered.write_text("")
        self.type(" ".join(["saslward", *words]) + "\t\x15\n")
        self.wait_prompt()
        return {line for line in self.offered.read_text().split("\n") if line} - {"prompt"}

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@pytest.fixture(name="complete", params=["bash", "zsh"])
def make_complete(request, directory):
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed; ./check installs it")
    if request.param == "bash":
        yield bash
        return
    shell = Zsh(directory)
    yield shell
    shell.end()


def help_of(*command):
    return subprocess.run([str(SASLWARD), *command, "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout


def commands():
    return re.findall(r"^  ([a-z]+) ", help_of(), re.M)


def options_of(command):
    """What begins with a dash before the description."""
    heads = re.findall(r"^  +(-.*?)(?:  |$)", help_of(command), re.M)
    return {word for head in heads for word in re.split("[ ,]+", head) if re.match("--?[a-zA-Z]", word)}


def test_commands(complete):
    """One that saslward --help does not name is none, and one that it names is offered."""
    assert len(commands()) >= 10
    assert {word for word in complete("") if not word.startswith("-")} == set(commands())
    assert complete("st") == {"status"}


def test_options(complete):
    for command in commands():
        expected = options_of(command)
        offered = complete(command, "--") | complete(command, "-")
        assert expected <= offered, command
        assert offered <= expected | {"--help"}, command


def test_help_names_each_option():
    """What getopt takes and the help does not tell nobody would be offered; getopt lists what "--" may mean."""
    for command in commands():
        done = subprocess.run([str(SASLWARD), command, "--x-no-such-option"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert "unrecognized option" in done.stderr, done
        known = set(re.findall("'(--[a-z-]+)'", subprocess.run(
            [str(SASLWARD), command, "--="], capture_output=True, text=True, timeout=PATIENCE, check=False).stderr))
        assert known - {"--help"} <= options_of(command), command


def test_services(complete):
    assert {"spice", "vnc", "imap"} <= complete("explain", "--service", "")
    assert complete("explain", "--service", "sp") <= {"spice"}


def test_words(complete):
    """Those that the help and a complaint name."""
    results = re.search(r"only those: ((?:.|\n)*?)\n +--", help_of("log"))[1]
    assert complete("log", "--result", "") == set(re.findall("[A-Z]+", results))
    done = subprocess.run([str(SASLWARD), "doctor", "-a", "nosuch"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert complete("doctor", "-a", "") == set(re.search(r"there are: ([^;]*)", done.stderr)[1].split())


def test_files(complete, directory):
    (directory / "one.conf").write_text("")
    (directory / "folder").mkdir()
    for words in (["check"], ["conf", "--config"], ["diff"], ["passwd", "-f"]):
        assert any(word.endswith("one.conf") for word in complete(*words, f"{directory}/o")), words
    assert not any(word.endswith("one.conf") for word in complete("status", "-m", f"{directory}/o"))
    assert any(word.rstrip("/").endswith("folder") for word in complete("status", "-m", f"{directory}/f"))


def test_users(complete, directory):
    database = directory / "db"
    for user in ("saslward-alice", "saslward-bob"):
        set_password(database, user, "vmA", "secret")
    for command in ("passwd", "deluser", "users"):
        assert complete(command, "-f", str(database), "saslward-") == {"saslward-alice", "saslward-bob"}
    assert complete("users", "-f", str(database), "saslward-b") <= {"saslward-bob"}


def test_nothing_offered(complete):
    """Where saslward cannot know what is meant: a password, a number."""
    assert complete("test", "-p", "") == set()
    assert complete("nosuch", "--") <= {"--help"}


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_vms(directory):
    """libvirt's, whether they run or not."""
    for path in ("run/web-1.xml", "run/web-1.pid", "run/driver.pid", "etc/web-2.xml", "etc/with blank.xml"):
        (directory / path).parent.mkdir(exist_ok=True)
        (directory / path).write_text("")
    mount = ("mount -t tmpfs none /run && mkdir -p /run/libvirt && cp -r {0}/run /run/libvirt/qemu && "
             "mount -t tmpfs none /etc/libvirt 2>/dev/null && cp -r {0}/etc /etc/libvirt/qemu; exec \"$@\"").format(directory)
    prefix = [*UNSHARE, "sh", "-c", mount, "sh"]
    offered = bash("test", "--vm", "", prefix=prefix)
    assert "web-1" in offered and "driver" not in offered
    assert "driver" not in offered
    if os.path.isdir("/etc/libvirt"):
        assert offered == {"web-1", "web-2", "with\\ blank"}
    assert bash("test", "--vm", "=", "web-1", prefix=prefix) == {"web-1"}
