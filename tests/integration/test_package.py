# SPDX-License-Identifier: BSD-2-Clause
"""The Debian packages: built as a distribution builds them, installed in a throw-away Debian beside saslauthd."""
import filecmp
import pathlib
import re
import shutil
import subprocess

import box
import pytest
from conftest import temporary_directory
from daemon import HERE, PATIENCE, SLOW, WRAP, wait_for
from load import load

ROOT = HERE.parents[1]
TOOLS = ["dpkg-buildpackage", "dh", "scdoc", "git"]
MUX = "/run/saslauthd/mux"
SASLAUTHD = 'START=yes\nDESC="SASL"\nNAME="saslauthd"\nMECHANISMS="sasldb"\nMECH_OPTIONS=""\nTHREADS=5\nOPTIONS="-c -m /run/saslauthd"\n'
POSTFIX = ["smtpd_sasl_auth_enable=yes", "smtpd_sasl_local_domain=mail", "inet_interfaces=127.0.0.1", "inet_protocols=ipv4",
           "smtpd_tls_security_level=none"]
LOGIN = """
import smtplib, sys
server = smtplib.SMTP("127.0.0.1", 25, timeout=60)
try:
    print(server.login("alice", sys.argv[1])[0])
except smtplib.SMTPAuthenticationError as error:
    print(error.smtp_code)
"""
# What account tools leave behind, whoever used them, and what dpkg itself keeps.
VOLATILE = r"/etc/(\.pwd\.lock|(passwd|group|shadow|gshadow|subuid|subgid)-)|/var/lib/dpkg/.*|/etc/ld\.so\.cache"

LONG = 40 * PATIENCE  # to build, and for what dpkg has others do

pytestmark = [pytest.mark.skipif(bool(WRAP) or SLOW > 1, reason="the package is of the program as it is released"),
              pytest.mark.timeout(4 * LONG)]


def build(directory):
    tools = [tool for tool in TOOLS if not shutil.which(tool)]
    if tools:
        pytest.skip(f"{', '.join(tools)} not installed; .ci/run installs what the package is built with")
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    if not listed.stdout:
        pytest.skip(f"packages are built of what git knows here, and it says: {listed.stderr.strip()}")
    subprocess.run([ROOT / "packaging/build-deb", directory], check=True, timeout=LONG)
    return sorted(directory.glob("*.deb"))


@pytest.fixture(name="packages", scope="module")
def make_packages():
    for directory in temporary_directory():
        yield [path for path in build(directory) if "dbgsym" not in path.name]


def newer(packages, directory):
    """The same packages, with the next version's number."""
    made = []
    for package in packages:
        files, path = directory / package.stem, directory / package.name
        subprocess.run(["dpkg-deb", "--raw-extract", package, files], check=True, timeout=PATIENCE)
        control = files / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)(^Version: |saslward \(= )([^)\s]+)", r"\1\2+next", control.read_text()))
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", files, path], check=True, timeout=PATIENCE,
                       stdout=subprocess.DEVNULL)
        made.append(path)
    return made


@pytest.fixture(name="debian")
def make_debian(directory, packages):
    """A machine with saslauthd and Postfix, as Debian starts them."""
    box.require()
    if not pathlib.Path("/usr/lib/postfix/sbin/master").exists() or not pathlib.Path("/etc/init.d/saslauthd").exists():
        pytest.skip("Debian's postfix and sasl2-bin are not installed; .ci/run installs them")
    with box.Box(directory, packages[0].parent, patience=LONG) as machine:
        machine.run("rm", "-f", "/usr/sbin/policy-rc.d")
        machine.path("etc/default/saslauthd").write_text(SASLAUTHD)
        machine.run("sh", "-c", "echo secret | saslpasswd2 -p -c -u mail alice")
        machine.path("etc/postfix/sasl/smtpd.conf").write_text("pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n")
        machine.run("postconf", "-e", *POSTFIX)
        machine.run("postconf", "-F", "smtp/inet/chroot=n")
        machine.run("usermod", "--append", "--groups=sasl", "postfix")
        machine.run("systemctl", "daemon-reload")
        switch(machine, starts=["saslauthd"], ends=[])
        machine.run("systemctl", "start", "postfix@-")
        yield machine


