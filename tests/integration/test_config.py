# SPDX-License-Identifier: BSD-2-Clause
"""The configuration's files: what --check and --print say of them, who may own them, and the sockets they make."""
import grp
import os
import pathlib
import resource
import shutil
import signal
import socket
import stat
import subprocess

import pytest
from client import Raw, ask, is_ok, request
from conftest import by_name
from daemon import PATIENCE, SASLWARDD, SLOW, WORKERS, WRAP, Daemon, in_time, wait_for

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
ENV = {**os.environ, "SASLWARD_LIBEXECDIR": str(WORKERS)}
SHORT = "permit service=imap with=sasldb\n"
SERVED = "permit service=imap with=sasldb {t}\n"
TIME = f"deadline={20 * SLOW:.0f}s"
GOOD = ("alice", "secretA", "imap", "vmA")


def saslwardd(*options, prefix=(), program=SASLWARDD, **more):
    return subprocess.run([*prefix, *WRAP, str(program), *map(str, options)], capture_output=True, text=True,
                          timeout=2 * PATIENCE, check=False, env=ENV, **more)


def write(path, text, mode=0o644):
    path.parent.mkdir(exist_ok=True, mode=0o755)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture(name="conf")
def make_conf(directory):
    return directory / "saslward.conf"


@pytest.fixture(name="as_nobody")
def make_as_nobody(directory):
    """saslwardd() as an ordinary user. The build may lie where that user may not go."""
    program = shutil.copy(SASLWARDD, directory)
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return lambda *options: saslwardd(*options, prefix=prefix, program=program)


class Configured(Daemon):
    """A daemon with a configuration; {d} in it is its directory, {t} time enough for a login."""

    def __init__(self, directory, text, *options, **more):
        super().__init__(directory / "run", **more)
        self.conf = write(directory / "saslward.conf", text.format(d=directory, t=TIME))
        self.command = [*WRAP, str(SASLWARDD), "--config", str(self.conf), "-m", str(self.directory), "-d",
                        "--state-dir", str(self.directory / "state"), "--read-deadline", TIME.split("=")[1], *options]

    def wait_identity(self):
        """What tells VMs apart has a second for its answer, its start included."""
        self.wait_log(r"identity: worker \d+ is ready")


def check_lines(done, *lines):
    assert done.stderr.splitlines() == list(lines)
    assert done.stdout == ""


# --check and --print

def test_check(conf):
    write(conf, SHORT)
    check_lines(saslwardd("--config", conf, "--check"))
    assert saslwardd("--config", conf, "--check").returncode == 0


def test_check_tells_every_error(directory, conf):
    write(conf, "lisen /x\n# fine\npermit  vm=any with=sasldb user=alice\nbackend x krb5\npermit service=a \"\n"
                "permit service=@g with=shadow")
    done = saslwardd("--config", conf, "--check")
    assert done.returncode == 1
    check_lines(done,
                f"{conf}:1:1: unknown keyword \"lisen\"; did you mean listen?",
                f"{conf}:4:11: no type of backend \"krb5\"; there are: sasldb pam ldap shadow getpwent program",
                f"{conf}:5:18: this quote is not closed; close it in its line",
                f"{conf}:6:30: the file ends within a line and may be cut short; end it with a newline",
                f"{conf}:3:1: user= has no realm, but in sasldb alice@a and alice@b are two people; add realm= or "
                "as-realm=, or write user=alice@REALM")
    for options in (["--print"], ["--check", "--print"]):
        again = saslwardd("--config", conf, *options)
        assert (again.returncode, again.stdout, again.stderr) == (1, "", done.stderr)


def test_start_tells_every_error(directory, conf):
    """As the log has them."""
    write(conf, "lisen /x\npermet service=imap with=shadow\n")
    done = saslwardd("--config", conf, "-d", "-m", directory / "run", "--state-dir", directory / "state")
    assert done.returncode == 1
    found = [line.split(": ", 1)[1] for line in done.stderr.splitlines()]
    assert found == saslwardd("--config", conf, "--check").stderr.splitlines() and len(found) == 2
    assert not (directory / "run").exists()


