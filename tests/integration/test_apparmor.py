# SPDX-License-Identifier: BSD-2-Clause
"""The AppArmor profile: that it is one, and allows each file that the daemon is seen to reach, installed in a throw-away
machine, from its start to logins of every kind that needs no network."""
import re
import shutil
import signal
import subprocess

import box
import pytest
from client import ask, is_ok
from conftest import set_password
from daemon import BUILD, PATIENCE, SLOW, WRAP, listens, wait_for

PROFILE = (BUILD / "packaging/apparmor/usr.sbin.saslwardd").read_text()
SASLWARDD = re.search(r"^profile saslwardd (\S+)", PROFILE, re.M)[1]
MUX = re.search(r"owner (\S+)/{,\*\*} rwk,", PROFILE)[1] + "/mux"
VARIABLES = {"@{PROC}": "/proc", "@{run}": "/run", "@{pids}": "{self,*}"}
# Of what comes with AppArmor, and the profile includes, the rules for what is reached here.
ABSTRACTIONS = {
    "authentication": ["/etc/pam.d/* r", "/etc/security/* r", "/etc/shadow r", "/etc/login.defs r",
                       "/{usr/,}lib/*-linux-gnu/security/pam_*.so mr", "/{usr/,}sbin/unix_chkpwd Px"],
    "base": ["/dev/null rw", "/dev/urandom r", "/dev/log w", "/run/systemd/journal/{dev-log,socket} w",
             "/etc/ld.so.{cache,preload} r", "/etc/localtime r", "/usr/share/zoneinfo/** r", "/usr/share/locale/** r",
             "/{usr/,}lib{,32,64}/** r", "/{usr/,}lib/*-linux-gnu/** r", "/proc/sys/kernel/{cap_last_cap,ngroups_max} r",
             "/proc/filesystems r", "/proc/*/status r", "/proc/sys/vm/overcommit_memory r"],
    "nameservice": ["/etc/{group,passwd,hosts,host.conf,nsswitch.conf,resolv.conf,services,protocols} r",
                    "/run/nscd/socket rw", "/run/systemd/userdb/ r", "/run/systemd/userdb/io.systemd.DynamicUser rw"],
    "openssl": ["/etc/ssl/openssl.cnf r"],
}
CONFIGURATION = """\
backend consoles sasldb path=/etc/saslward/consoles
backend system pam services=saslwardtest
permit service=imap with=consoles as-realm=vmA
permit service=saslwardtest with=system
permit service=shadow user=@saslwardtest with=shadow
permit service=unit peer=unit:asker.service with=consoles as-realm=vmA
permit service=spice vm=any with=consoles as-realm=%v
"""
PAM_SERVICE = """\
auth requisite pam_faillock.so preauth
auth required pam_unix.so
account required pam_faillock.so
account required pam_unix.so
"""
TRACE = ["strace", "--follow-forks", "--decode-fds=path", "--quiet=all", "--successful-only",
         "--trace=%file,connect,bind"]
OPENED = re.compile(r"^\d+ +(?:open|openat)\(.*?(O_[A-Z_|]+).*\) = \d+<([^>]*)>")
EXECUTED = re.compile(r'^\d+ +execve\("([^"]*)"')
REACHED = re.compile(r'^\d+ +(connect|bind|unlink|mkdir|rmdir|rename|chmod|chown)\w*\(.*?"([^"]*)"')

pytestmark = pytest.mark.skipif(bool(WRAP) or SLOW > 1, reason="the profile is for the program as it is released")


def expression(pattern):
    """The regular expression for a path in a profile."""
    for name, value in VARIABLES.items():
        pattern = pattern.replace(name, value)
    assert "@{" not in pattern
    tokens = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
    return re.compile("".join(tokens.get(part, re.escape(part)) for part in re.split(r"(\*\*|[*?{},])", pattern)))


def rules():
    """(expression, access) of each rule for files."""
    included = [rule for name in re.findall(r"^  include <abstractions/(\w+)>", PROFILE, re.M)
                for rule in ABSTRACTIONS.get(name, [])]
    own = re.findall(r"^  (?:owner )?([/@]\S+ \w+),$", PROFILE, re.M)
    return [(expression(path), access) for path, _, access in (rule.rpartition(" ") for rule in included + own)]


