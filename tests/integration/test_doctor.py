# SPDX-License-Identifier: BSD-2-Clause
"""saslward doctor: set-ups that are broken on purpose. It names the fault, its remedy mends it, and then nothing is wrong."""
import contextlib
import json
import os
import re
import signal
import subprocess

import pytest
import qemu
from commands import as_json
from conftest import by_name
from daemon import PATIENCE, WORKERS, wait_for
from host import AS_ROOT, missing
from patient import DATABASE, QUEUE, SOURCES, Patient
from slapd import Slapd

pytestmark = [pytest.mark.skipif(not AS_ROOT, reason="only root can make a machine of his own"),
              pytest.mark.skipif(missing() is not None, reason=str(missing()))]

QEMU, LIBVIRT, RULES = "/etc/sasl2/qemu.conf", "/etc/libvirt/qemu.conf", "/etc/saslward.conf"
POSTFIX = "/etc/postfix/sasl/smtpd.conf"
MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
SUBMISSION = "submission inet n - y - - smtpd\\n# see below\\n -o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes\\n"
RELOAD = "; saslward reload"
FILL = {"REALM": "vmA", "USER": "alice", "VM": "vmA"}
PASSWORD = "secretA\n"  # what saslward passwd asks for


def until_answers(directory):
    """A command that waits for saslauthd, which listens some time after it has detached itself."""
    return f"until echo x | saslward test -u nobody -p - -f {directory}/mux | grep -q NO; do sleep 0.01; done"


