# SPDX-License-Identifier: BSD-2-Clause
"""The Debian packages: built as a distribution builds them, installed in a throw-away Debian beside saslauthd."""
import filecmp
import json
import pathlib
import re
import shutil
import subprocess

import box
import libvirt
import pytest
import qemu
from client import ask, is_ok
from conftest import temporary_directory
from daemon import HERE, PATIENCE, SLOW, WRAP, listens, wait_for
from load import load, mail_logins

ROOT = HERE.parents[1]
TOOLS = ["dpkg-buildpackage", "dh", "scdoc", "git"]
CHROOT = "/var/spool/postfix/var"
SASLAUTHD = 'START=yes\nDESC="SASL"\nNAME="saslauthd"\nMECHANISMS="sasldb"\nMECH_OPTIONS=""\nTHREADS=5\nOPTIONS="-c -m /run/saslauthd"\n'
POSTFIX = ["compatibility_level=3.6", "smtpd_sasl_auth_enable=yes", "smtpd_sasl_local_domain=mail",
           "inet_interfaces=127.0.0.1", "inet_protocols=ipv4", "smtpd_tls_security_level=none"]
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


def forget_saslward(machine, packages):
    """What whoever works on it has installed on the machine below, by hand or by packages."""
    machine.run("dpkg", "--purge", *(package.name.partition("_")[0] for package in packages))
    for package in packages:
        files = machine.run("sh", "-c", f"dpkg-deb --fsys-tarfile {package} | tar --list").splitlines()
        machine.run("rm", "-f", *(file.removeprefix(".") for file in files if not file.endswith("/")))
    machine.run("rm", "-rf", "/etc/saslward.conf", "/var/lib/saslward")
    machine.run("userdel", "saslward", check=False)


@pytest.fixture(name="debian")
def make_debian(directory, packages):
    """A machine with saslauthd and Postfix, as Debian starts them."""
    box.require()
    if not pathlib.Path("/usr/lib/postfix/sbin/master").exists() or not pathlib.Path("/etc/init.d/saslauthd").exists():
        pytest.skip("Debian's postfix and sasl2-bin are not installed; .ci/run installs them")
    with box.Box(directory, packages[0].parent, patience=LONG) as machine:
        machine.run("rm", "-f", "/usr/sbin/policy-rc.d")
        forget_saslward(machine, packages)
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
    files = machine.run("find", "/etc", "/usr", "/lib/systemd", "/var/lib", "/run/saslauthd", "-ignore_readdir_race", "-not", "-type", "d",
                        "-not", "-type", "s", "-printf", "%p %m %u %g %s %l\\n").splitlines()
    kept = {line for line in files if not re.match(VOLATILE, line) and not line.startswith("/run/saslauthd/saslauthd.pid")}
    return kept | {machine.run("stat", "-c", "%n %a %U %G", "/run/saslauthd")} | set(
        machine.run("getent", "passwd").splitlines()) | set(machine.run("dpkg-statoverride", "--list").splitlines())


def steps(text, heading):
    """The commands in the output of adopt below the line that begins so."""
    behind = text[text.index(f"\n{heading}"):].partition(":\n\n")[2]
    return [line.strip() for line in re.match("(    .*\n)+", behind)[0].splitlines()]


def type_in(machine, commands):
    for command in commands:
        machine.run("sh", "-c", command)


def test_switch_and_back(debian, packages):
    """By what adopt writes and says."""
    check_logins(debian)
    debian.path("etc/saslward.conf").write_text("# a draft\n")
    before = inventory(debian)
    debian.run("dpkg", "--install", *packages)
    assert is_active(debian, "saslauthd") and not is_active(debian, "saslwardd")
    adopted = debian.run("saslward", "adopt", "--write")
    assert debian.run("sh", "-c", "saslward check 2>&1") == ""
    there, back, away = (steps(adopted, heading) for heading in ("Then", "And back", "saslauthd's files"))
    check_logins(debian)
    debian.run("chmod", "755", "/run/saslauthd")  # what no boot would leave
    type_in(debian, there)
    assert is_active(debian, "saslwardd.socket") and not is_active(debian, "saslauthd")
    check_logins(debian)
    assert "mech=sasldb" in debian.run("journalctl", "-t", "saslauthd")
    assert debian.run("stat", "-c", "%a %U %G", "/run/saslauthd") == "710 root sasl\n"
    type_in(debian, back)
    assert is_active(debian, "saslauthd") and not is_active(debian, "saslwardd.socket")
    check_logins(debian)
    type_in(debian, there)
    debian.run("dpkg", "--purge", "saslward", "saslward-ldap", "saslward-pam")
    assert not is_active(debian, "saslwardd") and not is_active(debian, "saslwardd.socket")
    assert debian.path("etc/saslward.conf").exists()  # the administrator's
    type_in(debian, away)
    switch(debian, starts=["saslauthd"], ends=[])
    check_logins(debian)
    assert inventory(debian) == before


