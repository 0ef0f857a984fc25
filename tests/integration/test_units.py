# SPDX-License-Identifier: BSD-2-Clause
"""The systemd units, as installed, in a throw-away machine: what works within their hardening, and what they forbid."""
import contextlib
import json
import re
import shutil
import socket

import box
import ldif
import libvirt
import pytest
import qemu
from client import ask, is_ok
from conftest import by_name, set_password
from daemon import BUILD, PATIENCE, SLOW, WRAP, wait_for
from load import load
from slapd import Slapd

UNITS = "saslwardd.service", "saslwardd.socket"
DOCUMENTS = "/usr/local/share/doc/saslward"
SASLWARD = "/usr/local/bin/saslward"
DROP_INS = "/run/systemd/system/saslwardd.service.d"
MUX = re.search("^ListenStream=(.*)$", (BUILD / "packaging/systemd/saslwardd.socket").read_text(), re.M)[1]
PAM_SERVICE = """\
auth requisite pam_faillock.so preauth deny=2
auth sufficient pam_unix.so
auth [default=die] pam_faillock.so authfail deny=2
account required pam_faillock.so
account required pam_unix.so
"""
# Tells in a file where faillock's are what a module can do, each as a line "WHAT STATUS".
PROBE = """\
#!/bin/sh
exec >/run/faillock/found
try() { "$@" >/dev/null 2>&1 && echo "$1 $2: done" || echo "$1 $2: refused"; }
try touch /etc/saslward.witness
try touch /root/saslward.witness
try touch /run/saslward.witness
try touch /run/faillock/saslward.witness
try unshare --user true
try mknod /run/faillock/device c 1 3
try chmod u+s /run/faillock/found
try date --set=now
try sysctl -w kernel.core_pattern=core
"""
CONFIGURATION = """\
backend consoles sasldb path=/etc/saslward/consoles
backend system pam services=saslwardtest,saslwardprobe
backend corp ldap ldap_servers={ldap} ldap_search_base={people}
backend stopped sasldb path=/etc/saslward/stopped workers=1 deadline=1s
permit service=imap with=consoles as-realm=vmA
permit service=stopped with=stopped as-realm=vmA
permit service=ldap with=corp
permit service=saslwardtest,saslwardprobe with=system
permit service=unit peer=unit:asker.service with=consoles as-realm=vmA
permit service=spice vm=plain with=consoles as-realm=vmA
"""
# service, login, password, whether that is right
LOGINS = [
    ("sasldb", "imap", "alice", "secretA", True),
    ("sasldb, wrong", "imap", "alice", "secretB", False),
    ("LDAP", "ldap", "user1", "secret 1", True),
    ("LDAP, wrong", "ldap", "user1", "secret 2", False),
    ("PAM", "saslwardtest", "wardtest", "of wardtest", True),
    ("PAM, wrong", "saslwardtest", "wardtest", "secretA", False),
]

pytestmark = pytest.mark.skipif(bool(WRAP) or SLOW > 1, reason="the units are for the program as it is released")


def ask_mux(machine, service, login, password):
    return is_ok(ask(machine.path(MUX), login, password, service, ""))


@pytest.fixture(name="machine", scope="module")
def make_machine(place):
    box.require()
    with box.Box(place) as machine:
        machine.run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet")
        machine.run("systemd-sysusers")
        machine.run("systemd-tmpfiles", "--create", "saslward.conf")
        machine.run("systemctl", "daemon-reload")
        yield machine


@pytest.fixture(name="directory_server", scope="module")
def make_directory_server(place, machine, ldap_database):
    with Slapd(place / "slapd", ldap_database, prefix=machine.prefix) as server:
        yield server
        machine.end(server.process)


@pytest.fixture(name="service", scope="module")
def make_service(machine, directory_server):
    """saslwardd.service, running with accounts of every kind."""
    database = machine.path("etc/saslward/consoles")
    database.parent.mkdir()
    for name in ("consoles", "stopped"):
        set_password(database.with_name(name), "alice", "vmA", "secretA")
    machine.run("useradd", "wardtest")
    machine.run("sh", "-c", "echo 'wardtest:of wardtest' | chpasswd")
    machine.path("etc/pam.d/saslwardtest").write_text(PAM_SERVICE)
    machine.path("etc/saslward.conf").write_text(
        CONFIGURATION.format(ldap=directory_server.url, people=ldif.PEOPLE))
    machine.run("systemctl", "start", "saslwardd.service")
    return machine