# what is wrong, the shell's commands that make it so, the faults that are found (a set, since several programs may
# have the same)
BROKEN = [
    # what libsasl2 reads
    ("SCRAM beside PLAIN", f"sed -i 's/plain/scram-sha-256 plain/' {QEMU}", "mech-list"),
    ("DIGEST-MD5 alone", f"sed -i 's/plain/DIGEST-MD5/' {QEMU}", "mech-list"),
    ("no mech_list", f"sed -i /mech_list/d {QEMU}", "mech-list"),
    ("no mech_list, and no newline at the end", f"printf 'pwcheck_method: saslauthd' >{QEMU}", "mech-list"),
    ("auxprop behind saslauthd", f"sed -i 's/saslauthd/saslauthd auxprop/' {QEMU}", "pwcheck-method"),
    ("no pwcheck_method", f"sed -i /pwcheck/d {QEMU}", "pwcheck-method"),
    ("auxprop for IMAP", "sed -i s/saslauthd/auxprop/ /etc/imapd.conf", "pwcheck-method"),
    ("Postfix offers CRAM-MD5", f"sed -i 's/PLAIN/CRAM-MD5 PLAIN/' {POSTFIX}", "mech-list"),
    ("a file named after the service", f"mv {QEMU} /etc/sasl2/spice.conf", "sasl-misnamed"),
    ("no file for QEMU", f"rm {QEMU}", "sasl-missing"),
    ("a file that QEMU cannot read", f"chmod 600 {QEMU}", "sasl-unreadable"),
    ("a file that is no configuration", f"echo 'mech_list plain' >>{QEMU}", "sasl-syntax"),
    ("two files", f"mkdir /etc/sasl; echo 'mech_list: plain login' >/etc/sasl/qemu.conf", "sasl-shadowed"),
    ("spice_sasl_dir without a file", f"echo 'spice_sasl_dir = \"/etc/sasl2/spice\"' >>{LIBVIRT}; mkdir /etc/sasl2/spice",
     "sasl-missing"),
    ("no plugin for PLAIN", "mkdir /root/away; mv /usr/lib/*/sasl2/libplain.so* /root/away", "no-plugin"),
    ("no plugin for the sasldb", "mkdir /root/away; mv /usr/lib/*/sasl2/libsasldb.so* /root/away", "no-plugin"),
    ("bypasses, and a rule that names no service and no libvirt", f"rm {LIBVIRT}; sed -i 's/service=spice vm/vm/' {RULES}{RELOAD};"
     f"sed -i 's/plain/scram-sha-256 plain/; s/saslauthd/saslauthd auxprop/' {QEMU}", "mech-list pwcheck-method"),
    ("SASL for submission only", f"echo >{MAIN}; printf '{SUBMISSION}' >>{MASTER}; sed -i 's/PLAIN/CRAM-MD5 PLAIN/' {POSTFIX}", "mech-list"),
    ("SASL for submission only, outside of the chroot", f"echo >{MAIN}; printf '{SUBMISSION}' | sed 's/ y / n /' >>{MASTER};"
     f"sed -i /QUEUE/d {RULES}{RELOAD}; sed -i '1s/saslauthd/auxprop/' {POSTFIX}", "pwcheck-method"),
    ("another file for Postfix", f"echo 'smtpd_sasl_path = other' >>{MAIN};"
     "printf 'pwcheck_method: auxprop\nmech_list: plain\n' >/etc/postfix/sasl/other.conf", "pwcheck-method"),
    ("another file for a service of Postfix", f"printf '{SUBMISSION} -o {{ smtpd_sasl_path = other }}\n' >>{MASTER};"
     "printf 'pwcheck_method: saslauthd\nmech_list: plain scram-sha-1\n' >/etc/postfix/sasl/other.conf", "mech-list"),
    # libvirt
    ("a console without SASL", f"sed -i /spice_sasl/d {LIBVIRT}", "console-open"),
    ("a console without TLS", f"sed -i '/^spice_tls/s/1/0/' {LIBVIRT}", "console-clear"),
    ("VNC without SASL and TLS", f"sed -i s/=spice/=spice,vnc/ {RULES}{RELOAD}", "console-clear console-open"),
    ("a port without TLS", "sed -i \"s/ tlsPort/ port='5900' tlsPort/\" /run/libvirt/qemu/vmA.xml", "port-clear"),
    # the mux
    ("no daemon", "kill $(cat RUN/saslauthd.pid); while [ -e RUN/saslauthd.pid ]; do sleep 0.01; done", "no-daemon"),
    ("a directory that users cannot enter", "chmod 710 RUN", "mux-denied"),
    ("a chroot that Postfix cannot enter", f"chmod 750 {QUEUE}", "mux-denied"),
    ("a socket for root alone", f"sed -i s/0666/0600/ {RULES}{RELOAD}", "mux-denied"),
    ("a directory for everybody to write", "chmod 777 RUN", "mux-directory"),
    ("somebody's directory in one for everybody", f"install -d -o postfix /tmp/of-postfix; echo 'listen /tmp/of-postfix/mux' >>{RULES}{RELOAD}",
     "mux-directory"),
    ("a common directory that keeps nothing", f"mkdir /tmp/ours; echo 'listen /tmp/ours/mux' >>{RULES}{RELOAD}; chmod -t /tmp",
     "mux-directory"),
    ("no socket in Postfix's chroot", f"sed -i /QUEUE/d {RULES}; sed -i '\\|{QUEUE}|d' {RULES}{RELOAD}", "mux-elsewhere"),
    ("only the default socket", f"sed -i /^listen/d {RULES}{RELOAD}", "mux-elsewhere"),
    ("a socket that nobody made", f"echo 'saslauthd_path: /run/mux' >>{QEMU}", "mux-elsewhere"),
    ("a socket that was removed", "rm RUN/mux", "mux-missing"),
    ("saslauthd beside it", "mkdir -p /run/other; echo /run/other >/run/where-saslauthd-is;"
     f"saslauthd -a sasldb -m /run/other; {until_answers('/run/other')}",
     "saslauthd-running"),
    ("saslauthd in its place", "kill $(cat RUN/saslauthd.pid); while [ -e RUN/saslauthd.pid ]; do sleep 0.01; done;"
     f"echo RUN >/run/where-saslauthd-is; saslauthd -a sasldb -m RUN; {until_answers('RUN')}", "mux-taken"),
    ("no user of its own", "sed -i /^saslward:/d /etc/passwd", "no-user"),
    # the rules
    ("no configuration", f"mv {RULES} /root/saslward.conf", "no-config"),
    ("a wrong line", f"echo 'permitt service=spice' >>{RULES}", "config"),
    ("no rule", f"sed -i /^permit/d {RULES}{RELOAD}", "config"),
    ("every console open", f"echo 'permit with=corp' >>{RULES}{RELOAD}", "config"),
    ("a VM for another, not reloaded", f"sed -i 's/vm=any/vm=vm*/' {RULES}", "not-reloaded"),
    ("a backend's path, not reloaded", f"cp DATABASE /etc/saslward/other; sed -i s,DATABASE,/etc/saslward/other, {RULES}", "not-reloaded"),
    ("not reloaded", f"echo 'deny user=eve' >>{RULES}", "not-reloaded"),
    ("a program's name for a service", f"sed -i s/service=spice/service=qemu/ {RULES}{RELOAD}", "service-name"),
    # PAM
    ("no file for PAM", "rm /etc/pam.d/imap", "pam-missing"),
    ("a file where this PAM does not look", "mkdir -p /usr/etc/pam.d; mv /etc/pam.d/imap /usr/etc/pam.d", "pam-missing"),
    ("a file for PAM that is named after QEMU",
     f"sed -i 's/with=consoles.*/with=system/; s/=smtp/=spice,smtp/' {RULES}{RELOAD}; cp /etc/pam.d/smtp /etc/pam.d/qemu",
     "pam-missing"),
    ("no account line for PAM", "echo 'auth required pam_unix.so' >/etc/pam.d/imap", "pam-stack"),
    ("no auth line for PAM, in an included file neither", "printf '#auth required pam_unix.so\\n@include common-account' >/etc/pam.d/smtp;"
     "echo 'account required pam_unix.so' >/etc/pam.d/common-account; echo 'auth required pam_deny.so' >>/etc/pam.d/imap", "pam-stack"),
    ("a module that is not installed", "sed -i 's/pam_deny/pam_nosuch/' /etc/pam.d/imap", "pam-module"),
    ("a service that PAM is not for", f"sed -i s/services=smtp,/services=/ {RULES}{RELOAD}", "config pam-services"),
    ("a service that PAM is not for, under another name", f"sed -i '/^backend system/s/$/ service=x-%s/; s/=smtp,imap$/=x-smtp,imap/' {RULES};"
     f"sed -i 's/services=smtp,imap/services=x-smtp,imap/' {RULES}{RELOAD}; cp /etc/pam.d/imap /etc/pam.d/x-imap; cp /etc/pam.d/smtp /etc/pam.d/x-smtp",
     "config pam-services"),
    ("no file for PAM under another name", f"sed -i '/^backend system/s/$/ service=x-%s/; s/services=smtp,imap/services=x-smtp,x-imap/' {RULES}{RELOAD};"
     "mv /etc/pam.d/imap /etc/pam.d/x-imap", "pam-missing"),
    # backends
    ("no sasldb", f"rm {DATABASE}", "sasldb-unusable"),
    ("a sasldb that is none", f"printf x >{DATABASE}", "sasldb-unusable"),
    ("a sasldb for everybody to read", f"chmod 644 {DATABASE}", "sasldb-public"),
    ("users in the host's realm", f"rm {DATABASE}; echo secretA | saslpasswd2 -p -c -f {DATABASE} alice", "sasldb-realm"),
    ("users in a realm that rules do not ask for", f"sed -i s/as-realm=%v/as-realm=teachers/ {RULES}{RELOAD}", "sasldb-realm"),
    ("a host that was renamed", f"sed -i 's/ as-realm=%v//' {RULES}{RELOAD}", "sasldb-realm"),
    # confinement
    ("AppArmor", "mount -t tmpfs tmpfs /sys/module; mkdir -p /sys/module/apparmor/parameters;"
     "echo Y >/sys/module/apparmor/parameters/enabled; sed -i /run/d /etc/apparmor.d/abstractions/libvirt-qemu", "apparmor"),
    ("SELinux", "mount -t tmpfs tmpfs /sys/fs; mkdir /sys/fs/selinux; echo 1 >/sys/fs/selinux/enforce", "selinux"),
    ("the clock", f"touch -d '1 year' {RULES}", "clock"),
]