def smtp_code(machine, password):
    return machine.run("/usr/bin/python3", "-c", LOGIN, password).strip()


def check_logins(machine):
    assert [smtp_code(machine, password) for password in ("secret", "wrong")] == ["235", "535"]


def switch(machine, *, starts, ends):
    """Not with --now, which does nothing for init scripts."""
    for unit in ends:
        machine.run("systemctl", "disable", "--quiet", unit)
        machine.run("systemctl", "stop", unit)
    for unit in starts:
        machine.run("systemctl", "enable", "--quiet", unit)
        machine.run("systemctl", "start", unit)


def is_active(machine, unit):
    return machine.run("systemctl", "is-active", unit, check=False).strip() == "active"


def inventory(machine):
    """All files that a package could have touched, and who is known."""
    files = machine.run("find", "/etc", "/usr", "/lib/systemd", "/var/lib", "/run/saslauthd", "-not", "-type", "d",
                        "-not", "-type", "s", "-printf", "%p %m %u %g %s %l\\n").splitlines()
    kept = {line for line in files if not re.match(VOLATILE, line) and not line.startswith("/run/saslauthd/saslauthd.pid")}
    return kept | {machine.run("stat", "-c", "%n %a %U %G", "/run/saslauthd")} | set(
        machine.run("getent", "passwd").splitlines()) | set(machine.run("dpkg-statoverride", "--list").splitlines())


def test_switch_and_back(debian, packages):
    check_logins(debian)
    before = inventory(debian)
    debian.run("dpkg", "--install", *packages)
    assert is_active(debian, "saslauthd") and not is_active(debian, "saslwardd")
    check_logins(debian)
    debian.path("etc/saslward.conf").write_text("permit service=smtp with=sasldb\n")
    debian.run("saslwardd", "--check")
    switch(debian, starts=["saslwardd"], ends=["saslauthd"])
    assert is_active(debian, "saslwardd.socket") and not is_active(debian, "saslauthd")
    check_logins(debian)
    assert "mech=sasldb" in debian.run("journalctl", "-t", "saslauthd")
    switch(debian, starts=["saslauthd"], ends=["saslwardd.service", "saslwardd.socket"])
    check_logins(debian)
    switch(debian, starts=["saslwardd"], ends=["saslauthd"])
    debian.run("dpkg", "--purge", "saslward", "saslward-ldap", "saslward-pam")
    assert not is_active(debian, "saslwardd") and not is_active(debian, "saslwardd.socket")
    assert debian.path("etc/saslward.conf").exists()  # the administrator's
    debian.path("etc/saslward.conf").unlink()
    switch(debian, starts=["saslauthd"], ends=[])
    check_logins(debian)
    assert inventory(debian) == before


def test_upgrade_under_load(debian, packages, directory):
    upgrade = newer(packages, directory)
    debian.run("dpkg", "--install", *packages)
    debian.path("etc/saslward.conf").write_text("permit service=smtp with=sasldb\n")
    switch(debian, starts=["saslwardd"], ends=["saslauthd"])
    pid = debian.run("systemctl", "show", "--property=MainPID", "saslwardd")
    with load(debian, "saslward", "test", "-s", "smtp", "-u", "alice", "-r", "mail", "-p", "secret") as wait_for_more:
        debian.run("dpkg", "--install", *upgrade)
        wait_for_more()
        wait_for(lambda: debian.run("systemctl", "show", "--property=MainPID", "saslwardd") != pid, "the new daemon", LONG)
    assert "+next" in debian.run("dpkg-query", "--show", "saslward")
    check_logins(debian)


def test_built_twice(packages, directory):
    again = build(directory)
    different = [path.name for path in again
                 if path.name in {package.name for package in packages}
                 and not filecmp.cmp(path, packages[0].parent / path.name, shallow=False)]
    assert len(again) > len(packages) > 2 and different == []


def test_lintian(packages):
    if not shutil.which("lintian"):
        pytest.skip("lintian is not installed; .ci/run installs it")
    changes, = packages[0].parent.glob("*.changes")
    done = subprocess.run(["lintian", "--fail-on", "error,warning", changes], capture_output=True, text=True,
                          timeout=LONG, check=False)
    assert done.returncode == 0, done.stdout