def state(machine, what, unit="saslwardd.service"):
    return machine.run("systemctl", "show", f"--property={what}", "--value", unit).strip()


def test_verify(machine):
    for unit in UNITS:
        assert machine.run("sh", "-c", f"systemd-analyze verify {unit} 2>&1") == ""


@pytest.mark.parametrize("drop_in, most", [(None, 30), ("pam-site.conf", 36)])
def test_exposure(machine, drop_in, most):
    with drop_in_of(machine, machine.path(f"{DOCUMENTS}/{drop_in}").read_text() if drop_in else ""):
        machine.run("systemd-analyze", "security", f"--threshold={most}", "saslwardd.service")


@contextlib.contextmanager
def drop_in_of(machine, text):
    machine.path(DROP_INS).mkdir(parents=True)
    machine.path(f"{DROP_INS}/test.conf").write_text(text)
    machine.run("systemctl", "daemon-reload")
    try:
        yield
    finally:
        machine.run("rm", "-r", DROP_INS)
        machine.run("systemctl", "daemon-reload")


@pytest.mark.parametrize("name, login, password, expected", by_name(LOGINS))
def test_logins(service, name, login, password, expected):
    assert ask_mux(service, name, login, password) == expected


def test_faillock_counts(service):
    service.run("useradd", "counted")
    service.run("sh", "-c", "echo 'counted:of counted' | chpasswd")
    assert ask_mux(service, "saslwardtest", "counted", "of counted")
    for wrong in ("a", "b"):
        assert not ask_mux(service, "saslwardtest", "counted", wrong)
    assert not ask_mux(service, "saslwardtest", "counted", "of counted")
    assert "V" in service.run("faillock", "--user", "counted")


def test_who_asks_can_be_seen(service):
    command = [SASLWARD, "test", "-f", MUX, "-s", "unit", "-u", "alice", "-p", "secretA"]
    assert "0: OK" in service.run("systemd-run", "--quiet", "--wait", "--pipe", "--unit=asker", *command)
    assert "0: NO" in service.run("systemd-run", "--quiet", "--wait", "--pipe", "--unit=other", *command, check=False)


def test_administrators_ask(service):
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(PATIENCE)
        control.connect(str(service.path("run/saslward/control")))
        control.sendall(b'{"command": "status"}\n')
        assert json.loads(control.makefile().readline())["rules"] == CONFIGURATION.count("permit")


def test_what_is_forbidden(service):
    probe = service.path("usr/local/bin/probe")
    probe.write_text(PROBE)
    probe.chmod(0o755)
    service.path("etc/pam.d/saslwardprobe").write_text(
        "auth required pam_exec.so seteuid /usr/local/bin/probe\naccount required pam_permit.so\n")
    assert ask_mux(service, "saslwardprobe", "wardtest", "of wardtest")
    found = service.path("run/faillock/found").read_text().splitlines()
    assert [line for line in found if line.endswith("done")] == ["touch /run/faillock/saslward.witness: done"]
    assert len(found) == PROBE.count("\ntry ")


@pytest.mark.parametrize("command", ["restart", "reload"])
def test_no_login_is_lost(service, command):
    asks = [SASLWARD, "test", "-f", MUX, "-s", "imap", "-u", "alice", "-p", "secretA"]
    with load(service, *asks) as wait_for_more:
        for _ in range(3):
            service.run("systemctl", command, "saslwardd.service")
            wait_for_more()


def test_a_worker_that_hangs_is_replaced(service):
    """It runs as another user than the supervisor, which ends it."""
    def workers():
        return service.run("pgrep", "--full", "/etc/saslward/stopped", check=False).split()

    wait_for(lambda: ask_mux(service, "stopped", "alice", "secretA"), "a worker")
    hung, = workers()
    service.run("kill", "-STOP", hung)
    assert not ask_mux(service, "stopped", "alice", "secretA")
    wait_for(lambda: len(found := workers()) == 1 and found != [hung], "another worker, alone")
    wait_for(lambda: ask_mux(service, "stopped", "alice", "secretA"), "it to serve")


