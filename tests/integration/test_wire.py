# SPDX-License-Identifier: BSD-2-Clause
"""What may arrive on the mux: split, late, too long, cut, never. Each gets one complete reply, and the next login works."""
import os
import signal
import struct
import time

import pytest
from client import Raw, ask, counted, is_ok, request
from daemon import PATIENCE, Daemon, wait_for

GOOD = request("alice", "secretA", "imap", "vmA")


@pytest.fixture(name="still_serves", autouse=True)
def check_still_serves(daemon):
    yield
    assert is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA"))


@pytest.mark.parametrize("field, name", enumerate(["login", "password", "service", "realm"]))
@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1024, 1025, 4096, 4097, 8162, 65535])
def test_field_sizes(daemon, field, name, size):
    fields = [b"alice", b"secretA", b"imap", b"vmA"]
    fields[field] = b"x" * size
    reply = ask(daemon.socket, *fields)
    if size > (4096 if name == "password" else 1024):
        assert reply == f"NO {name} too long".encode()
    elif size == 0 and name in ("login", "password"):
        assert reply == f"NO NULL {name} received".encode()
    else:
        assert reply == (b"OK" if name == "service" else b"NO")


@pytest.mark.parametrize("field, name", enumerate(["login", "password", "service", "realm"]))
@pytest.mark.parametrize("byte", [0, 1, 9, 10, 13, 27, 31, 127])
@pytest.mark.parametrize("place", ["front", "middle", "end"])
def test_control_bytes(daemon, field, name, byte, place):
    fields = [b"alice", b"secretA", b"imap", b"vmA"]
    at = {"front": 0, "middle": 2, "end": len(fields[field])}[place]
    fields[field] = fields[field][:at] + bytes([byte]) + fields[field][at:]
    reply = ask(daemon.socket, *fields)
    if name == "password":
        assert reply == (b"NO NUL in password" if byte == 0 else b"NO")
    else:
        assert reply == f"NO control byte in {name}".encode()


@pytest.mark.parametrize("fields", [
    ("alice ", "secretA", "imap", "vmA"), (" alice", "secretA", "imap", "vmA"),
    ("alice", "secretA", "imap ", "vmA"), ("alice", "secretA", " imap", "vmA"),
    ("alice", "secretA", "imap", "vmA "), ("alice", "secretA", "imap", " vmA"), ("  ", "secretA", "imap", "vmA"),
])
def test_blanks(daemon, fields):
    assert ask(daemon.socket, *fields) == b"NO blank in name"
    assert daemon.last_reason() == "blank in name"


def test_nul_does_not_cut(daemon):
    assert ask(daemon.socket, "alice", "secretA\0junk", "imap", "vmA") == b"NO NUL in password"


@pytest.mark.parametrize("at", range(1, len(GOOD)))
def test_split_in_two(daemon, at):
    with Raw(daemon.socket) as raw:
        raw.send(GOOD[:at])
        assert raw.send(GOOD[at:]).reply() == b"OK"


def test_byte_by_byte(daemon):
    with Raw(daemon.socket) as raw:
        for i in range(len(GOOD)):
            raw.send(GOOD[i:i + 1])
        assert raw.reply() == b"OK"


def test_field_by_field_as_exim(daemon):
    with Raw(daemon.socket) as raw:
        for field in ("alice", "secretA", "imap", "vmA"):
            raw.send(counted(field))
        assert raw.reply() == b"OK"


@pytest.mark.parametrize("size", range(480, 530))
def test_around_the_first_buffer(daemon, size):
    """A fifth field whose bytes are there is not missed, wherever a read may end."""
    fields = ("alice", "x" * size, "imap", "vmA", "192.0.2.7;99")
    assert ask(daemon.socket, *fields) == b"NO"
    assert "[remote=192.0.2.7;99]" in daemon.log()