WARNED = [
    ("no rule", "# nothing\n", "1:1: warning: there is no rule, so everybody is refused; add a line permit …"),
    ("an open rule", "permit user=a with=shadow\n",
     "1:1: warning: without vm= and service= this opens every VM's console; add one of them"),
    ("a rule that is open by exclusion", "permit service=!imap,!spice user=a with=shadow\n",
     "1:1: warning: without vm= this opens every VM's console, for service= holds for vnc; add vm=, or !vnc to service="),
    ("a group twice", "group root x\npermit service=y user=@root with=shadow\n",
     "1:1: warning: @root is a group of this file and one of the system; this one is meant"),
]


@pytest.mark.parametrize("text, warning", by_name(WARNED))
def test_check_warns(conf, text, warning):
    write(conf, text)
    done = saslwardd("--config", conf, "--check")
    check_lines(done, f"{conf}:{warning}")
    assert done.returncode == 0


def test_start_does_not_ask_for_groups(conf):
    """Nothing but --check does: that may take long."""
    write(conf, "group root x\npermit service=y user=@root with=shadow\n")
    assert saslwardd("--config", conf, "--print").stderr == ""


def test_print(directory, conf):
    write(conf, "identity  socket libvirt\nlisten /x/y mode=0666 vm=a\n\npermit with=sasldb \\\n as-realm=%v vm=any # why\n"
                "include more\n")
    write(directory / "more", "deny user=eve reason=\"le ft\"\n")
    done = saslwardd("--config", conf, "--print")
    text = "identity libvirt socket\nlisten /x/y vm=\"a\"\npermit vm=any with=sasldb as-realm=%v\ndeny user=eve reason=\"le ft\"\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, text, "")
    write(conf, text)
    assert saslwardd("--config", conf, "--print").stdout == text


