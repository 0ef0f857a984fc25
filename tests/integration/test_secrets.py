# SPDX-License-Identifier: BSD-2-Clause
"""Every test looks for the passwords that were sent in all that was written meanwhile: here somebody has leaked one, and
the search finds it."""
import contextlib

import pytest
from client import ask
from conftest import by_name
from daemon import WRAP, passwords
from fakes import Programs

CONFIG = "backend leaking shadow workers=1\npermit with=leaking\n"

# Where a backend of the test's own leaves the password that it was asked for. Its child ends with it.
LEAKS = [
    ("a log", 'os.write(2, b"debug: the password is " + password + b"\\n")', "/log"),
    ("a file", 'open(os.environ["LEAK"], "wb").write(b"password=" + password)', "/leak"),
    ("a command line", '''reading, writing = os.pipe()
child = os.fork()
if child == 0:
    os.dup2(reading, 0)
    os.execv("/bin/sh", ["sh", "-c", "read line; exit 0", password])
while password not in open(f"/proc/{child}/cmdline", "rb").read():
    time.sleep(0.001)''', "the command line of "),
    ("nowhere", "pass", None),
]
PROGRAM = '''ready()
while True:
    verb, number, login, password, *_ = job()
    {}
    send(frame(b"result", number, b"MISMATCH", b"", b"no", b""))
'''


@pytest.mark.parametrize("leak, where", by_name(LEAKS))
@pytest.mark.skipif(bool(WRAP), reason="it is about the tests, not about our programs")
@pytest.mark.parametrize("password", ["secret", "kept in mind", "Grüße €", "0123456789abcdef"])
def test_a_leak_is_found(directory, leak, where, password):
    programs = Programs(directory)
    programs.add("shadow", PROGRAM.format(leak.replace("\n", "\n    ")))
    run = directory / "run"
    run.mkdir()
    (run / "leak").write_bytes(b"")
    (run / "leak").chmod(0o666)
    daemon = programs.daemon(CONFIG, ready=["identity", "leaking"])
    daemon.env["LEAK"] = str(run / "leak")
    daemon.__enter__()
    try:
        assert ask(daemon.socket, "alice", password) == b"NO"
        assert password.encode() in passwords
        with pytest.raises(AssertionError, match=where) if where else contextlib.nullcontext():
            daemon.__exit__(None, None, None)
    finally:
        daemon.stop()
