# SPDX-License-Identifier: BSD-2-Clause
"""A saslwardd of the build under test, on a private directory, and what can be seen of its processes."""
import contextlib
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("SASLWARD_BUILD", HERE.parent.parent / "build")).resolve()
SASLWARDD = BUILD / "daemon/saslwardd"
SASLWARD = BUILD / "daemon/cli/saslward"
WORKERS = BUILD / "workers"  # one directory with all worker programs, as when installed
CHECKPASS = BUILD / "tests/integration/checkpass"
SETPASS = BUILD / "tests/integration/setpass"
CONFINED = "define SANDBOX 1" in (BUILD / "build-config.h").read_text(encoding="utf-8")  # not with sanitizers, nor valgrind
WRAP = shlex.split(os.environ.get("SASLWARD_WRAP", ""))
SLOW = float(os.environ.get("SASLWARD_SLOW", "1"))  # stretches every bound, the daemon's and the tests'
PATIENCE = 15 * SLOW
FAULTS = re.compile(r"ERROR: AddressSanitizer|runtime error:|==\d+== (?:Invalid|Conditional|Use of|Syscall param"
                    r"|Mismatched|.*definitely lost)|Assertion .* failed")


def wait_for(condition, what, patience=None):
    """Polls until condition() is true, and returns what it gave; what is a text, or gives one."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited in vain for: {what() if callable(what) else what}"
        time.sleep(0.01)


def listens(path):
    """Whether somebody does: a socket is there before that."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


class TooLate(AssertionError):
    """Maybe because the machine stood still for a moment: ./check runs such a test again, and no other."""


def in_time(seconds, limit):
    """For every upper bound of what something took. A lower bound holds on any machine, and is a plain assertion."""
    if seconds >= limit:
        raise TooLate(f"it took {seconds:.3f} s, and must take less than {limit:.3f} s")


def processes():
    """(pid, parent, name) of every process."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(errors="replace")
        except OSError:
            continue
        name, rest = stat[stat.index("(") + 1:stat.rindex(")")], stat[stat.rindex(")") + 2:].split()
        if rest[0] != "Z":
            found.append((int(entry.name), int(rest[1]), name))
    return found


def duration(seconds):
    """As a configuration writes it, stretched as every bound."""
    return f"{seconds * SLOW * 1000:.0f}ms"


def is_running(pid, program):
    """Under valgrind the program's own name is not the process's. True also of who is no more."""
    try:
        return program in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True


def is_resolver(pid):
    return is_running(pid, b"/resolve\0")


def is_worker(pid):
    """Neither one that looks after VMs, nor a front, which has another name than the supervisor only a moment after it has begun."""
    return not is_resolver(pid) and not is_running(pid, b"/saslwardd\0")


def gather_workers():
    WORKERS.mkdir(exist_ok=True)
    for program in ("backends/sasldb", "backends/shadow", "backends/ldap", "backends/resolve", "pam/pam"):
        try:
            (WORKERS / pathlib.Path(program).name).symlink_to(BUILD / program)
        except FileExistsError:
            pass


gather_workers()
passwords = set()  # that a file's tests have sent, as bytes: each is searched for wherever something is written
lasting = set()  # those of them that belong to what the tests of all files have in common

# Tests send them, and a log says them by itself. No account has such a password.
ORDINARY = {b"wrong", b"right"}


def remember_password(password):
    """Not what may stand in a text by chance: very short ones, the same byte again and again, and ORDINARY."""
    password = password if isinstance(password, bytes) else password.encode()
    if len(password) > 4 and len(set(password)) > 2 and password not in ORDINARY:
        passwords.add(password)


@contextlib.contextmanager
def lasting_passwords():
    """What is remembered meanwhile is searched for in the tests of every file."""
    before = passwords.copy()
    passwords.clear()
    yield
    lasting.update(passwords)
    passwords.update(before)


def forget_passwords():
    """A password of one file may be an ordinary word in another."""
    passwords.intersection_update(lasting)


def remember_argument(command):
    """The password of testsaslauthd's command line, which it shows to everybody."""
    for option, word in zip(command, command[1:]):
        if option == "-p" and word != "-":
            remember_password(word)


def without_counts(text):
    """A build for coverage says which counts it may not write down, and names its files, proto/secret.c among them."""
    return re.sub(rb"(?m)^profiling:.*\n?", b"", text)


def check_no_password(text, where):
    text = without_counts(text if isinstance(text, bytes) else text.encode(errors="surrogateescape"))
    found = [password for password in passwords.copy() if password in text]  # other threads may log in meanwhile
    assert not found, f"{where} holds {found}"