def test_print_cannot(conf):
    write(conf, SHORT)
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([*WRAP, str(SASLWARDD), "--config", str(conf), "--print"], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (1, "saslwardd: cannot print: No space left on device\n")


REFUSED = [
    ("-a with --config", ["-a", "sasldb", "--config", "x"],
     "-a stands for a configuration: it goes with none of --config, --check and --print"),
    ("-a with --check", ["-a", "sasldb", "--check"],
     "-a stands for a configuration: it goes with none of --config, --check and --print"),
    ("-n with --config", ["--config", "x", "-n", "3"],
     "-O, -n, -r, -c, -t and --deadline go with -a MECHANISM; without it, the configuration says it"),
    ("-r with --config", ["--config", "x", "-r"],
     "-O, -n, -r, -c, -t and --deadline go with -a MECHANISM; without it, the configuration says it"),
    ("--check without a configuration", ["--check"], None),
]


@pytest.mark.parametrize("options, message", by_name(REFUSED))
def test_options_that_do_not_go_together(directory, options, message):
    done = saslwardd(*options, cwd=directory)
    assert done.returncode == 1
    if message:
        check_lines(done, f"saslwardd: {message}")
    else:
        assert done.stderr.startswith("there is no /etc/saslward.conf; write it, or name another with --config")


MOUNT = ('mount -t tmpfs none "$1" && cp -a /etc "$1/etc" && cp "$2" "$1/etc/saslward.conf" && mount --bind "$1/etc" /etc && shift 2 '
         '&& exec "$@"')


@as_root
def test_the_usual_file(directory, conf):
    """Without --config it is /etc/saslward.conf."""
    write(conf, "lisen\n")
    (directory / "etc").mkdir()
    done = saslwardd("--check", prefix=["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT, "-",
                                        str(directory / "etc"), str(conf)])
    assert done.returncode == 1
    check_lines(done, "/etc/saslward.conf:1:1: unknown keyword \"lisen\"; did you mean listen?")


# files

def test_include_is_sorted(directory, conf):
    """Rules stand in the order of the files' names; a relative pattern is seen from the file it stands in."""
    write(conf, "deny user=first\ninclude rules.d/*.conf\ndeny user=last\n")
    for name in ("20-b", "10-a", "30-c"):
        write(directory / f"rules.d/{name}.conf", f"deny user={name}\n")
    write(directory / "rules.d/10-a.conf~", "nonsense\n")
    write(directory / "rules.d/20-b.conf", "include sub/x\ndeny user=20-b\n")
    write(directory / "rules.d/sub/x", "deny user=sub\n")
    for where in (directory, "/"):
        done = saslwardd("--config", os.path.relpath(conf, where), "--print", cwd=where)
        assert done.stdout.split() == ["deny", "user=first", "deny", "user=10-a", "deny", "user=sub", "deny", "user=20-b",
                                       "deny", "user=30-c", "deny", "user=last"]


def test_include_absolute(directory, conf):
    write(directory / "d[1]/x.conf", "include y*\n")  # no pattern but what is written
    write(directory / "d[1]/yy", SHORT)
    write(conf, f"include {directory}/d*/x.conf\n")
    assert saslwardd("--config", conf, "--print").stdout == SHORT


def test_errors_of_included_files(directory, conf):
    write(conf, "include a\npermit service=x with=b\n")
    write(directory / "a", "\n lisen\ninclude c\nbackend b shadow\n")
    write(directory / "c", "group g\n")
    done = saslwardd("--config", conf, "--check")
    assert done.returncode == 1
    check_lines(done, f"{directory}/a:2:2: unknown keyword \"lisen\"; did you mean listen?",
                f"{directory}/c:1:1: group g has no words; write group g WORD,WORD…")


# (what, the file's line, what is said of it, {d} is the directory)
INCLUDES = [
    ("nothing there", "include x", "1:1: {d}/x: there is no such file; make it, or name another"),
    ("no match", "include x*", None),
    ("no directory", "include x/*.conf", "1:1: {d}/x/*.conf: cannot be read: No such file or directory"),
    ("itself", "include saslward.conf", "1:1: {d}/saslward.conf: is being read already; a file cannot include itself"),
    ("itself among others", "include *", "1:1: {d}/saslward.conf: is being read already; a file cannot include itself"),
    ("a directory", "include /", "1:1: /: is no regular file; name one"),
    ("a dangling link", "include link", "1:1: {d}/link: cannot be read: No such file or directory"),
]


@pytest.mark.parametrize("line, complaint", by_name(INCLUDES))
def test_include_of(directory, conf, line, complaint):
    write(conf, f"{line}\npermit service=@only-seems-unknown with=shadow\n" if complaint else f"{line}\n{SHORT}")
    if "link" in line:
        (directory / "link").symlink_to("nowhere")
    done = saslwardd("--config", conf, "--check")
    check_lines(done, *([f"{conf}:" + complaint.format(d=directory)] if complaint else []))
    assert done.returncode == (1 if complaint else 0)


def test_include_in_a_circle(directory, conf):
    write(conf, "include a\n")
    write(directory / "a", "include b\n")
    write(directory / "b", "include a\n")
    check_lines(saslwardd("--config", conf, "--check"),
                f"{directory}/b:1:1: {directory}/a: is being read already; a file cannot include itself")


def test_include_too_deep(directory, conf):
    write(conf, "include 1\n")
    for number in range(1, 12):
        write(directory / str(number), f"include {number + 1}\n")
    check_lines(saslwardd("--config", conf, "--check"), f"{directory}/8:1:1: 9: more than 8 files deep; include it above")


def test_too_many_files(directory, conf):
    write(conf, "include d/*\n")
    for number in range(256):
        write(directory / f"d/{number}", "")
    check_lines(saslwardd("--config", conf, "--check"), f"{conf}:1:1: {directory}/d/*: more than 256 files; include fewer")


# (what, mode, owner, what is said)
OWNERS = [
    ("root's", 0o644, 0, None),
    ("a secret of root's", 0o600, 0, None),
    ("writable by its group", 0o664, 0, "can be written by others; chmod go-w it"),
    ("writable by everybody", 0o646, 0, "can be written by others; chmod go-w it"),
    ("another's", 0o644, NOBODY, "belongs neither to root nor to you; chown it"),
]


@as_root
@pytest.mark.parametrize("mode, owner, complaint", by_name(OWNERS))
@pytest.mark.parametrize("included", [False, True])
def test_owner_and_mode(directory, conf, mode, owner, complaint, included):
    file = write(directory / "rules", SHORT, mode)
    os.chown(file, owner, -1)
    asked = f"{file}:1:1: "
    if included:
        write(conf, "\n  include rules\n")
        asked = f"{conf}:2:3: {file}: "
    done = saslwardd("--config", conf if included else file, "--check")
    check_lines(done, *([asked + complaint] if complaint else []))
    assert done.returncode == (1 if complaint else 0)


# (what, mode, owner, what is said to an ordinary user)
OWNERS_TO_NOBODY = [
    ("one's own", 0o600, NOBODY, None),
    ("root's", 0o644, 0, None),
    ("a secret of root's", 0o600, 0, "cannot be read: Permission denied"),
    ("a third one's", 0o644, 1, "belongs neither to root nor to you; chown it"),
    ("one's own and everybody's", 0o666, NOBODY, "can be written by others; chmod go-w it"),
]


@as_root
@pytest.mark.parametrize("mode, owner, complaint", by_name(OWNERS_TO_NOBODY))
def test_owner_and_mode_to_an_ordinary_user(conf, as_nobody, mode, owner, complaint):
    os.chown(write(conf, SHORT, mode), owner, -1)
    done = as_nobody("--config", conf, "--check")
    check_lines(done, *([f"{conf}:1:1: {complaint}"] if complaint else []))
    assert done.returncode == (1 if complaint else 0)


@as_root
def test_include_from_a_closed_directory(directory, conf, as_nobody):
    """Its rules would silently be missing, the denials too."""
    write(directory / "d/x.conf", "deny\n")
    (directory / "d").chmod(0o700)
    write(conf, f"include d/*.conf\n{SHORT}")
    done = as_nobody("--config", conf, "--check")
    assert done.returncode == 1
    check_lines(done, f"{conf}:1:1: {directory}/d/*.conf: cannot be read: Permission denied")


def make_fifo(path):
    os.mkfifo(path, 0o644)


def make_huge(path):
    write(path, "")
    os.truncate(path, (64 << 20) + 1)


# (what, how it is made, what is said)
ODD_FILES = [
    ("missing", lambda path: None, "cannot be read: No such file or directory"),
    ("a directory", pathlib.Path.mkdir, "is no regular file; name one"),
    ("a fifo", make_fifo, "is no regular file; name one"),
    ("huge", make_huge, "is larger than 64 MiB; write a shorter one"),
]


@pytest.mark.parametrize("make, complaint", by_name(ODD_FILES))
def test_odd_file(conf, make, complaint):
    make(conf)
    done = saslwardd("--config", conf, "--check")
    assert done.returncode == 1
    check_lines(done, f"{conf}:1:1: {complaint}")


def test_bytes(conf):
    conf.write_bytes(b"\xef\xbb\xbfdeny\r\n\0\n" + "deny user=é\t\x1b\n".encode())
    conf.chmod(0o644)
    check_lines(saslwardd("--config", conf, "--check"),
                f"{conf}:1:6: a carriage return; save the file with unix line ends",
                f"{conf}:2:1: a NUL byte; a configuration is a text file",
                f"{conf}:3:13: a control character; remove it")


def test_a_hundred_thousand_rules(conf, record_property):
    """Each with a group, all with a large one and with users of the machine: nothing of it may be quadratic."""
    lines = [f"group g{i} alice@vm,user{i}@vm\npermit service=spice vm=vm{i} peer=uid:{'root' if i % 2 else 'daemon'} user=@g{i},@all "
             "with=sasldb\n" for i in range(100000)]
    everybody = ",".join(f"user{i}@vm" for i in range(20000))
    write(conf, f"group all {everybody}\n" + "".join(lines))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = saslwardd("--config", conf, "--check")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime  # whatever else the machine does
    print(f"100,000 rules and groups: --check took {took:.2f} s of a processor")
    record_property("seconds", f"{took:.2f}")
    assert (done.returncode, done.stderr) == (0, "")
    in_time(took, 2 if SLOW == 1 else 30 * SLOW)


# sockets

@as_root
def test_sockets(directory, database):
    """Owner, group and mode of each; all of them answer, each as its own."""
    text = ("listen {d}/run/a name=a owner=daemon group=games mode=0640\n"
            "listen {d}/run/b name=b\n"
            "backend db sasldb path={d}/sasldb2\n"
            "permit service=imap socket=a user=alice@vmA with=db {t}\n"
            "permit service=imap socket=b user=bob@vmA with=db {t}\n")
    assert database.exists()
    with Configured(directory, text) as daemon:
        a, b = daemon.directory / "a", daemon.directory / "b"
        status = a.stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1, grp.getgrnam("games").gr_gid, 0o640)
        status = b.stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (os.geteuid(), os.getegid(), 0o666)
        assert is_ok(ask(a, *GOOD)) and not is_ok(ask(b, *GOOD))
        bob = ("bob", "b" * 200, "imap", "vmA")
        assert is_ok(ask(b, *bob)) and not is_ok(ask(a, *bob))
        assert not daemon.socket.exists()
    assert not a.exists() and not b.exists()