def reload_status(machine):
    return machine.run("sh", "-c", "systemctl reload saslwardd.service; echo $?").splitlines()[-1]


def test_reload_of_a_broken_configuration(service):
    """systemctl says so, and the log what is wrong."""
    path = service.path("etc/saslward.conf")
    good, before = path.read_text(), state(service, "MainPID")
    path.write_text(good + "permitt service=imap\n")
    assert reload_status(service) != "0"
    assert "unknown keyword" in service.run("journalctl", "--unit=saslwardd.service", "--identifier=saslward")
    assert ask_mux(service, "imap", "alice", "secretA")
    path.write_text(good)
    assert (reload_status(service), state(service, "MainPID")) == ("0", before)


def test_reload_without_a_configuration(service):
    """A daemon that was started with -a has none."""
    path = service.path("etc/saslward.conf")
    path.rename(path.with_suffix(".away"))
    sbin = SASLWARD.replace("bin/saslward", "sbin/saslwardd")
    command = f"ExecStart={sbin} -a sasldb -O /etc/saslward/consoles"
    try:
        with drop_in_of(service, f"[Service]\nExecStart=\n{command}\n"):
            service.run("systemctl", "restart", "saslwardd.service")
            assert reload_status(service) == "0"
            assert is_ok(ask(service.path(MUX), "alice", "secretA", "anything", "vmA"))
    finally:
        path.with_suffix(".away").rename(path)
    service.run("systemctl", "restart", "saslwardd.service")
    assert ask_mux(service, "imap", "alice", "secretA")


def test_a_daemon_that_hangs_is_replaced(service):
    assert state(service, "WatchdogUSec") == "30s"
    before = state(service, "MainPID")
    with drop_in_of(service, "[Service]\nWatchdogSec=4s\nTimeoutAbortSec=1s\nRestartSec=0\n"):
        service.run("systemctl", "restart", "saslwardd.service")
        hung = state(service, "MainPID")
        service.run("kill", "-STOP", hung)
        assert ask_mux(service, "imap", "alice", "secretA")
        wait_for(lambda: state(service, "MainPID") not in ("0", before, hung), "another daemon")
    assert state(service, "NRestarts") == "1"
    assert ask_mux(service, "imap", "alice", "secretA")


def test_saslauthd_makes_place(service):
    """The other one's own unit, which Debian makes of its init script."""
    saslauthd = service.path("run/systemd/system/saslauthd.service")
    saslauthd.write_text("[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n")
    service.run("systemctl", "daemon-reload")
    for starts, ends in (("saslauthd.service", UNITS), (UNITS[0], ["saslauthd.service"])):
        service.run("systemctl", "enable", "--quiet", starts)
        service.run("systemctl", "start", starts)
        assert {state(service, "ActiveState", unit) for unit in ends} == {"inactive"}
    assert {state(service, "ActiveState", unit) for unit in UNITS} == {"active"}
    assert ask_mux(service, "imap", "alice", "secretA")
    service.run("systemctl", "disable", "--quiet", "saslauthd.service", *UNITS)


# what saslward doctor proposes, typed as it stands

SOCKET_DROP_INS = "/etc/systemd/system/saslwardd.socket.d"
ANEW = ("systemctl daemon-reload; systemctl stop saslwardd.service saslwardd.socket;"
        "systemctl start saslwardd.socket saslwardd.service")
REACH = {"mux-elsewhere", "mux-denied", "mux-missing", "not-reloaded"}
POSTFIX_MUX = f"/var/spool/postfix{MUX}"
POSTFIX = {
    "main.cf": "smtpd_sasl_auth_enable = yes\nmail_owner = saslwardmail\nqueue_directory = /var/spool/postfix\n",
    "master.cf": "smtp inet n - y - - smtpd\n",
    "sasl/smtpd.conf": "pwcheck_method: saslauthd\nmech_list: plain login\n",
}


