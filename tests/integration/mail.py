# SPDX-License-Identifier: BSD-2-Clause
"""Real Postfix and real Cyrus IMAP, each on a loopback port and in a directory of its own, and their logins.

Nothing of the machine's own mail system is read or written: several can run at the same time, and beside it."""
import base64
import contextlib
import imaplib
import os
import pathlib
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess

import pytest
from client import to_bytes
from daemon import PATIENCE, check_no_password, processes, remember_password, wait_for
from ports import LOOPBACK, reserve_port

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def group_members(group):
    """The processes of a process group that have not ended."""
    found = []
    for pid, _, _ in processes():
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(pid) == group:
                found.append(pid)
    return found


class Server:
    """A server with its master process. Started on entering; nothing of it is left on leaving."""
    account = None

    def __init__(self, directory, mux):
        self.directory = pathlib.Path(directory)
        self.mux = mux
        self.output = self.directory / "output"
        self.logs = [self.output]
        self.holders = []

    @classmethod
    def missing(cls):
        """Why this machine cannot run it, or None."""
        if os.geteuid() != 0:
            return f"only root can start {cls.__name__}"
        if not cls.program():
            return f"{cls.__name__} is not installed; .ci/run installs it"
        try:
            pwd.getpwnam(cls.account)
        except KeyError:
            return f"{cls.__name__} has no user {cls.account!r} here"
        return None

    def new_port(self):
        self.holders.append(reserve_port())
        return self.holders[-1].getsockname()[1]

    def make_directory(self, path, mode=0o755, owned=False):
        directory = self.directory / path
        directory.mkdir()
        directory.chmod(mode)
        if owned:
            shutil.chown(directory, self.account)

    def write(self, path, text):
        path = self.directory / path
        path.write_text(text)
        path.chmod(0o644)
        os.utime(path, (0, 0))  # Postfix takes a younger main.cf for one that is being written, and waits for 2 s

    def __enter__(self):
        self.directory.mkdir()
        self.directory.chmod(0o755)
        try:
            command = self.configure()
            with open(self.output, "ab") as output:  # a session of its own: a master signals its whole process group
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                                cwd="/", start_new_session=True)
        except BaseException:
            self.release_ports()
            raise
        try:
            for holder in self.holders:
                wait_for(lambda address=holder.getsockname(): self.has_ended() or self.listens(address),
                         f"{command[0]} to listen")
            assert not self.has_ended(), f"{command[0]} ended at once: {self.log()}"
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind, value, trace):
        self.stop()
        if kind is None:
            check_no_password(self.log(), f"the log of {type(self).__name__}")

    @staticmethod
    def listens(address):
        with socket.socket() as probe:
            return probe.connect_ex(address) == 0

    def has_ended(self):
        """Leaves it a zombie, so that nobody else can get its number; Popen's own functions would reap it."""
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def stop(self):
        group = self.process.pid
        try:
            os.kill(group, signal.SIGTERM)
            wait_for(self.has_ended, f"the end of {self.process.args[0]}")
        finally:
            os.killpg(group, signal.SIGKILL)
            self.process.wait(PATIENCE)
            self.release_ports()
        wait_for(lambda: not group_members(group), f"the end of {self.process.args[0]}'s processes")

    def release_ports(self):
        for holder in self.holders:
            holder.close()

    def log(self):
        """What the server wrote, for the message of a test that fails."""
        return "".join(path.read_text(errors="replace") for path in self.logs if path.exists())


class Postfix(Server):
    """A master with two smtpd: in ports[realm], smtpd_sasl_local_domain is realm."""
    account = "postfix"
    REALMS = ("vmA", "")

    @staticmethod
    def program():
        postconf = shutil.which("postconf", path=SYSTEM_PATH)
        if not postconf:
            return None
        found = subprocess.run([postconf, "-d", "-h", "daemon_directory"], capture_output=True, text=True,
                               timeout=PATIENCE, check=False)
        master = pathlib.Path(found.stdout.strip()) / "master"
        return str(master) if master.is_file() else None

    def configure(self):
        self.ports = {realm: self.new_port() for realm in self.REALMS}
        self.logs.append(self.directory / "maillog")
        self.make_directory("data", owned=True)
        self.make_directory("queue")
        self.make_directory("queue/pid")
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop",
                     "private", "public", "saved", "trace"):
            self.make_directory(f"queue/{name}", 0o700, owned=True)
        # Debian's Postfix looks into "sasl" beside main.cf, and does not know cyrus_sasl_config_path; others do
        self.make_directory("etc")
        self.make_directory("etc/sasl")
        self.write("etc/sasl/smtpd.conf", f"""\
pwcheck_method: saslauthd
saslauthd_path: {self.mux}
mech_list: PLAIN LOGIN
""")
        # the empty tables and limits keep smtpd from asking services that master.cf does not have, and the DNS
        self.write("etc/main.cf", f"""\
compatibility_level = 3.6
queue_directory = {self.directory}/queue
meta_directory = {self.directory}/etc
data_directory = {self.directory}/data
maillog_file = {self.directory}/maillog
maillog_file_prefixes = {self.directory}
inet_protocols = ipv4
myhostname = mail.example
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
smtpd_tls_security_level = none
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_security_options = noanonymous
cyrus_sasl_config_path = {self.directory}/etc/sasl
""")
        listeners = "".join(f"{LOOPBACK}:{port} inet n - n - - smtpd -o smtpd_sasl_local_domain={realm}\n"
                            for realm, port in self.ports.items())
        self.write("etc/master.cf", listeners + "postlog unix-dgram n - n - 1 postlogd\n")
        return [self.program(), "-c", str(self.directory / "etc"), "-d"]