# Programs of remedies that are not there, ask people, or would change more than this machine has.
PROGRAMS = {
    "editor": """
case ${2:-$1} in
/etc/pam.d/imap) sed -i s/pam_nosuch/pam_deny/ $2 ;;
*) [ ! -e /root/saslward.conf ] || mv /root/saslward.conf /etc
   [ $# = 2 ] || exit 0
   sed -i -e '/^permitt/d' -e '/^permit with=corp/d' $2
   grep -q ^permit $2 || echo 'permit service=spice vm=any with=consoles as-realm=%v' >>$2 ;;
esac""",
    "apt-get": "mv /root/away/* /usr/lib/*/sasl2/",
    "virsh": "sed -i \"s/ port='5900'//\" /run/libvirt/qemu/vmA.xml",
    "timedatectl": "",
    "useradd": 'for name; do :; done; echo "$name:x:60001:60001::/nonexistent:/bin/false" >>/etc/passwd',
    "make": "",
    "semodule": "mkdir -p /var/lib/selinux/targeted/active/modules/400/saslward",
    "restorecon": "",
}


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database):
    with Slapd(place / "slapd", ldap_database) as server:
        yield server


@pytest.fixture(name="patient")
def make_patient(server):
    with Patient(server.url) as patient:
        for name, script in PROGRAMS.items():
            patient.write(f"/usr/local/bin/{name}", f"#!/bin/sh\n{script}\n", 0o755)
        yield patient


