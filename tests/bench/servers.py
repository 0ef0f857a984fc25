# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: saslwardd, saslauthd, the least that could be done in their place, and who asks them."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
WORKERS = 5
USER, PASSWORD, REALM = "alice", "correct horse", "vmA"
GUESSED = [f"guessed{number}" for number in range(100)]  # accounts with the same password: what is guessed once is slowed
USERS = 200  # further ones in the sasldb
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
PERMIT = "auth required pam_permit.so\naccount required pam_permit.so\n"
SERVICES = {
    "permit": PERMIT,
    "unix": "auth required pam_unix.so\naccount required pam_unix.so\n",
    "spice": "auth required {build}/tests/integration/pam_misbehave.so sleep=0.2\n" + PERMIT,  # everybody, but not at once
}
ACCOUNTS = f"backend accounts pam services=unix service=unix workers={WORKERS}\n"  # in a configuration


class Missing(Exception):
    """Why something cannot be measured here."""


class TooShort(Missing):
    """Nobody was answered within a turn of --quick."""


class Files:
    """What stands in /etc for the daemons: a sasldb, PAM services, accounts."""
    MOUNTED = {"sasldb2": "/etc/sasldb2", "pam.d": "/etc/pam.d", "passwd": "/etc/passwd", "shadow": "/etc/shadow"}

    def __init__(self, directory, build):
        self.directory = directory
        shutil.copytree("/etc/pam.d", directory / "pam.d")  # PAM reads "other" each time, and loads its modules
        for name, text in SERVICES.items():
            (directory / "pam.d" / name).write_text(text.format(build=build))
        self.make_accounts()
        self.make_sasldb(directory / "sasldb2")

    def make_accounts(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import crypt
        digest = crypt.crypt(PASSWORD, "$y$j9T$saslwardsaslward$")
        users = list(enumerate([USER, *GUESSED], 5000))
        passwd = pathlib.Path("/etc/passwd").read_text()
        (self.directory / "passwd").write_text(passwd + "".join(f"{user}:x:{uid}:5000::/:/bin/false\n" for uid, user in users))
        (self.directory / "shadow").write_text("".join(f"{user}:{digest}:20000::::::\n" for _, user in users))
        (self.directory / "shadow").chmod(0o600)

    @staticmethod
    def make_sasldb(path):
        saslpasswd2 = shutil.which("saslpasswd2", path=PATH)
        if not saslpasswd2:
            raise Missing("saslpasswd2 (Debian: sasl2-bin) is not installed")
        for user, realm, password in [(f"user{n}", "vmB", "secret") for n in range(USERS)] + [(USER, REALM, PASSWORD)]:
            subprocess.run([saslpasswd2, "-p", "-c", "-f", path, "-u", realm, user], input=password.encode(), check=True)
        path.chmod(0o644)

    def command(self, *command):
        """The command that runs a command with these files in place."""
        script = "".join(f'mount --bind "$0/{name}" {target} && ' for name, target in self.MOUNTED.items()) + 'exec "$@"'
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, self.directory, *command]

    def check(self):
        if os.geteuid() != 0:
            raise Missing("needs root")
        done = subprocess.run(self.command("sh", "-c", "command -v saslauthd"), capture_output=True, text=True,
                              env={**os.environ, "PATH": PATH}, check=False)
        if done.returncode != 0:
            raise Missing(done.stderr.strip() or "saslauthd (Debian: sasl2-bin) is not installed")


def wait_until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.01)


def listens(path):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):  # not yet: it is made by bind(), and open with listen()
            return False
    return True


class Server:
    """Whom a load asks, and its main process."""

    def __init__(self, mux, pid):
        self.mux, self.pid = mux, pid

    def processes(self):
        """(pid, name) of all of its processes."""
        found, parents = [], [self.pid]
        for pid in parents:
            with contextlib.suppress(OSError):  # it has ended meanwhile
                found.append((pid, pathlib.Path(f"/proc/{pid}/comm").read_text().strip()))
                parents += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found