class Daemon:
    """Started on entering, ended by SIGTERM on leaving; leaving checks that it ended as it should. Deadlines are in
    seconds. By a configuration's text, if there is one, else with -a; a text without "listen" gets the usual socket."""

    def __init__(self, directory, database=None, *options, deadline=3, read_deadline=5, workers=2,
                 env=None, prefix=(), log=None, expect_exit=0, mechanism="sasldb", config=None,
                 ready=("identity",)):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(0o755)
        self.socket = self.directory / "mux"
        self.log_path = pathlib.Path(log or self.directory / "log")
        self.expect_exit = expect_exit
        self.config = self.directory / "saslward.conf" if config is not None else None
        self.ready = ready
        self.command = [*prefix, *WRAP, str(SASLWARDD), "-m", str(self.directory), "-d",
                        "--read-deadline", duration(read_deadline)]
        if self.config:
            self.write(config)
            self.command += ["--config", str(self.config), "--state-dir", str(self.directory / "state")]
        else:
            self.command += ["-a", mechanism, "-n", str(workers), "--deadline", duration(deadline)]
        if database:
            self.command += ["-O", str(database)]
        self.command += options
        self.env = {**os.environ, "SASLWARD_LIBEXECDIR": str(WORKERS), **(env or {})}

    def write(self, config):
        """The listen stands in the last line, so that the lines of the text keep their numbers."""
        if not re.search("^listen", config, re.M):
            config += f"\nlisten {self.socket}\n"
        self.config.write_text(config)

    def __enter__(self):
        before = self.log().count("listening on")
        self.start()
        try:
            self.wait_until_it_serves(before)
        except BaseException:
            self.stop()
            raise
        return self

    def wait_until_it_serves(self, before):
        wait_for(lambda: self.log().count("listening on") > before or self.process.poll() is not None,
                 "the daemon to listen")
        assert self.process.poll() is None, self.log()
        if self.config or WRAP:  # logins wait for them, but not as long as they take to start under valgrind
            wait_for(lambda: set(self.ready) <= set(re.findall(r": (\w+): worker \d+ is ready", self.log())),
                     f"{self.ready} to be ready")

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.env, stderr=log, stdin=subprocess.DEVNULL,
                                            stdout=log, start_new_session=True)

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.check_no_password_is_shown()
        finally:
            self.stop()
        if kind is None:
            self.check_end()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise

    def check_end(self):
        assert self.process.returncode == self.expect_exit, self.log()
        assert not FAULTS.search(self.log()), self.log()
        self.check_no_password_was_written()
        if self.expect_exit == 0 and "LISTEN_FDS" not in self.env:
            assert not self.socket.exists()
            assert not (self.directory / "saslauthd.pid").exists()

    def check_no_password_is_shown(self):
        """In the process list, to everybody."""
        family, found = {self.process.pid}, processes()
        while more := {pid for pid, parent, _ in found if parent in family} - family:
            family |= more
        for pid, _, name in found:
            if pid in family:
                with contextlib.suppress(OSError):  # it has ended meanwhile
                    check_no_password(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes(), f"the command line of {name}")

    def check_no_password_was_written(self):
        """In the log, the configuration that is kept, or whatever else is there but what the test put there."""
        kept = [path for path in self.directory.rglob("*") if path.is_file() and path != self.config]
        for path in {self.log_path, *kept}:
            if path.is_file() and path.name not in ("sasldb2", "saslauthd.conf"):
                check_no_password(path.read_bytes(), path)

    def log(self):
        try:
            return self.log_path.read_text(errors="replace")
        except OSError:
            return ""

    def wait_log(self, pattern, patience=None):
        return wait_for(lambda: re.search(pattern, self.log()), lambda: f"{pattern!r} in the log:\n{self.log()}", patience)

    def last_login(self):
        """What is in the brackets of the last login's line, and whether it was let in."""
        outcome, rest = re.findall(r"auth (success|failure): (.*)", self.log())[-1]
        return {"outcome": outcome, **dict(re.findall(r"\[(\w+)=(.*?)\]", rest))}

    def last_reason(self):
        return re.findall(r"\[reason=(.*?)\]", self.log())[-1]

    @property
    def pid(self):
        return int((self.directory / "saslauthd.pid").read_text())

    def children(self, name):
        return [pid for pid, parent, comm in processes() if parent == self.pid and comm == name]

    def front(self):
        fronts = wait_for(lambda: self.children("saslward-front"), "a front")
        return fronts[0]

    def workers(self, count=None):
        """The pids of the backends' workers; with count waits until there are so many, and each has been ready."""
        def found():
            front = self.front()
            pids = [pid for pid, parent, comm in processes() if parent == self.pid and pid != front and not is_resolver(pid)]
            return pids if count is None or len(pids) == count else None
        if count:
            wait_for(lambda: self.ready_workers() >= count, f"{count} workers to be ready")
        return wait_for(found, f"{count} workers")

    def kill_workers(self):
        """Before the daemon is stopped, which would wait for those that are at work. One may just be ended by the daemon."""
        for worker in self.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def resolver_pids(self):
        """The pids of the workers that say who asks, ready."""
        self.wait_log(r": identity: worker \d+ is ready")
        return [pid for pid, parent, _ in processes() if parent == self.pid and is_resolver(pid)]

    def ready_workers(self):
        """How many workers of backends have said that they are ready."""
        return len(re.findall(r": (?!identity|groups)\w+: worker \d+ is ready", self.log()))
