# SPDX-License-Identifier: BSD-2-Clause
"""Postfix and Cyrus IMAP ask us: what their users are told, and that it was our daemon that they asked."""
import re
import socket

import mail
import pytest
from conftest import by_name
from daemon import Daemon

BOB, DORA = "b" * 200, "Grüße, 日本語 €"
DECOMPOSED = "Gru\u0308ße, 日本語 €"

# what it is, smtpd_sasl_local_domain, user and password as typed, realm and reason (None: it is right) in our log
POSTFIX = [
    ("a good login", "vmA", "alice", "secretA", "vmA", None),
    ("a wrong password", "vmA", "alice", "wrong", "vmA", "wrong password"),
    ("the host's password", "vmA", "alice", "secretH", "vmA", "wrong password"),
    ("an unknown user", "vmA", "mallory", "secretA", "vmA", "no such user in realm vmA"),
    ("no realm is the host's name", "", "alice", "secretH", "", None),
    ("no realm, wrong password", "", "alice", "secretA", "", "wrong password"),
    ("realm typed", "", "alice@vmA", "secretA", "vmA", None),
    ("realm typed wins", "vmA", "alice@vmB", "secretB", "vmB", None),
    ("realm typed, the other's password", "vmA", "alice@vmB", "secretA", "vmB", "wrong password"),
    ("an unknown realm typed", "vmA", "alice@vmC", "secretA", "vmC", "no such user in realm vmC"),
    ("200 bytes of password", "vmA", "bob", BOB, "vmA", None),
    ("199 of 200", "vmA", "bob", BOB[:-1], "vmA", "wrong password"),
    ("UTF-8 password", "vmA", "dora", DORA, "vmA", None),
    ("UTF-8 password, decomposed", "vmA", "dora", DECOMPOSED, "vmA", "wrong password"),
    ("UTF-8 login", "vmA", "jürgen", "umlaut", "vmA", None),
]

# what it is, user and password as typed, realm and reason in our log
CYRUS_IMAP = [
    ("a good login", "alice", "secretH", "", None),
    ("a wrong password", "alice", "wrong", "", "wrong password"),
    ("a realm's password", "alice", "secretA", "", "wrong password"),
    ("an unknown user", "mallory", "secretH", "", f"no such user in realm {socket.gethostname()}"),
    ("realm typed", "alice@vmA", "secretA", "vmA", None),
    ("another realm typed", "alice@vmB", "secretB", "vmB", None),
    ("realm typed, the other's password", "alice@vmB", "secretA", "vmB", "wrong password"),
    ("realm typed, an unknown user", "mallory@vmA", "secretA", "vmA", "no such user in realm vmA"),
    ("an unknown realm typed", "alice@vmC", "secretA", "vmC", "no such user in realm vmC"),
    ("200 bytes of password", "bob@vmA", BOB, "vmA", None),
    ("199 of 200", "bob@vmA", BOB[:-1], "vmA", "wrong password"),
    ("UTF-8 password", "dora@vmA", DORA, "vmA", None),
    ("UTF-8 password, decomposed", "dora@vmA", DECOMPOSED, "vmA", "wrong password"),
]


@pytest.fixture(name="shared", scope="module")
def make_shared(place, pristine):
    with Daemon(place / "run", pristine) as daemon:
        yield daemon


def logins(daemon):
    """What the daemon logged about each login."""
    return re.findall(r"(auth (?:success|failure): .*)", daemon.log())


def log_line(typed, service, realm, reason):
    where = f"[user={typed.partition('@')[0]}] [service={service}] [realm={realm}] [mech=sasldb]"
    result = "UNKNOWN" if reason and reason.startswith("no such user") else "MISMATCH"
    return f"auth success: {where}" if reason is None else f"auth failure: {where} [reason={reason}] [result={result}]"


@pytest.mark.parametrize("ask", [mail.smtp_plain, mail.smtp_login])
@pytest.mark.parametrize("local, user, password, realm, reason", by_name(POSTFIX))
def test_postfix(shared, postfix, ask, local, user, password, realm, reason):
    before = logins(shared)
    code, text = ask(postfix.ports[local], user, password)
    assert code == (535 if reason else 235), (text, postfix.log())
    assert logins(shared) == [*before, log_line(user, "smtp", realm, reason)]


@pytest.mark.parametrize("ask", [mail.imap_login, mail.imap_plain])
@pytest.mark.parametrize("user, password, realm, reason", by_name(CYRUS_IMAP))
def test_cyrus_imap(shared, cyrus_imap, ask, user, password, realm, reason):
    before = logins(shared)
    state, text = ask(cyrus_imap.port, user, password)
    assert state == ("NO" if reason else "OK"), (text, cyrus_imap.log())
    assert reason is None or b"authentication failure" in text, text
    assert logins(shared) == [*before, log_line(user, "imap", realm, reason)]


@pytest.mark.parametrize("ask", [mail.smtp_plain, mail.smtp_login])
def test_postfix_while_the_daemon_is_away(directory, database, ask):
    """Its users are told to try again later, not that their password is wrong; and once we are back, they can."""
    daemon = Daemon(directory / "run", database)
    with mail.start(mail.Postfix, directory / "postfix", daemon.socket) as server:
        port = server.ports["vmA"]
        with daemon:
            assert ask(port, "alice", "secretA")[0] == 235, server.log()
        assert ask(port, "alice", "secretA")[0] == 454, server.log()
        with daemon:
            assert ask(port, "alice", "secretA")[0] == 235, server.log()


@pytest.mark.parametrize("ask", [mail.imap_login, mail.imap_plain])
def test_cyrus_imap_while_the_daemon_is_away(directory, database, ask):
    """IMAP has no other answer than NO; its text tells the two apart."""
    daemon = Daemon(directory / "run", database)
    with mail.start(mail.CyrusImap, directory / "imap", daemon.socket) as server:
        with daemon:
            assert ask(server.port, "alice", "secretH")[0] == "OK", server.log()
        state, text = ask(server.port, "alice", "secretH")
        assert state == "NO" and b"generic failure" in text, (text, server.log())
        with daemon:
            assert ask(server.port, "alice", "secretH")[0] == "OK", server.log()