class Place:
    """Where the servers of one benchmark run; what was started there is ended with the stack."""

    def __init__(self, build, scratch, files, stack, seconds, quick):
        self.build, self.scratch, self.files, self.stack = build, scratch, files, stack
        self.seconds, self.quick = seconds, quick

    def directory(self, name):
        path = self.scratch / name
        path.mkdir()
        return path

    def bare(self):
        directory = self.directory("bare")
        server = self.start(directory, [self.build / "tests/bench/bare", directory / "mux"])
        server.mux.chmod(0o666)
        return server

    def saslwardd(self, name, *options, sockets=("mux",)):
        directory = self.directory(name)
        programs = self.directory(f"{name}.programs")
        for program in ("backends/sasldb", "backends/ldap", "backends/resolve", "pam/pam"):
            (programs / pathlib.Path(program).name).symlink_to(self.build / program)
        command = self.files.command(self.build / "daemon/saslwardd", "-f", "-m", directory, *options)
        return self.start(directory, command, {**os.environ, "SASLWARD_LIBEXECDIR": str(programs)}, sockets)

    def configured(self, name, text, *options):
        """A saslwardd by a configuration, in which {mux} stands for the directory of its sockets. The first is its mux."""
        sockets = re.findall("{mux}/([^ \n]+)", text)
        config = self.scratch / f"{name}.conf"
        config.write_text(text.replace("{mux}", str(self.scratch / name)))
        return self.saslwardd(name, "--config", config, "--state-dir", self.scratch / f"{name}.state", *options, sockets=sockets)

    def start(self, directory, command, env=None, sockets=("mux",)):
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        self.stack.callback(process.wait, 10)
        self.stack.callback(process.terminate)
        wait_until(lambda: all(listens(directory / name) for name in sockets) or process.poll() is not None,
                   f"{directory}/{sockets}")
        if process.poll() is not None:
            raise RuntimeError((directory / "log").read_text(errors="replace"))
        return Server(directory / sockets[0], process.pid)

    def saslauthd(self, mechanism, *options):
        """It detaches: its main process is found by its pid file, as a service manager does."""
        directory = self.directory("saslauthd")
        done = subprocess.run(self.files.command("saslauthd", "-a", mechanism, "-n", str(WORKERS), "-m", directory, *options),
                              env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"cannot run saslauthd: {done.stderr.strip()}")
        pid_file = directory / "saslauthd.pid"
        wait_until(lambda: listens(directory / "mux") and pid_file.exists() and pid_file.read_text().strip(), "saslauthd")
        server = Server(directory / "mux", int(pid_file.read_text()))
        self.stack.callback(wait_until, lambda: not pathlib.Path(f"/proc/{server.pid}").exists(), "saslauthd to end")
        self.stack.callback(os.kill, server.pid, signal.SIGTERM)
        return server

    def daemons(self, mechanism, *options):
        """Both, with as many workers, and nothing cached."""
        return {"saslauthd": self.saslauthd(mechanism, *options),
                "saslwardd": self.saslwardd("saslwardd", "-a", mechanism, "-n", str(WORKERS), *options)}

    def slapds(self, count):
        """The directory servers of the integration tests, with the same users."""
        slapd = self.integration("slapd")
        if slapd.missing():
            raise Missing(slapd.missing())
        version = subprocess.run([self.build / "daemon/saslwardd", "-v"], capture_output=True, check=True)
        if b"ldap" not in version.stdout + version.stderr:
            raise Missing("this saslwardd has no mechanism ldap")
        database = slapd.make_database(self.scratch)
        return [self.stack.enter_context(slapd.Slapd(self.scratch / f"slapd{number}", database, level="0"))
                for number in range(count)]

    def ldap_options(self, *servers):
        path = self.scratch / "saslauthd.conf"
        path.write_text(f"ldap_servers: {' '.join(server.url for server in servers)}\n"
                        "ldap_search_base: ou=people,dc=example,dc=org\n")
        path.chmod(0o600)
        return "-O", path

    def integration(self, name):
        """A module of the integration tests."""
        os.environ["SASLWARD_BUILD"] = str(self.build)
        directory = str(HERE.parent / "integration")
        if directory not in sys.path:
            sys.path.insert(0, directory)
        try:
            return __import__(name)
        except ImportError as error:
            raise Missing(error) from error


class Load:
    """Clients of the load generator, at work."""

    def __init__(self, place, mux, clients, seconds, *fields):
        self.process = subprocess.Popen([place.build / "tests/bench/load", mux, str(clients), str(seconds), *fields],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.seconds, self.quick = seconds, place.quick

    def result(self):
        """Answers a second, p50 and p99 in µs, how many answers were wrong, how many took over half a second, the longest
        time, how many there were."""
        out, errors = self.process.communicate(timeout=self.seconds + 60)
        if self.process.returncode != 0:
            raise RuntimeError(errors)
        return [float(figure) for figure in out.split()]

    def good(self):
        """What a table tells of logins that must all be right."""
        rate, p50, p99, wrong, *_ = self.result()
        if wrong:
            raise RuntimeError(f"{self.process.args[1]}: {wrong:.0f} wrong answers, {rate:.0f} a second")
        if not rate:
            text = f"{self.process.args[1]}: no answer within {self.seconds} s; --seconds makes a turn longer"
            raise TooShort(text) if self.quick else RuntimeError(text)
        return {"requests/s": rate, "p50 µs": p50, "p99 µs": p99}

    def end(self):
        """Before its time."""
        self.process.terminate()
        self.process.communicate(timeout=60)


def loop(place, program, *arguments):
    """As many processes as there are workers, or clients if these are fewer, make the same calls again and again."""
    def measure(clients, seconds):
        command = place.files.command(place.build / "tests/bench" / program, str(min(clients, WORKERS)), str(seconds), *arguments)
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr or 'a login was refused'}")
        return {"requests/s": float(done.stdout)}
    return measure