def names(found):
    return " ".join(sorted({fault["name"] for fault in found["faults"]}))


def is_command(line):
    return line.startswith(("  Mend: ", "        "))


def is_right(patient):
    done = patient.doctor()
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + patient.read("/run/log")
    assert done.stdout.startswith("OK: nothing is wrong; ") and done.stdout.count("\n") == 1, done.stdout


def mend(patient, found):
    for script in sorted({"\n".join(fault["remedy"]) for fault in found["faults"]}):
        for word, value in FILL.items():
            script = script.replace(f" {word}", f" {value}")
        patient.run(script, data=PASSWORD, EDITOR="editor", PATH="/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")


def test_never_this_machine(patient):
    """What is done to the patient is not done to the machine, whoever has the number of its first process."""
    with pytest.raises(AssertionError):
        Patient("").take(os.getpid())
    with pytest.raises(KeyError):
        Patient("").run("true")
    os.killpg(patient.holder.pid, signal.SIGKILL)
    wait_for(lambda: patient.execute(["true"]).returncode != 0, "its end")


def test_a_right_one(patient):
    is_right(patient)
    found, status = as_json(patient.doctor("--json"))
    assert (status, found["severity"], found["faults"], found["not_looked_at"]) == (0, "none", [], [])
    assert found["looked_at"] > 40


def test_a_common_directory(patient):
    """What root has there nobody else can replace."""
    patient.run(f"mkdir /tmp/ours; echo 'listen /tmp/ours/mux' >>{RULES}; echo 'listen /tmp/own-mux name=own' >>{RULES}{RELOAD}")
    is_right(patient)


@pytest.mark.parametrize("commands, expected", by_name(BROKEN))
def test_broken(patient, commands, expected):
    patient.run(commands)
    done = patient.doctor("--json")
    assert not done.stderr
    found = json.loads(done.stdout)
    assert names(found) == expected, done.stdout + patient.read("/run/log")
    worst = max(fault["severity"] == "error" for fault in found["faults"]) + 1
    assert (done.returncode, found["severity"]) == (worst, ("warning", "error")[worst - 1])
    text = patient.doctor().stdout
    assert text.startswith(("WARNING: ", "CRITICAL: ")[worst - 1])
    assert [line for line in text.splitlines() if len(line) > 80 and not is_command(line)] == []
    assert "secretA" not in text
    mend(patient, found)
    is_right(patient)
    assert patient.run("stat -c %a /tmp") == "1777\n"


@pytest.mark.parametrize("files", ["/etc/tmpfiles.d", "/usr/lib/tmpfiles.d"])
def test_directory_of_tmpfiles(patient, files):
    """The next start of the machine gives it the mode that it is to have."""
    patient.write(f"{files}/saslauthd-directory.conf", patient.expand("# RUN\nd RUN 710 root root -\n"))
    again = "systemd-tmpfiles --create saslauthd-directory.conf"
    if patient.execute(["sh", "-c", again]).returncode != 0:
        pytest.skip("systemd-tmpfiles does not run here")
    found = json.loads(patient.doctor("--json").stdout)
    assert names(found) == "mux-denied"
    mend(patient, found)
    is_right(patient)
    patient.run(again)
    is_right(patient)


def faults_of(patient):
    found = json.loads(patient.doctor("--json").stdout)
    return [(fault["name"], fault["severity"]) for fault in found["faults"]]


def test_directory_servers(directory, ldap_database):
    """One that does not answer is a warning while another does. The remedy's first line tells whether it does."""
    with Slapd(directory / "one", ldap_database) as one, Slapd(directory / "two", ldap_database) as two, \
            Patient(f"{one.url} {two.url}") as patient:
        is_right(patient)
        one.stop()
        fault, = json.loads(patient.doctor("--json").stdout)["faults"]
        assert (fault["name"], fault["severity"]) == ("ldap-server", "warning") and one.url in fault["what"], fault
        search = ["sh", "-c", fault["remedy"][0]]
        assert patient.execute(search).returncode != 0
        two.stop()
        assert faults_of(patient) == [("ldap-server", "error")] * 2
        one.start()
        assert patient.execute(search).returncode == 0
        assert faults_of(patient) == [("ldap-server", "warning")]
        two.start()
        is_right(patient)