def test_sockets_of_vms(directory, database):
    """listen … vm=: the same user and password, let in at one and refused at the other."""
    text = ("listen {d}/run/a vm=vmA\nlisten {d}/run/b vm=vmB\nbackend db sasldb path={d}/sasldb2\n"
            "permit service=imap vm=vmA user=alice with=db as-realm=%v {t}\n")
    assert database.exists()
    with Configured(directory, text) as daemon:
        daemon.wait_identity()
        assert is_ok(ask(daemon.directory / "a", *GOOD))
        assert not is_ok(ask(daemon.directory / "b", *GOOD))


def test_default_socket(directory, database):
    """Without a listen it is DIR/mux of -m, and 0666."""
    text = "backend sasldb sasldb path={d}/sasldb2\n" + SERVED
    assert database.exists()
    with Configured(directory, text) as daemon:
        assert stat.S_IMODE(daemon.socket.stat().st_mode) == 0o666
        assert is_ok(ask(daemon.socket, *GOOD))


def test_default_socket_in_a_relative_directory(directory, database):
    """Also once the daemon has left the directory that it was started in."""
    conf = write(directory / "conf", f"backend sasldb sasldb path={database}\n" + SERVED.format(t=TIME))
    command = [*WRAP, str(SASLWARDD), "--config", str(conf), "-m", "here", "--state-dir", "state"]
    subprocess.run(command, cwd=directory, env=ENV, check=True, timeout=PATIENCE)
    pid = int((directory / "here/saslauthd.pid").read_text(encoding="ascii"))
    try:
        assert is_ok(ask(directory / "here/mux", *GOOD))
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not (directory / "here/mux").exists() and not os.path.exists(f"/proc/{pid}"), "its end")


