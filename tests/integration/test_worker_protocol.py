# SPDX-License-Identifier: BSD-2-Clause
"""Worker programs that break the protocol, enter as an administrator's own would: under the name of a backend, in a
directory that SASLWARD_LIBEXECDIR names. Every request is answered, and the reason is in the log."""
import contextlib
import os
import re
import time

import pytest
from client import Raw, ask, request
from daemon import SLOW, WORKERS, Daemon, in_time, wait_for
from fakes import PREFIX

GOOD = ("alice", "secret", "imap", "vmA")

class Fake:
    """A daemon whose one worker is the script; it starts anew for every worker."""

    def __init__(self, directory, script, **options):
        self.programs = directory / "programs"
        self.programs.mkdir(exist_ok=True)
        program = self.programs / "sasldb"
        program.write_text(PREFIX + script)
        program.chmod(0o755)
        if not (self.programs / "resolve").exists():
            (self.programs / "resolve").symlink_to(WORKERS / "resolve")
        options = {"workers": 1, "deadline": 2, **options}
        self.daemon = Daemon(directory / "run", None, env={"SASLWARD_LIBEXECDIR": str(self.programs)}, **options)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.daemon)
            self.daemon.resolver_pids()  # a login with a short deadline cannot wait for it
            self.stack = stack.pop_all()
        return self.daemon

    def __exit__(self, *details):
        self.stack.__exit__(*details)


def verdict(word, account="", reason=""):
    return f'''
ready()
while True:
    verb, number, login, *rest = job()
    send(frame(b"result", number, {word!r}.encode(), {account!r}.encode() or login, {reason!r}.encode()))
'''


def test_good(directory):
    with Fake(directory, verdict("OK")) as daemon:
        for _ in range(3):
            assert ask(daemon.socket, *GOOD) == b"OK"


@pytest.mark.parametrize("word", ["MISMATCH", "UNKNOWN", "DENIED", "UNAVAILABLE"])
def test_refusals(directory, word):
    with Fake(directory, verdict(word, reason=f"because of {word}")) as daemon:
        assert ask(daemon.socket, *GOOD) == b"NO"
        assert daemon.last_reason() == f"because of {word}"


def test_notices(directory):
    """What an administrator should mend is told at the start and with a login, each once."""
    with Fake(directory, '''
send(frame(b"ready", b"1", b"fake", b"at the start\\x1b[1m"))
while True:
    _, number, login, *_ = job()
    send(frame(b"result", number, b"OK", login, b"", b"with a login of " + login))
''', workers=2) as daemon:
        daemon.workers(2)
        for login in ("alice", "alice", "bob", "alice"):
            assert ask(daemon.socket, login, "x") == b"OK"
        for notice in ("at the start", "with a login of alice", "with a login of bob"):
            assert daemon.log().count(f"sasldb: {notice}") == 1
        assert "\x1b" not in daemon.log()


def test_further_strings(directory):
    """Later versions may append to a frame."""
    with Fake(directory, '''
send(frame(b"ready", b"1", b"fake", b"more"))
while True:
    _, number, login, *_ = job()
    send(frame(b"result", number, b"OK", login, b"", b"more", b"and more"))
''') as daemon:
        assert ask(daemon.socket, *GOOD) == b"OK"


def test_what_a_job_holds(directory):
    with Fake(directory, '''
ready()
while True:
    strings = job()
    send(frame(b"result", strings[1], b"DENIED", b"", b"|".join(strings[:1] + strings[2:7])))
''') as daemon:
        ask(daemon.socket, "alice", "pw", "spice", "vmA")
        assert daemon.last_reason() == "check|alice|pw|spice|vmA|"
        ask(daemon.socket, "", "")
        ask(daemon.socket, "jürgen", "x" * 20, "", "", "192.0.2.1;25")
        assert daemon.last_reason() == "check|jürgen|" + "x" * 20 + "|||192.0.2.1;25"