@pytest.mark.parametrize("at", range(len(GOOD)))
@pytest.mark.parametrize("how", ["half", "full"])
def test_cut(daemon, at, how):
    with Raw(daemon.socket) as raw:
        raw.send(GOOD[:at])
        if how == "half":
            assert raw.end().reply()[:2] == b"NO"


@pytest.mark.skipif(os.geteuid() != 0, reason="the front's descriptors are not ours to see")
def test_cut_in_one_event(daemon):
    """The bytes and the end come while the front is elsewhere: it hears of both at once."""
    front = daemon.front()
    before = len(os.listdir(f"/proc/{front}/fd"))
    with Raw(daemon.socket) as raw:
        wait_for(lambda: len(os.listdir(f"/proc/{front}/fd")) > before, "the connection to be accepted")
        os.kill(front, signal.SIGSTOP)
        raw.send(b"\0").end()
        os.kill(front, signal.SIGCONT)
        assert raw.reply() == b"NO request cut short"


def test_half_closed_behind_a_whole_request(daemon):
    with Raw(daemon.socket) as raw:
        assert raw.send(GOOD).end().reply() == b"OK"


@pytest.mark.parametrize("rest", [b"\0", b"\0\x05", b"\0\x05abcd", b"\xff\xff", b"\xff\xffabc", b"x" * 65536])
def test_behind_the_request(daemon, rest):
    """Not a whole fifth field: not waited for, read away, and the reply arrives."""
    with Raw(daemon.socket) as raw:
        assert raw.send(GOOD + rest).reply() == b"OK"


@pytest.mark.parametrize("rest", [counted("1.2.3.4;5"), b"\0", b"junk" * 1000])
def test_late_fifth_field(daemon, rest):
    with Raw(daemon.socket) as raw:
        raw.send(GOOD)
        assert raw.receive(4) == b"\0\x02OK"
        raw.send(rest)  # no EPIPE: the server is still there
        assert raw.socket.recv(1) == b""


def test_late_fifth_field_before_reading(daemon):
    with Raw(daemon.socket) as raw:
        raw.send(GOOD)
        daemon.wait_log("auth success")
        raw.send(counted("1.2.3.4;5"))
        assert raw.reply() == b"OK"


def test_never_reads_never_closes(daemon):
    """It is dropped after a while, and nobody else notices."""
    with Raw(daemon.socket) as raw:
        raw.send(GOOD)
        assert is_ok(ask(daemon.socket, "alice", "secretA", "imap", "vmA"))
        assert raw.reply() == b"OK"  # still complete
        before = time.monotonic()
        while time.monotonic() - before < PATIENCE:  # until the server has closed: then writing fails
            try:
                raw.send(b"x")
            except (BrokenPipeError, ConnectionResetError):
                return
        raise AssertionError("the connection is kept for ever")


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\x05ali", GOOD[:-1]])
def test_silence(directory, database, data):
    with Daemon(directory / "other", database, read_deadline=0.3) as daemon, Raw(daemon.socket) as raw:
        assert raw.send(data).reply() == b"NO request not complete within the deadline"
        daemon.wait_log("request not complete within the deadline")


def test_dripping(directory, database):
    """The deadline is for the request, not for the next byte."""
    with Daemon(directory / "other", database, read_deadline=0.3) as daemon, Raw(daemon.socket) as raw:
        raw.socket.settimeout(0.05)
        data = request("a" * 1000, "b" * 4000)
        for i in range(len(data)):
            raw.send(data[i:i + 1])
            try:
                assert raw.socket.recv(2) == struct.pack(">H", len("NO request not complete within the deadline"))
                break
            except TimeoutError:
                pass
        else:
            raise AssertionError("still waiting")


def test_flood_behind_a_refusal(daemon):
    """A refusal that comes while the client is still writing must not be lost."""
    with Raw(daemon.socket) as raw:
        assert raw.send(counted("x" * 65535, "y" * 65535, "z" * 65535, "r" * 65535)).reply() == b"NO login too long"
