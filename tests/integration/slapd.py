# SPDX-License-Identifier: BSD-2-Clause
"""A real OpenLDAP slapd on loopback ports and in a directory of its own, its replica, and a server that hangs for ever.

Nothing of the machine's own directory service is read or written: several can run at the same time, and beside it."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse

import ldif
import pytest
from daemon import PATIENCE, check_no_password, listens, wait_for
from ports import LOOPBACK, reserve_port

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SLAPD, SLAPADD, LDAPMODIFY, LDAPSEARCH, LDAPWHOAMI, OPENSSL = (
    shutil.which(name, path=SYSTEM_PATH) for name in
    ("slapd", "slapadd", "ldapmodify", "ldapsearch", "ldapwhoami", "openssl"))
SCHEMAS = [pathlib.Path("/etc/ldap/schema", f"{name}.schema") for name in ("core", "cosine", "inetorgperson", "nis")]
WHO = f"gidNumber={os.getegid()}\\\\+uidNumber={os.geteuid()},cn=peercred,cn=external,cn=auth"  # we, through ldapi
PEOPLE_BY_SASL = "uid=([^,]+),(cn=example.org,)?cn=(plain|digest-md5|cram-md5|scram-[^,]+),cn=auth"
SERVICES_BY_SASL = "uid=(search|proxy),(cn=services,)?cn=(plain|digest-md5|cram-md5|scram-[^,]+),cn=auth"


def missing():
    """Why this machine cannot run it, or None."""
    for name, program in (("slapd", SLAPD), ("slapadd", SLAPADD), ("ldapmodify", LDAPMODIFY), ("openssl", OPENSSL)):
        if not program:
            return f"{name} is not installed; .ci/run installs it"
    for schema in SCHEMAS:
        if not schema.exists():
            return f"{schema} is not there"
    return None


def require():
    reason = missing()
    if reason:
        pytest.skip(reason)


def run(*command, text=""):
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout.decode(errors="replace")


class Certificates:
    """A CA made on the fly, with what it signed: for 127.0.0.1 ("right"), for another name ("wrong"), for a client.
    "stranger" is for 127.0.0.1, too, but by itself."""
    KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.make("ca", "saslward tests")
        for name, subject, alternative in (("right", LOOPBACK, f"IP:{LOOPBACK}"), ("client", "client", "DNS:client"),
                                           ("wrong", "ldap.example.net", "DNS:ldap.example.net")):
            self.make(name, subject, "-addext", f"subjectAltName={alternative}", "-CA", self.path("ca"),
                      "-CAkey", self.key("ca"))
        self.make("stranger", LOOPBACK, "-addext", f"subjectAltName=IP:{LOOPBACK}")
        (self.directory / "trusted").mkdir()
        name = run(OPENSSL, "x509", "-noout", "-subject_hash", "-in", self.path("ca")).strip()
        shutil.copy(self.path("ca"), self.directory / f"trusted/{name}.0")

    def make(self, name, subject, *more):
        run(OPENSSL, "req", "-x509", *self.KEY, "-keyout", self.key(name), "-out", self.path(name),
            "-subj", f"/CN={subject}", *more)
        os.chmod(self.key(name), 0o644)  # for workers of every uid

    def path(self, name):
        return str(self.directory / f"{name}.pem")

    def key(self, name):
        return str(self.directory / f"{name}.key")

    @property
    def trusted(self):
        """A directory with the CA under its hashed name."""
        return str(self.directory / "trusted")


COMMON = f"""\
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload syncprov
sasl-secprops none
sasl-host {LOOPBACK}
authz-policy to
authz-regexp "{WHO}" "{ldif.ADMIN}"
authz-regexp "{SERVICES_BY_SASL}" "cn=$1,{ldif.BASE}"
authz-regexp "{PEOPLE_BY_SASL}" "uid=$1,{ldif.PEOPLE}"
sizelimit 2000
"""

# Users may read neither groups nor those of ou=private: a group that is looked up as the user is empty.
DATABASE = f"""\
database mdb
suffix "{ldif.BASE}"
rootdn "{ldif.ADMIN}"
maxsize 67108864
envflags nosync nometasync
index objectClass,uid,mail,memberUid,uniqueMember,member,entryCSN,entryUUID eq
access to attrs=userPassword by dn.exact="{ldif.SEARCH}" read by anonymous auth by * none
access to dn.subtree="{ldif.GROUPS}" by dn.exact="{ldif.SEARCH}" read by * none
access to dn.subtree="{ldif.PRIVATE}" by dn.exact="{ldif.SEARCH}" read by anonymous auth by * none
access to * by * read
overlay ppolicy
ppolicy_default "cn=default,{ldif.POLICIES}"
ppolicy_use_lockout
"""


def configuration(database, *, before="", behind=""):
    """A slapd.conf."""
    includes = "".join(f"include {path}\n" for path in SCHEMAS)
    return f"{includes}{COMMON}{before}{DATABASE}directory {database}\n{behind}overlay syncprov\n"


def make_database(directory):
    """A database with everything of ldif.py. Each server gets a copy."""
    database = directory / "database"
    database.mkdir(mode=0o700)
    (directory / "slapd.conf").write_text(configuration(database))
    run(SLAPADD, "-q", "-w", "-f", str(directory / "slapd.conf"), text=ldif.everything())
    return database


class Slapd:
    """Started on entering; nothing of it is left on leaving. A certificate (of Certificates) makes it offer TLS;
    clients is what its TLSVerifyClient shall be; master is the Slapd that it follows; lines are further ones for its
    configuration."""

    def __init__(self, directory, pristine, certificates=None, certificate="right", clients="never", master=None,
                 lines="", port=None, prefix=(), level="stats,args"):
        self.directory = pathlib.Path(directory)
        self.certificates, self.certificate, self.clients = certificates, certificate, clients
        self.pristine, self.master, self.lines, self.level = pristine, master, lines, level
        self.prefix = [*prefix]
        self.fixed_port = port
        self.holders = []
        self.process = None

    def __enter__(self):
        self.directory.mkdir()
        self.directory.chmod(0o755)
        run("cp", "-r", "--sparse=always", str(self.pristine), str(self.directory / "database"))  # it is mostly holes
        try:
            self.port = self.fixed_port or self.new_port()
            self.tls_port = self.new_port() if self.certificates else None
            (self.directory / "slapd.conf").write_text(self.configure())
            self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            if self.process:
                self.stop()
        finally:
            for holder in self.holders:
                holder.close()
        if kind is None:
            check_no_password(self.log(), "slapd's log")

    def new_port(self):
        self.holders.append(reserve_port())
        return self.holders[-1].getsockname()[1]

    def configure(self):
        before, behind = self.lines, ""
        if self.certificates:
            tls = self.certificates
            before += (f"TLSCACertificateFile {tls.path('ca')}\nTLSCertificateFile {tls.path(self.certificate)}\n"
                       f"TLSCertificateKeyFile {tls.key(self.certificate)}\nTLSVerifyClient {self.clients}\n")
        if self.master:
            behind = (f'syncrepl rid=1 provider="{self.master.local_url}" searchbase="{ldif.BASE}" retry="1 +"'
                      " type=refreshAndPersist bindmethod=sasl saslmech=EXTERNAL\n")
        return configuration(self.directory / "database", before=before, behind=behind)

    @property
    def url(self):
        return f"ldap://{LOOPBACK}:{self.port}/"

    @property
    def tls_url(self):
        return f"ldaps://{LOOPBACK}:{self.tls_port}/"

    @property
    def local_url(self):
        """Through it we are the administrator."""
        return "ldapi://" + urllib.parse.quote(str(self.directory / "ldapi"), safe="")

    def start(self):
        """Again, too, after stop() or kill(), on the same ports."""
        urls = " ".join([self.url, *([self.tls_url] if self.certificates else []), self.local_url])
        with contextlib.suppress(FileNotFoundError):
            (self.directory / "ldapi").unlink()
        with open(self.directory / "log", "ab") as log:
            command = [*self.prefix, SLAPD, "-h", urls, "-f", str(self.directory / "slapd.conf"), "-d", self.level]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        wait_for(lambda: self.process.poll() is not None or self.listens(), "slapd to listen")
        assert self.process.poll() is None, self.log()

    def listens(self):
        """ldapi is the last that it opens."""
        return listens(self.directory / "ldapi")

    def stop(self):
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def freeze(self):
        """Its kernel still accepts connections; nobody answers them."""
        self.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: self.state() == "T", "slapd to stop")

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def state(self):
        return pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    @contextlib.contextmanager
    def frozen(self):
        self.freeze()
        try:
            yield
        finally:
            self.resume()

    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def connections(self):
        """How many there were through TCP. That one was accepted can be in the log behind what was answered on it."""
        log = self.log()
        return len(set(re.findall(r" conn=(\d+) ", log)) - set(re.findall(r" conn=(\d+) \S+ ACCEPT from PATH=", log)))

    def binds(self, dn=None):
        """The DNs of all simple binds, or how many there were of one."""
        found = re.findall(r' BIND dn="(.*)" method=128\n', self.log())
        return found if dn is None else found.count(dn)

    def searches(self):
        """(base, scope, deref, size limit, time limit, filter) of each search."""
        found = re.findall(r'SRCH "(.*)" (\d) (\d) +(\d+) (\d+) \d\n(?:.*\n)*?.*? filter: (.*)\n', self.log())
        return [(base, *map(int, numbers), text) for base, *numbers, text in found]

    def modify(self, text):
        """Changes, as LDIF, made by the administrator."""
        run(LDAPMODIFY, "-Q", "-Y", "EXTERNAL", "-H", self.local_url, text=text)

    def change(self, dn, what, attribute, *values):
        """what is "add", "delete" or "replace"."""
        lines = ldif.entry(dn, **{attribute: values}).splitlines()
        self.modify("\n".join([lines[0], "changetype: modify", f"{what}: {attribute}", *lines[1:]]) + "\n")

    def add(self, dn, **attributes):
        lines = ldif.entry(dn, **attributes).splitlines()
        self.modify("\n".join([lines[0], "changetype: add", *lines[1:]]) + "\n")

    def add_member(self, group, login, parent=ldif.GROUPS):
        """To a group by uniqueMember, of the users of ou=people."""
        self.change(f"cn={group},{parent}", "add", "uniqueMember", ldif.user_dn(login))

    def remove_member(self, group, login, parent=ldif.GROUPS):
        self.change(f"cn={group},{parent}", "delete", "uniqueMember", ldif.user_dn(login))

    def read(self, dn, *attributes):
        """The entry as ldapsearch prints it."""
        return run(LDAPSEARCH, "-Q", "-LLL", "-o", "ldif-wrap=no", "-Y", "EXTERNAL", "-H", self.local_url, "-s", "base",
                   "-b", dn, *attributes)

    def wait_replicated(self):
        """Until this replica has what its master has."""
        wanted = self.master.read(ldif.BASE, "contextCSN")
        wait_for(lambda: self.read(ldif.BASE, "contextCSN") == wanted,
                 lambda: f"the replica to follow; its log:\n{self.log()[-3000:]}\nits master's:\n{self.master.log()[-3000:]}")


class BlackHole:
    """A TCP server that never answers: it accepts connections and is silent, or, when full, leaves even their
    handshake open."""

    def __init__(self, full=False):
        self.listener = reserve_port()
        self.listener.setblocking(False)
        self.full = full
        self.accepted, self.fillers = [], []

    def __enter__(self):
        self.listener.listen(0 if self.full else 1024)
        while self.full and not self.hangs():
            pass
        return self

    def __exit__(self, *_):
        for connection in (self.listener, *self.accepted, *self.fillers):
            connection.close()

    def hangs(self):
        """Whether one more connection is not made. It is kept."""
        self.fillers.append(socket.socket())
        self.fillers[-1].settimeout(0.2)
        try:
            self.fillers[-1].connect((LOOPBACK, self.port))
        except TimeoutError:
            return True
        return False

    @property
    def port(self):
        return self.listener.getsockname()[1]

    @property
    def url(self):
        return f"ldap://{LOOPBACK}:{self.port}/"

    @property
    def tls_url(self):
        return f"ldaps://{LOOPBACK}:{self.port}/"

    def connections(self):
        """How many there have been."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.accepted.append(self.listener.accept()[0])
        return len(self.accepted)