# (what it sends instead of a result, the reason)
BROKEN = {
    "garbage": ('send(b"\\x00\\x05hello")', "worker broke the protocol"),
    "empty frame": ('send(b"\\0\\0")', "worker broke the protocol"),
    "another id": ('send(frame(b"result", b"77777", b"OK", login, b""))', "worker broke the protocol"),
    "no id": ('send(frame(b"result", b"", b"OK", login, b""))', "worker broke the protocol"),
    "id with a sign": ('send(frame(b"result", b"+" + number, b"OK", login, b""))', "worker broke the protocol"),
    "unknown word": ('send(frame(b"result", number, b"OKAY", login, b""))', "worker broke the protocol"),
    "small letters": ('send(frame(b"result", number, b"ok", login, b""))', "worker broke the protocol"),
    "OK for nobody": ('send(frame(b"result", number, b"OK", b"", b""))', "worker broke the protocol"),
    "too few strings": ('send(frame(b"result", number, b"OK"))', "worker broke the protocol"),
    "ready again": ("ready()", "worker broke the protocol"),
    "its own job": ('send(frame(b"check", number, login, b"", b"", b"", b""))', "worker broke the protocol"),
    "over-long": ('send(counted(b"x" * 60000))', "worker sent an over-long answer"),
    "two at once": ('send(2 * frame(b"result", number, b"OK", login, b""))', "worker spoke without being asked"),
    "half a frame": ('send(frame(b"result", number, b"OK", login, b"")[:-1]); read(1)', "no answer within the deadline"),
    "half a length": ('send(b"\\0"); read(1)', "no answer within the deadline"),
    "nothing": ("read(1)", "no answer within the deadline"),
    "half a frame and gone": ('send(frame(b"result", number, b"OK", login, b"")[:-1]); sys.exit(0)', "worker ended"),
    "gone": ("sys.exit(0)", "worker ended"),
    "gone badly": ("os.abort()", "worker ended"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken(directory, how):
    """The request is answered NO, the worker replaced, and a right one serves the next request."""
    line, reason = BROKEN[how]
    script = f'''
ready()
while True:
    verb, number, login, *rest = job()
    if login == b"good":
        send(frame(b"result", number, b"OK", login, b""))
    else:
        {line}
'''
    with Fake(directory, script) as daemon:
        first, = daemon.workers(1)
        assert ask(daemon.socket, *GOOD) == b"NO"
        assert daemon.last_reason() == reason
        assert ask(daemon.socket, "good", "x") == b"OK"
        assert first not in daemon.workers(1)


@pytest.mark.parametrize("line", ['send(b"x")', 'send(frame(b"result", number, b"OK", login, b""))', "sys.exit(0)"])
def test_spoke_unasked(directory, line):
    """A second answer, or an end, between two jobs: nobody gets somebody else's answer."""
    with Fake(directory, f'''
ready()
_, number, login, *_ = job()
send(frame(b"result", number, b"OK", login, b""))
time.sleep(0.05)
{line}
job()
read(1)
''') as daemon:
        first, = daemon.workers(1)
        assert ask(daemon.socket, *GOOD) == b"OK"
        daemon.wait_log("worker (spoke without being asked|ended); replacing it")
        wait_for(lambda: first not in daemon.workers(1), "another worker")
        assert ask(daemon.socket, *GOOD) == b"OK"


def test_late_answer_is_not_the_next_ones(directory):
    """An answer behind the deadline ends with its worker."""
    with Fake(directory, f'''
ready()
while True:
    _, number, login, *_ = job()
    if login == b"slow":
        time.sleep({SLOW} * 0.8)
    send(frame(b"result", number, b"OK" if login == b"slow" else b"DENIED", login, b"denied"))
''', deadline=0.5) as daemon:
        daemon.workers(1)
        assert ask(daemon.socket, "slow", "x") == b"NO"
        assert daemon.last_reason() == "no answer within the deadline"
        wait_for(lambda: daemon.ready_workers() == 2, "another worker")
        for _ in range(5):
            assert ask(daemon.socket, *GOOD) == b"NO"
            assert daemon.last_reason() == "denied"


def test_reason_cannot_forge_the_log(directory):
    forged = "x] [reason=ok]\\nsaslauthd[1] :do_auth : auth success: [user=root]\\x1b[2J" + "y" * 2000
    with Fake(directory, verdict("DENIED", reason=forged.encode().decode("unicode_escape"))) as daemon:
        assert ask(daemon.socket, *GOOD) == b"NO"
        line, = [line for line in daemon.log().splitlines() if "auth failure" in line]
        assert "auth success: [user=root]" not in daemon.log()
        assert "\x1b" not in daemon.log()
        assert len(re.findall(r" \[reason=", line)) == 1
        assert len(line) < 2400


def starts(daemon):
    return [float(line) for line in (daemon.directory.parent / "programs/starts").read_text().split()]


def test_never_ready_backs_off(directory):
    """Programs that end before "ready" are started with a growing delay; meanwhile everybody is refused at once."""
    (directory / "programs").mkdir()
    (directory / "programs").chmod(0o777)
    with Fake(directory, f'''
open("{directory}/programs/starts", "a").write(str(time.monotonic()) + "\\n")
sys.exit(1)
''') as daemon:
        wait_for(lambda: (directory / "programs/starts").exists() and len(starts(daemon)) >= 4, "four starts")
        began = time.monotonic()
        assert ask(daemon.socket, *GOOD) == b"NO"
        in_time(time.monotonic() - began, 0.4 * SLOW)
        assert daemon.last_reason() == "no worker could be started"
        times = starts(daemon)
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        assert gaps[0] >= 0.09 and gaps[1] >= 0.19 and gaps[2] >= 0.39
        daemon.wait_log(r"sasldb worker \(pid \d+\) exited with status 1")
        daemon.wait_log("sasldb: a worker could not be started; next try in 400 ms")
        (directory / "programs/sasldb").write_text(PREFIX + verdict("OK"))  # mended
        wait_for(lambda: ask(daemon.socket, *GOOD) == b"OK", "the mended program")


def test_dies_after_each_job(directory):
    """No back-off for those that were ready: one bad input would close the backend for everybody."""
    with Fake(directory, '''
ready()
_, number, login, *_ = job()
send(frame(b"result", number, b"OK", login, b""))
os.abort()
''', deadline=3) as daemon:
        began = time.monotonic()
        for count in range(1, 11):
            assert ask(daemon.socket, *GOOD) == b"OK"
            wait_for(lambda count=count: daemon.log().count("worker ended") == count, "its end to be seen")
        in_time(time.monotonic() - began, 5 * SLOW)
        daemon.wait_log(r"was killed by signal 6 \(Aborted\)")


def test_not_ready_yet(directory):
    """Requests wait for a worker that takes its time to start, within their deadline."""
    with Fake(directory, "time.sleep(0.3)\n" + verdict("OK"), deadline=3) as daemon:
        assert ask(daemon.socket, *GOOD) == b"OK"
    with Fake(directory, "time.sleep(60)\n" + verdict("OK"), deadline=0.3) as daemon:
        assert ask(daemon.socket, *GOOD) == b"NO"
        assert daemon.last_reason() == "no worker was free within the deadline"
        daemon.kill_workers()


def test_wrong_first_word(directory):
    with Fake(directory, 'send(frame(b"hello", b"1", b"fake")); read(1)') as daemon:
        daemon.wait_log("worker does not speak our protocol")
        daemon.wait_log("sasldb: a worker could not be started; next try in 100 ms")
        assert ask(daemon.socket, *GOOD) == b"NO"


def test_other_version(directory):
    with Fake(directory, 'send(frame(b"ready", b"2", b"fake")); read(1)') as daemon:
        daemon.wait_log("worker does not speak our protocol")


def test_one_hung_worker_of_two(directory):
    """The other serves everybody else meanwhile."""
    with Fake(directory, '''
ready()
while True:
    _, number, login, *_ = job()
    if login == b"hang":
        read(1)
    send(frame(b"result", number, b"OK", login, b""))
''', workers=2) as daemon, Raw(daemon.socket) as hung:
        daemon.workers(2)
        began = time.monotonic()
        hung.send(request("hang", "x"))
        for _ in range(20):
            assert ask(daemon.socket, *GOOD) == b"OK"
        in_time(time.monotonic() - began, 1.9 * SLOW)
        assert hung.reply() == b"NO"