def test_pid_file_beside_the_first_socket(directory, database):
    """Without -m."""
    text = "listen {d}/run/mux\nbackend sasldb sasldb path={d}/sasldb2\n" + SERVED
    assert database.exists()
    daemon = Configured(directory, text)
    at = daemon.command.index("-m")
    del daemon.command[at:at + 2]
    with daemon:
        assert daemon.pid > 0
        assert is_ok(ask(daemon.socket, *GOOD))


def test_verbose(directory, database):
    """-V goes with a configuration."""
    text = "listen {d}/run/mux\nbackend sasldb sasldb path={d}/sasldb2\n" + SERVED
    assert database.exists()
    daemon = Configured(directory, text, "-V", "-f")
    daemon.command.remove("-d")
    with daemon:
        assert is_ok(ask(daemon.socket, *GOOD))


def test_socket_that_cannot_be_made(directory):
    daemon = Configured(directory, "listen {d}/nowhere/mux\n" + SERVED)
    done = subprocess.run(daemon.command, env=daemon.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert f"cannot listen on {directory}/nowhere/mux: No such file or directory" in done.stderr


ACTIVATE = 'exec 3<&"$1"; shift; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'


def activate(daemon, path):
    """Starts the daemon with a socket at the path, as a service manager does. Returns the process."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(10)
        with open(daemon.log_path, "wb") as log:
            return subprocess.Popen(["bash", "-c", ACTIVATE, "-", str(listener.fileno()), *daemon.command], env=daemon.env,
                                    pass_fds=[listener.fileno()], stderr=log)


def test_activated_socket_of_a_vm(directory, database):
    """Its line says what it stands for; the other lines' sockets are made."""
    text = ("listen {d}/run/b vm=vmB\nlisten {d}/run/a name=x vm=vmA\nbackend db sasldb path={d}/sasldb2\n"
            "permit service=imap vm=vmA socket=x user=alice with=db as-realm=%v {t}\n")
    assert database.exists()
    daemon = Configured(directory, text)
    process = activate(daemon, daemon.directory / "a")
    try:
        daemon.wait_identity()
        with Raw(daemon.directory / "a") as raw:
            assert is_ok(raw.send(request(*GOOD)).reply())
        wait_for((daemon.directory / "b").exists, "the other socket")
        assert not is_ok(ask(daemon.directory / "b", *GOOD))
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert (daemon.directory / "a").exists() and not (daemon.directory / "b").exists()


def test_activated_socket_without_a_line(directory):
    """It is not served as one of the others: that might stand for a VM."""
    daemon = Configured(directory, "listen {d}/run/a vm=vmA\n" + SERVED)
    process = activate(daemon, daemon.directory / "other")
    assert process.wait(PATIENCE) == 1
    assert (f"the service manager's socket {daemon.directory}/other has no line in the configuration; write listen PATH"
            in daemon.log())
    assert not (daemon.directory / "a").exists()
