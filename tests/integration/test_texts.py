# SPDX-License-Identifier: BSD-2-Clause
"""saslward-troubleshooting(7) is looked up by the texts of others: that they stand there, as real programs write them."""
import contextlib
import re
import shutil
import socket
import struct
import subprocess

import mail
import manual
import pytest
import qemu
from client import ask
from daemon import PATIENCE, wait_for
from saslauthd import Saslauthd

HEADINGS = re.findall("^## (.*)$", manual.source("saslward-troubleshooting.7"), re.M)
# What people paste into a search box.
PASTED = [
    "cannot connect to saslauthd server: No such file or directory",
    "cannot connect to saslauthd server: Permission denied",
    "cannot connect to saslauthd server: Connection refused",
    "connect() : No such file or directory",
    "connect() : Permission denied",
    "454 4.7.0 Temporary authentication failure",
    "generic failure",
    "no mechanism available",
    "sasl context setup failed -7 (invalid parameter supplied)",
    "[reason=PAM auth error]",
    "Could not open /etc/sasldb2",
]
MAIN_CHANNEL, COMMON_CAPABILITIES, SASL = 1, 0b1101, 2  # spice/protocol.h


def is_heading(text):
    return any(text in heading for heading in HEADINGS)


@pytest.mark.parametrize("text", PASTED)
def test_a_text_is_a_heading(text):
    assert is_heading(text)


def prepare(directory, what):
    """A mux that nobody can ask."""
    mux = directory / "run/mux"
    mux.parent.mkdir()
    if what != "No such file or directory":
        with socket.socket(socket.AF_UNIX) as listener:  # it stays when nobody listens any more
            listener.bind(str(mux))
        mux.chmod(0o666)
    mux.parent.chmod(0o700 if what == "Permission denied" else 0o755)
    return mux


@pytest.mark.parametrize("what", ["No such file or directory", "Permission denied", "Connection refused"])
def test_postfix(directory, what):
    with mail.start(mail.Postfix, directory / "postfix", prepare(directory, what)) as postfix:
        code, text = mail.smtp_plain(postfix.ports["vmA"], "alice", "secretA")
        shown = f"{code} {text.decode()}"
        wait_for(lambda: f"cannot connect to saslauthd server: {what}" in postfix.log(), "the reason in the mail log")
        assert any(shown.startswith(heading) for heading in HEADINGS), shown


def test_postfix_without_the_mechanism(directory):
    with mail.start(mail.Postfix, directory / "postfix", prepare(directory, "")) as postfix:
        with mail.smtp_session(postfix.ports["vmA"]) as smtp:
            assert b"no mechanism available" in smtp.docmd("AUTH", "CRAM-MD5")[1]


@pytest.mark.parametrize("what", ["No such file or directory", "Permission denied"])
def test_testsaslauthd(directory, what):
    """Cyrus's own."""
    program = shutil.which("testsaslauthd", path=mail.SYSTEM_PATH)
    if not program:
        pytest.skip("testsaslauthd (sasl2-bin) is not installed; ./check installs it")
    done = subprocess.run([*qemu.as_uid(qemu.UID), program, "-u", "alice", "-p", "secretA", "-f", prepare(directory, what)],
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert f"connect() : {what}" in done.stdout + done.stderr


def test_saslauthd_with_pam(directory):
    """Cyrus's own. PAM's answer comes when it likes, and NO in any case."""
    with Saslauthd(directory / "run", "", mechanism="pam") as saslauthd:
        assert ask(saslauthd.socket, "nobody.here", "secretA", "saslwardtest", "")[:2] == b"NO"
        assert "[reason=PAM auth error]" in (directory / "run/log").read_text()


def test_a_console_at_a_unix_socket(directory):
    """QEMU asks libsasl2 for addresses that there are none of."""
    qemu.require()
    path, sasl, log = (directory / name for name in ("spice", "sasl", "log"))
    qemu.configure_sasl(sasl, directory / "mux")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [qemu.QEMU, "-S", "-display", "none", "-nodefaults", "-machine", "none", "-vga", "none",
             "-spice", f"unix=on,addr={path},sasl=on"], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env={"PATH": mail.SYSTEM_PATH, "SASL_CONF_PATH": str(sasl)})
    try:
        with socket.socket(socket.AF_UNIX) as viewer, viewer.makefile("rb") as answers:
            viewer.settimeout(PATIENCE)
            wait_for(lambda: viewer.connect_ex(str(path)) == 0 or process.poll() is not None, "QEMU")
            hello = struct.pack("<IBBIIII", 0, MAIN_CHANNEL, 0, 1, 0, 18, COMMON_CAPABILITIES)
            viewer.sendall(b"REDQ" + struct.pack("<III", 2, 2, len(hello)) + hello)
            answers.read(struct.unpack("<4sIII", answers.read(16))[3])
            viewer.sendall(struct.pack("<I", SASL))
            with contextlib.suppress(OSError):
                answers.read()
        wait_for(lambda: "sasl context setup failed -7 (invalid parameter supplied)" in log.read_text(), f"what QEMU says: {log.read_text()}")
    finally:
        process.kill()
        process.wait(PATIENCE)