class CyrusImap(Server):
    """A master with one imapd, in port. Its logins have no realm but the one that is typed."""
    account = "cyrus"

    @staticmethod
    def program():
        return shutil.which("cyrmaster", path=SYSTEM_PATH)

    def configure(self):
        self.port = self.new_port()
        self.make_directory("conf", owned=True)
        self.make_directory("conf/socket", owned=True)
        self.make_directory("spool", owned=True)
        # loginrealms: an OK of ours for another realm is a NO of imapd's; username_tolower would make vmA vma.
        self.write("imapd.conf", f"""\
configdirectory: {self.directory}/conf
defaultpartition: default
partition-default: {self.directory}/spool
servername: imap.example
allowplaintext: yes
failedloginpause: 0
loginrealms: vmA vmB
username_tolower: no
master_bind_errors_fatal: yes
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {self.mux}
sasl_mech_list: PLAIN
""")
        self.write("cyrus.conf", f"""\
START {{
}}
SERVICES {{
  imap cmd="imapd -C {self.directory}/imapd.conf" listen="{LOOPBACK}:{self.port}" proto=tcp4 prefork=0
}}
EVENTS {{
}}
""")
        return [self.program(), "-C", str(self.directory / "imapd.conf"), "-M", str(self.directory / "cyrus.conf"),
                "-p", str(self.directory / "conf/master.pid"), "-D"]


def keep_out_of_logs(password):
    """In plain, and as a client sends it."""
    remember_password(password)
    remember_password(to_base64(password))


def to_base64(text):
    return base64.b64encode(to_bytes(text)).decode()


@contextlib.contextmanager
def smtp_session(port):
    with contextlib.closing(smtplib.SMTP(LOOPBACK, port, local_hostname="client.example", timeout=PATIENCE)) as smtp:
        code, text = smtp.ehlo()
        assert code == 250, text
        assert set(smtp.esmtp_features["auth"].split()) == {"PLAIN", "LOGIN"}
        yield smtp


def smtp_plain(port, user, password):
    """The code and the text of the answer."""
    keep_out_of_logs(password)
    with smtp_session(port) as smtp:
        return smtp.docmd("AUTH", f"PLAIN {to_base64(chr(0).join(('', user, password)))}")


def smtp_login(port, user, password):
    keep_out_of_logs(password)
    with smtp_session(port) as smtp:
        assert smtp.docmd("AUTH", "LOGIN") == (334, to_base64("Username:").encode())
        assert smtp.docmd(to_base64(user)) == (334, to_base64("Password:").encode())
        return smtp.docmd(to_base64(password))


def imap_login(port, user, password):
    """The state, OK or NO, and the text of the answer. The password is sent as a literal, where every byte may be."""
    keep_out_of_logs(password)
    with imaplib.IMAP4(LOOPBACK, port, timeout=PATIENCE) as imap:
        imap.literal = to_bytes(password)
        state, text = imap.xatom("LOGIN", f'"{user}"')
        return state, text[-1]


def imap_plain(port, user, password):
    keep_out_of_logs(password)
    with imaplib.IMAP4(LOOPBACK, port, timeout=PATIENCE) as imap:
        try:
            state, text = imap.authenticate("PLAIN", lambda _: to_bytes(f"\0{user}\0{password}"))
        except imaplib.IMAP4.error as error:  # its way of telling a NO
            return "NO", str(error).encode()
        return state, text[-1]


def start(kind, directory, mux):
    """A server of that kind that asks the mux; skips the test, with the reason, where it cannot be run."""
    reason = kind.missing()
    if reason:
        pytest.skip(reason)
    return kind(directory, mux)