@pytest.fixture(name="examined")
def make_examined(service):
    """The service, afterwards as it was before."""
    path = service.path("etc/saslward.conf")
    before = path.read_text()
    yield service
    path.write_text(before)
    service.run("sh", "-c", f"rm -rf {SOCKET_DROP_INS}; {ANEW}")


def remedies(machine):
    """Of each kind of fault that is found."""
    found = json.loads(machine.run(SASLWARD, "doctor", "--json", check=False))
    return {fault["name"]: "\n".join(fault["remedy"]) for fault in found["faults"]}


def mend(machine, fault):
    machine.run("sh", "-ec", f"PATH=$PATH:{SASLWARD.removesuffix('/saslward')}\n" + remedies(machine)[fault])


def test_doctor_brings_a_removed_socket_back(examined):
    examined.path(MUX).unlink()
    mend(examined, "mux-missing")
    assert ask_mux(examined, "imap", "alice", "secretA")
    assert "mux-missing" not in remedies(examined)


def test_doctor_has_saslauthd_make_place(examined):
    if not shutil.which("saslauthd", path=box.SYSTEM_PATH):
        pytest.skip("saslauthd is not installed; .ci/run installs it")
    directory = MUX.removesuffix("/mux")
    unit = examined.path("run/systemd/system/saslauthd.service")
    unit.write_text(f"[Service]\nType=forking\nExecStart=/usr/sbin/saslauthd -a sasldb -m {directory}\n"
                    f"PIDFile={directory}/saslauthd.pid\n[Install]\nWantedBy=multi-user.target\n")
    examined.run("systemctl", "daemon-reload")
    examined.run("systemctl", "start", "saslauthd.service")
    wait_for(lambda: "mux-taken" in remedies(examined), "saslauthd's socket")
    mend(examined, "mux-taken")
    assert ask_mux(examined, "imap", "alice", "secretA")
    assert not remedies(examined).keys() & {"mux-taken", "mux-missing", "no-daemon"}
    unit.unlink()


@pytest.fixture(name="mailer")
def make_mailer(examined):
    """A Postfix in its chroot is set up there."""
    examined.run("useradd", "--system", "saslwardmail")
    examined.run("mkdir", "-p", "/etc/postfix/sasl", "/var/spool/postfix")
    for name, text in POSTFIX.items():
        examined.path(f"etc/postfix/{name}").write_text(text)
    yield examined
    examined.run("userdel", "saslwardmail")


def test_doctor_adds_a_socket(mailer):
    """Outside of what the unit lets the daemon write. A restart finds it, too."""
    mend(mailer, "mux-elsewhere")
    assert not remedies(mailer).keys() & REACH
    mailer.run("systemctl", "restart", "saslwardd.service")
    for mux in (MUX, POSTFIX_MUX):
        assert is_ok(ask(mailer.path(mux), "alice", "secretA", "imap", ""))


def test_doctor_opens_a_socket(mailer):
    """Whose mode is not the configuration's."""
    mailer.path(SOCKET_DROP_INS).mkdir(parents=True)
    mailer.path(f"{SOCKET_DROP_INS}/override.conf").write_text(f"[Socket]\nSocketMode=0600\nListenStream={POSTFIX_MUX}\n")
    with mailer.path("etc/saslward.conf").open("a") as configuration:
        configuration.write(f"listen {MUX}\nlisten {POSTFIX_MUX}\n")
    mailer.run("sh", "-c", ANEW)
    mend(mailer, "mux-denied")
    mailer.run("sh", "-c", ANEW)
    assert not remedies(mailer).keys() & REACH


def test_libvirt(place, service, certificates):
    """VMs of real libvirt and machined are told apart."""
    libvirt.require()
    qemu.configure_sasl(place / "libvirt-sasl", MUX)
    system = libvirt.Libvirt(service, place / "libvirt-sasl", certificates)
    system.create("plain", "other")
    assert system.lets_in("plain", "alice", "secretA"), service.run("journalctl", "--unit=saslwardd.service", "--lines=30")
    assert not system.lets_in("other", "alice", "secretA")