def test_two_sockets_and_restarts(debian, packages):
    """Postfix in its chroot, as Debian has it, with a saslauthd of its own; no login fails, at neither socket, while the
    daemon is restarted."""
    debian.path("etc/default/saslauthd-postfix").write_text(f'OPTIONS="-c -m {CHROOT}/run/saslauthd"\n')
    switch(debian, starts=["saslauthd"], ends=["saslauthd"])
    debian.run("postconf", "-F", "smtp/inet/chroot=y")
    debian.run("systemctl", "restart", "postfix@-")
    check_logins(debian)
    debian.run("dpkg", "--install", *packages)
    type_in(debian, steps(debian.run("saslward", "adopt", "--write"), "Then"))
    check_logins(debian)
    assert debian.run("stat", "-c", "%a %U %G", f"{CHROOT}/run/saslauthd") == "710 root sasl\n"
    command = ["saslward", "test", "-s", "smtp", "-u", "alice", "-r", "mail", "-p", "secret"]
    with load(debian, *command, beside=[mail_logins("alice", "secret")] * 2) as wait_for_more:
        for _ in range(3):
            debian.run("systemctl", "restart", "saslwardd")
            assert smtp_code(debian, "secret") == "235"
            wait_for_more()


def test_by_the_same_settings_file(debian, packages):
    """In saslauthd's place, without a configuration."""
    debian.run("dpkg", "--install", *packages)
    drop_in = "saslwardd.service.d/saslauthd-settings.conf"
    debian.run("install", "-D", "/usr/share/doc/saslward/saslauthd-settings.conf", f"/etc/systemd/system/{drop_in}")
    debian.run("systemctl", "daemon-reload")
    switch(debian, starts=["saslwardd"], ends=["saslauthd"])
    check_logins(debian)
    pid = debian.run("systemctl", "show", "--property=MainPID", "--value", "saslwardd").strip()
    assert debian.run("ps", "-o", "args=", "-p", pid) == "/usr/sbin/saslwardd -a sasldb -c -m /run/saslauthd -n 5\n"
    debian.run("systemctl", "reload", "saslwardd")
    check_logins(debian)


@pytest.mark.parametrize("options, stays", [
    ([], False), (["--comment=The admins' own"], True), (["--home-dir=/srv/saslward"], True)])
def test_purge_and_the_user(debian, packages, options, stays):
    """One that somebody else has made is left alone."""
    if options:
        debian.run("useradd", "--system", "--shell=/usr/sbin/nologin", "--home-dir=/",
                   "--comment=Password checks for SASL programs", *options, "saslward")
    debian.run("dpkg", "--install", *packages)
    assert debian.run("getent", "passwd", "saslward")
    debian.run("dpkg", "--purge", *(package.name.partition("_")[0] for package in packages))
    assert bool(debian.run("getent", "passwd", "saslward", check=False)) == stays


class Article(libvirt.Libvirt):
    """libvirt with the settings and the console of saslward-vm(7), and what it takes in a throw-away machine, where there is
    no virtlogd, and where nothing can be confined: neither stands in the way of a console's login."""

    def __init__(self, machine, graphics, certificates):
        self.domain = re.sub("<graphics .*/>", graphics, libvirt.DOMAIN)
        super().__init__(machine, None, certificates)

    def configure(self, settings):
        text = self.box.path(f"{self.settings}/qemu.conf").read_text()
        super().configure(text + 'stdio_handler = "file"\nsecurity_driver = "none"\n')


def whole_way():
    """Of the set-up in saslward-vm(7): (what stands before it, the block) of each."""
    text = (ROOT / "packaging/man/saslward-vm.7.scd").read_text()
    for name, value in (("@rundir@", "/run/saslauthd"), ("@config@", "/etc/saslward.conf"), ("DNS:HOST", f"IP:{qemu.LOOPBACK}"),
                        ("HOST", qemu.LOOPBACK)):
        text = text.replace(name, value)
    section = text.partition("# THE WHOLE WAY\n")[2].partition("\n# ")[0]
    parts = re.split("(?m)^```$", section)
    return list(zip(parts[::2], (block.strip("\n") for block in parts[1::2])))


def follow(machine, before, block):
    """Types it in, or writes it into the files that are named before it."""
    files = re.findall(r"_(/[^_]+\.conf)_", before)
    if not files:
        type_in(machine, ["set -e\n" + re.sub("^saslward passwd ", r"echo secret | \g<0>", block, flags=re.M)])
    for file in files:
        machine.run("mkdir", "-p", file.rpartition("/")[0])
        machine.path(file).write_text(f"{block}\n")


