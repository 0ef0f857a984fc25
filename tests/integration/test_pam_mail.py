# SPDX-License-Identifier: BSD-2-Clause
"""Postfix and Cyrus IMAP users in /etc/passwd and /etc/shadow, asked for through PAM."""
import mail
import pytest
from conftest import by_name
from host import AS_ROOT, UNIX, Host, missing

pytestmark = [pytest.mark.skipif(not AS_ROOT, reason="only root can start Postfix and Cyrus IMAP"),
              pytest.mark.skipif(missing() is not None, reason=str(missing()))]

FAILED = "pam_authenticate: authentication failure"

# what it is, user and password as typed, our reason (None: it is right)
LOGINS = [
    ("a good login", "alice", "secret", None),
    ("a wrong password", "alice", "wrong", FAILED),
    ("an unknown user", "mallory", "secret", "pam_authenticate: no such user"),
    ("realm typed, and not used", "alice@example.org", "secret", None),
    ("realm typed, wrong password", "alice@example.org", "wrong", FAILED),
    ("200 bytes of password", "bob", "b" * 200, None),
    ("199 of 200", "bob", "b" * 199, FAILED),
    ("UTF-8 password", "dora", "Grüße, 日本語 €", None),
    ("a locked account", "locked", "secret", FAILED),
    ("an expired account", "expired", "secret", "pam_acct_mgmt: the account has expired"),
    ("a password that must be changed", "mustchange", "secret", "pam_acct_mgmt: the password must be changed first"),
]


@pytest.fixture(name="host", scope="module")
def make_host(place):
    host = Host(place)
    host.service("imap", UNIX)
    host.service("smtp", UNIX)
    return host


@pytest.fixture(name="shared", scope="module")
def make_shared(host):
    with host.daemon() as daemon:
        yield daemon


def reason_of(daemon):
    """Of the last login in the log, None for a success."""
    line = [line for line in daemon.log().splitlines() if "do_auth" in line][-1]
    return daemon.last_reason().split(";")[0] if "auth failure" in line else None


@pytest.mark.parametrize("ask", [mail.smtp_plain, mail.smtp_login])
@pytest.mark.parametrize("user, password, reason", by_name(LOGINS))
def test_postfix(shared, postfix, ask, user, password, reason):
    code, text = ask(postfix.ports[""], user, password)
    assert code == (535 if reason else 235), (text, shared.log())
    assert reason_of(shared) == reason


@pytest.mark.parametrize("ask", [mail.imap_login, mail.imap_plain])
@pytest.mark.parametrize("user, password, reason", by_name(LOGINS))
def test_cyrus_imap(shared, cyrus_imap, ask, user, password, reason):
    if "@" in user:
        user = user.partition("@")[0] + "@vmA"  # a realm that the server takes (loginrealms)
    state, text = ask(cyrus_imap.port, user, password)
    assert state == ("NO" if reason else "OK"), (text, shared.log())
    assert reason_of(shared) == reason


def test_upgrade_disaster(shared, host, postfix):
    """A distribution's upgrade deletes the service file: the very next failure names it, and once it is back, users log
    in again."""
    port = postfix.ports[""]
    assert mail.smtp_plain(port, "alice", "secret")[0] == 235
    (host.services / "smtp").unlink()
    assert mail.smtp_plain(port, "alice", "secret")[0] == 535
    assert reason_of(shared) == 'no /etc/pam.d/smtp: PAM used "other"'
    host.service("smtp", UNIX)
    assert mail.smtp_plain(port, "alice", "secret")[0] == 235