def reached(line):
    """(path, letters of the rule that it takes) of a line of strace. Directories end with a slash."""
    if match := OPENED.match(line):
        access = {"O_RDONLY": "r", "O_WRONLY": "w", "O_RDWR": "rw"}
        flags = match[1].split("|")
        return match[2] + "/" * ("O_DIRECTORY" in flags), "" if "O_PATH" in flags else access[flags[0]]
    if match := EXECUTED.match(line):
        return match[1], "x"
    if match := REACHED.match(line):
        return match[2] + "/" * match[1].endswith("dir"), "w"
    return None


def is_allowed(path, needs, known):
    """By one rule or several together, as AppArmor takes them."""
    granted = {letter for pattern, access in known if pattern.fullmatch(path) for letter in access}
    return set(needs) <= granted | ({"x"} if "P" in granted else set())


@pytest.fixture(name="machine", scope="module")
def make_machine(place):
    box.require()
    if not shutil.which("strace"):
        pytest.skip("strace is not installed; ./check installs it")
    with box.Box(place) as machine:
        machine.run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet")
        machine.run("systemd-sysusers")
        machine.run("systemd-tmpfiles", "--create", "saslward.conf")
        machine.path("etc/saslward").mkdir()
        set_password(machine.path("etc/saslward/consoles"), "alice", "vmA", "secretA")
        machine.run("groupadd", "saslwardtest")
        machine.run("useradd", "--groups=saslwardtest", "wardtest")
        machine.run("sh", "-c", "echo 'wardtest:of wardtest' | chpasswd")
        machine.path("etc/pam.d/saslwardtest").write_text(PAM_SERVICE)
        machine.path("etc/saslward.conf").write_text(CONFIGURATION)
        machine.run("mkdir", "-p", "/run/libvirt/qemu")
        machine.path("run/libvirt/qemu/vmA.pid").write_text("1")
        yield machine


@pytest.fixture(name="trace", scope="module")
def make_trace(place, machine):
    """Lines of what was reached for, from the daemon's start to its end."""
    path = place / "trace"
    process = subprocess.Popen([*machine.prefix, *TRACE, "--output", path, SASLWARDD, "-f"], stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: listens(machine.path(MUX)), "the daemon to listen")
        for service, login, password in [("imap", "alice", "secretA"), ("saslwardtest", "wardtest", "of wardtest"),
                                         ("shadow", "wardtest", "of wardtest")]:
            wait_for(lambda login=(login, password, service): is_ok(ask(machine.path(MUX), *login)), service)
        command = [f"{SASLWARDD.replace('sbin', 'bin').removesuffix('d')}", "test", "-f", MUX, "-u", "alice", "-p", "secretA"]
        asker = ["systemd-run", "--quiet", "--wait", "--pipe", "--unit=asker"]
        assert "0: OK" in machine.run(*asker, *command, "-s", "unit")
        assert "0: NO" in machine.run(*asker, "--slice=machine.slice", *command, "-s", "spice", check=False)
    finally:
        tracer, = machine.run("pgrep", "--exact", "saslwardd").split()[:1]
        machine.run("kill", f"-{signal.SIGTERM.value}", tracer)
        process.wait(PATIENCE)
    return path.read_text().splitlines()


def test_what_is_reached_for(trace):
    known = rules()
    seen = {found for found in map(reached, trace[1:]) if found and found[0].startswith("/")}
    assert {"/etc/saslward/consoles", "/etc/shadow", "/etc/pam.d/saslwardtest", "/run/libvirt/qemu/vmA.pid"} <= {
        path for path, _ in seen}
    directories = {path for path, _ in seen if path.endswith("/")}
    seen = {(f"{path}/" if f"{path}/" in directories else path, needs) for path, needs in seen}
    refused = [f"{path} {needs}" for path, needs in sorted(seen) if not is_allowed(path, needs, known)]
    assert refused == [], "\n".join(refused)


def test_it_can_be_read(directory):
    """By AppArmor's own compiler, with what comes with it."""
    parser = shutil.which("apparmor_parser", path=box.SYSTEM_PATH)
    if not parser:
        pytest.skip("apparmor_parser is not installed; .ci/run installs it")
    done = subprocess.run([parser, "--skip-kernel-load", "--skip-cache", BUILD / "packaging/apparmor/usr.sbin.saslwardd"],
                          capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=directory)
    assert done.returncode == 0, done.stderr  # what it says of a kernel without AppArmor does not matter
