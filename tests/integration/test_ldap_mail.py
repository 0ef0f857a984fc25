# SPDX-License-Identifier: BSD-2-Clause
"""A dead directory server below real Postfix and libsasl2: "try again later" instead of "wrong password", and no descriptor
that is left open in them."""
import contextlib
import os

import ldif
import mail
import pytest
from client import run, to_bytes
from daemon import CHECKPASS, SLOW, Daemon, wait_for
from slapd import Slapd

LOGINS = 50
CONFIG = """\
backend corp ldap ldap_servers={url} ldap_search_base="{people}" workers=1
permit service=smtp with=corp unavailable=temporary
permit service=imap with=corp
"""


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database):
    with Slapd(place / "slapd", ldap_database) as server:
        yield server


@pytest.fixture(name="shared", scope="module")
def make_shared(place, server):
    config = CONFIG.format(url=server.url, people=ldif.PEOPLE)
    with Daemon(place / "run", config=config, ready=["identity", "corp"]) as daemon:
        yield daemon


@pytest.fixture(name="dead")
def make_dead(server):
    server.kill()
    yield
    server.start()


def answer(postfix, password="alice's"):
    code, text = mail.smtp_plain(postfix.ports[""], "alice", password)
    return code, text.decode()


def descriptors(postfix):
    """How many each smtpd has open; Postfix may replace one meanwhile."""
    counts = []
    for pid in mail.group_members(postfix.process.pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "smtpd":
                counts.append(len(os.listdir(f"/proc/{pid}/fd")))
    return counts


def test_postfix(server, shared, postfix):
    """Before, while and after the server is dead; a wrong password stays one."""
    assert answer(postfix)[0] == 235, shared.log()
    assert answer(postfix, "wrong")[0] == 535
    server.kill()
    try:
        code, text = answer(postfix)
        assert (code, "4.7.0" in text) == (454, True), (text, shared.log())
    finally:
        server.start()
    wait_for(lambda: answer(postfix)[0] == 235, "Postfix to let alice in again", 5 * SLOW)
    assert answer(postfix, "wrong")[0] == 535


def test_postfix_leaks_nothing(dead, postfix):
    del dead
    for _ in range(3):  # until it has everything open that it keeps
        assert answer(postfix)[0] == 454
    before = max(descriptors(postfix))
    for _ in range(LOGINS):
        assert answer(postfix)[0] == 454
    wait_for(lambda: max(descriptors(postfix)) <= before,  # an smtpd may not have closed the last client's yet
             f"each smtpd to have at most {before} descriptors open again", 5 * SLOW)


@pytest.mark.parametrize("service, code", [("smtp", b"-1"), ("imap", b"-13")])
def test_libsasl_leaks_nothing(dead, shared, service, code):
    """SASL_FAIL is "temporary", SASL_BADAUTH is "wrong password"."""
    del dead
    done = run(str(CHECKPASS), str(shared.socket), service, "", "alice", str(LOGINS), data=to_bytes("alice's"))
    assert done.stdout.split()[:2] == [code, b"0"]