def test_whole_way(directory, packages):
    """saslward-vm(7), line by line, with libvirt and machined."""
    libvirt.require()
    way = whole_way()
    login = way.pop()[1]
    graphics, = (block for _, block in way if block.startswith("<graphics "))
    with box.Box(directory, packages[0].parent, patience=LONG) as machine:
        machine.run("rm", "-f", "/usr/sbin/policy-rc.d")
        machine.path("etc/default/saslauthd").write_text(SASLAUTHD)
        switch(machine, starts=["saslauthd"], ends=[])
        machine.run("dpkg", "--install", *packages)
        machine.run("rm", "-rf", "/etc/pki", "/etc/saslward")
        for before, block in way:
            if block != graphics:
                follow(machine, before, block)
        viewer, log = login.splitlines()
        authority, port = re.search(f'--spice-ca-file=(ca-cert.pem) "spice://{qemu.LOOPBACK}\\?tls-port=(.*)"$', viewer).groups()
        assert machine.run("ls", f"/etc/pki/libvirt-spice/{authority}")
        system = Article(machine, graphics, "/etc/pki/libvirt-spice")
        system.create("debianx", "other")
        assert system.lets_in("debianx", "alice", "secret")
        assert not system.lets_in("debianx", "alice", "wrong")
        assert not system.lets_in("other", "alice", "secret")
        assert system.virsh("domdisplay", "debianx").strip().endswith(f"tls-port={port}")
        assert "[reason=no rule permits it] [vm=other uuid:" in machine.run("sh", "-c", log)


CONTAINER = ROOT / "packaging/container"
# What Docker does by compose.yaml: no network, no rights, processes of its own, and only the volume can be written.
AS_IN_A_CONTAINER = """
for at in / /run /dev/shm; do mount -o remount,bind,ro $at || exit 1; done
mount -t tmpfs -o ro tmpfs /tmp || exit 1
mount --bind /run/saslauthd /run/saslauthd && mount -o remount,bind,rw /run/saslauthd || exit 1
exec setpriv --reuid=saslward --regid=saslward --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


def test_as_in_a_container(directory, packages):
    """By the commands in packaging/container: as an ordinary user, in the foreground, with its log on the terminal."""
    dockerfile, compose = (CONTAINER / name for name in ("Dockerfile", "compose.yaml"))
    make_user, = re.findall("^RUN (useradd .*)", dockerfile.read_text(), re.M)
    make_mux, = re.findall("^    (install -d .*)", dockerfile.read_text(), re.M)
    command, = re.findall(r"^CMD (\[.*\])", dockerfile.read_text(), re.M)
    settings = compose.read_text()
    passwords = re.search(r"- \./(\S+):/etc/sasldb2:ro", settings)[1]
    assert f"packaging/container/{passwords}" in (CONTAINER / "Dockerfile.dockerignore").read_text().splitlines()
    assert all(line in settings for line in ("network_mode: none", "read_only: true", "cap_drop: [ALL]"))
    box.require()
    with box.Box(directory, packages[0].parent, patience=LONG) as machine:
        forget_saslward(machine, packages)
        type_in(machine, [make_user])
        machine.run("dpkg", "--install", *(path for path in packages if "pam" not in path.name))
        type_in(machine, ["rm -rf /run/saslauthd /etc/sasldb2", make_mux])
        shutil.copy(CONTAINER / "saslward.conf", machine.path("etc/saslward.conf"))
        for line in re.findall("^#   (.*)", settings, re.M):
            type_in(machine, [re.sub("^saslpasswd2", "echo secret | saslpasswd2 -p", line).replace(
                f"packaging/container/{passwords}", "/etc/sasldb2")])
        assert machine.run("stat", "-c", "%a", "/etc/sasldb2") == "600\n"
        with (directory / "log").open("w") as log:
            daemon = subprocess.Popen(
                [*machine.prefix, "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--net", "--ipc", "--uts",
                 "sh", "-c", AS_IN_A_CONTAINER, "sh", *json.loads(command)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=box.ENVIRONMENT)
        mux = machine.path("run/saslauthd/mux")
        wait_for(lambda: listens(mux) or daemon.poll() is not None, "the daemon to listen")
        assert mux.exists(), (directory / "log").read_text()
        answers = [is_ok(ask(mux, "alice", password, "smtp", "mail")) for password in ("secret", "wrong")]
        assert answers == [True, False], (directory / "log").read_text()
        machine.run("pkill", "--uid", "saslward", "--exact", "saslwardd")
        assert daemon.wait(PATIENCE) == 0, (directory / "log").read_text()
    log = (directory / "log").read_text()
    assert "auth success: [user=alice]" in log and "auth failure: [user=alice] [service=smtp]" in log


def test_upgrade_under_load(debian, packages, directory):
    upgrade = newer(packages, directory)
    debian.run("dpkg", "--install", *packages)
    debian.path("etc/saslward.conf").write_text("permit service=smtp with=sasldb\n")
    switch(debian, starts=["saslwardd"], ends=["saslauthd"])
    pid = debian.run("systemctl", "show", "--property=MainPID", "saslwardd")
    command = ["saslward", "test", "-s", "smtp", "-u", "alice", "-r", "mail", "-p", "secret"]
    with load(debian, *command, beside=[mail_logins("alice", "secret")] * 2) as wait_for_more:
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