def test_unwell(patient):
    """A worker that does not start; the remedy is for the time after its cause was mended."""
    program = WORKERS / "pam"
    patient.run(f"mount --bind /bin/false {program}; kill -KILL $(pidof {program})")
    wait_for(lambda: patient.execute(["saslward", "status"]).returncode == 2, "a backend without a worker")
    found = json.loads(patient.doctor("--json").stdout)
    assert names(found) == "unwell"
    patient.run(f"umount {program}")
    mend(patient, found)
    is_right(patient)


def test_in_saslauthds_place(patient):
    """With -a every service is permitted, and so the consoles' is."""
    patient.run(f"rm {LIBVIRT}; sed -i 's/plain/scram-sha-256 plain/' {QEMU}")
    assert "mech-list" in names(json.loads(patient.doctor("-a", "sasldb", "--json").stdout))


@contextlib.contextmanager
def console_of_qemu(patient, option, sasl="/root/sasl"):
    """A QEMU that was started by hand; whoever could reach its console is not connected to anything."""
    command = ["unshare", "--net", "env", f"SASL_CONF_PATH={sasl}", qemu.QEMU, "-S", "-display", "none", "-nodefaults",
               "-machine", "none", "-name", "byhand", "-spice", option]
    with open(os.devnull, "r+b") as null:
        process = subprocess.Popen([*patient.prefix, *command], stdin=null, stdout=null, stderr=null,
                                   pass_fds=patient.handles.values())
        try:
            wait_for(lambda: patient.execute(["pgrep", "-x", "-f", f"{qemu.QEMU} .*"]).returncode == 0, "QEMU")
            yield
            assert process.poll() is None
        finally:
            patient.execute(["pkill", "-f", f"^{qemu.QEMU} "])
            process.wait(PATIENCE)


@pytest.mark.parametrize("option, method, expected", by_name([
    ("right", "port=5999,addr=127.0.0.1,sasl=on", "saslauthd", ""),
    ("without TLS", "port=5999,addr=0.0.0.0,sasl=on", "saslauthd", "port-clear"),
    ("without SASL", "port=5999,addr=127.0.0.1,disable-ticketing=on", "saslauthd", "console-open"),
    ("its own configuration", "port=5999,addr=127.0.0.1,sasl=on", "auxprop", "pwcheck-method"),
]))
def test_running_qemu(patient, option, method, expected):
    """Whatever libvirt has, and here it is not installed."""
    if qemu.missing():
        pytest.skip(qemu.missing())
    patient.run(f"rm {LIBVIRT} {QEMU}; mkdir -m 755 /root/sasl; chmod 755 /root")
    patient.write("/root/sasl/qemu.conf", f"pwcheck_method: {method}\nmech_list: plain\n")
    with console_of_qemu(patient, option):
        found = json.loads(patient.doctor("--json").stdout)
        assert names(found) == " ".join(sorted([expected] * bool(expected) + ["sasl-missing"] * (expected == "console-open")))
        for fault in found["faults"]:
            patient.run("\n".join(fault["remedy"]))


def test_qemu_of_somebody(patient):
    """Who starts one says where its configuration is; root is not told to run commands with what others chose."""
    if qemu.missing():
        pytest.skip(qemu.missing())
    directory = "/home/$(touch /root/witness)/\nx"
    patient.execute(["install", "-d", "-o", "postfix", directory])
    patient.execute(["sh", "-c", 'printf "pwcheck_method: auxprop\\nsaslauthd_path: /x/`id`\\n" >"$0/qemu.conf"', directory])
    with console_of_qemu(patient, "port=5999,addr=127.0.0.1,sasl=on", directory):
        found = json.loads(patient.doctor("--json").stdout)
        assert names(found) == "mech-list pwcheck-method"
        assert [line for fault in found["faults"] for line in fault["remedy"] if line[0] != "#"] == []
        mend(patient, found)
        patient.run("[ ! -e /root/witness ]")
    patient.run("mkdir -p /home/pipe; mkfifo /home/pipe/qemu.conf")
    with console_of_qemu(patient, "port=5999,addr=127.0.0.1,sasl=on", "/home/pipe"):
        found = json.loads(patient.doctor("--json").stdout)
        assert (names(found), len(found["not_looked_at"])) == ("", 1)


def test_no_fault_without_a_test():
    sources = "".join(path.read_text() for path in (SOURCES / "daemon/cli/doctor").glob("*.c"))
    tried = {name for *_, expected in BROKEN for name in expected.split()} | {"ldap-server", "unwell"}
    assert set(re.findall(r'\.name = "([a-z-]+)"', sources)) == tried
