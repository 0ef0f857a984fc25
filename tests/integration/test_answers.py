# SPDX-License-Identifier: BSD-2-Clause
"""The right answer to every client for a table of logins, through real libsasl2, testsaslauthd and ours."""
import client
import pytest

CLIENTS = {
    "libsasl2": client.checkpass,  # splits the user at its last "@", and strips blanks
    "testsaslauthd": client.testsaslauthd,  # sends what it is given
    "saslward test": client.saslward_test,
    "raw": lambda path, user, password, service, realm: client.is_ok(
        client.ask(path, user, password, service, realm)),
}

BOB, CAROL = "b" * 200, "c" * 4096

# what it is, user, realm, password, libsasl2's answer, the answer of those who do not split
TABLE = [
    ("a good login", "alice", "vmA", "secretA", True, True),
    ("another realm", "alice", "vmB", "secretB", True, True),
    ("the other realm's password", "alice", "vmB", "secretA", False, False),
    ("a wrong password", "alice", "vmA", "wrong", False, False),
    ("a password's beginning", "alice", "vmA", "secret", False, False),
    ("a password and more", "alice", "vmA", "secretAA", False, False),
    ("a password in other case", "alice", "vmA", "SECRETA", False, False),
    ("no realm is the host's name", "alice", "", "secretH", True, True),
    ("no realm, wrong password", "alice", "", "secretA", False, False),
    ("an unknown user", "mallory", "vmA", "secretA", False, False),
    ("a user in other case", "ALICE", "vmA", "secretA", False, False),
    ("an unknown realm", "alice", "vmC", "secretA", False, False),
    ("a realm in other case", "alice", "VMA", "secretA", False, False),
    ("realm typed", "alice@vmA", "", "secretA", True, False),
    ("realm typed wins for libsasl2 only", "alice@vmA", "vmB", "secretA", True, False),
    ("realm typed, the other's password", "alice@vmA", "vmB", "secretB", False, False),
    ("realm and an @ typed", "alice@vmA@", "", "secretA", False, False),
    ("realm and an @ typed, host's password", "alice@vmA@", "", "secretH", False, False),
    ("realm and an @ typed, realm given", "alice@vmA@", "vmB", "secretA", False, False),
    ("two realms typed", "alice@vmA@vmB", "", "secretA", False, False),
    ("two realms typed, the last's password", "alice@vmA@vmB", "", "secretB", False, False),
    ("two @ typed", "a@b@vmA", "", "secretA", False, False),
    ("only a realm typed", "@vmA", "", "secretA", False, False),
    ("only an @ typed", "@", "", "secretA", False, False),
    ("blank before the @", "eve @x", "", "eve-x", False, False),
    ("blank behind", "eve ", "x", "eve-x", None, False),
    ("blank in front", " eve", "x", "eve-x", None, False),
    ("tab behind", "eve\t", "x", "eve-x", None, False),
    ("blank behind the realm", "eve", "x ", "eve-x", None, False),
    ("no blanks", "eve", "x", "eve-x", True, True),
    ("200 bytes of password", "bob", "vmA", BOB, True, True),
    ("199 of 200", "bob", "vmA", BOB[:-1], False, False),
    ("128 of 200", "bob", "vmA", BOB[:128], False, False),
    ("4096 bytes of password", "carol", "vmA", CAROL, True, True),
    ("4095 of 4096", "carol", "vmA", CAROL[:-1], False, False),
    ("4096 bytes, the last wrong", "carol", "vmA", CAROL[:-1] + "C", False, False),
    ("UTF-8 password", "dora", "vmA", "Grüße, 日本語 €", True, True),
    ("UTF-8 password, decomposed", "dora", "vmA", "Gru\u0308ße, 日本語 €", False, False),
    ("UTF-8 login", "jürgen", "vmA", "umlaut", True, True),
    ("UTF-8 login, decomposed", "ju\u0308rgen", "vmA", "umlaut", False, False),
    ("fullwidth letters", "ａｌｉｃｅ", "vmA", "secretA", False, False),
    ("200 bytes of login", "long" * 50, "vmA", "longname", True, True),
    ("one byte each", "f", "r", "1", True, True),
    ("login with a bracket", "alice]", "vmA", "secretA", False, False),
    ("login with a percent sign", "%u", "vmA", "secretA", False, False),
]

CASES = [
    pytest.param(CLIENTS[name], user, realm, password, expected, id=f"{what}-{name}")
    for what, user, realm, password, libsasl2, others in TABLE
    for name, expected in ((n, libsasl2 if n == "libsasl2" else others) for n in CLIENTS)
    if expected is not None  # libsasl2 strips those blanks itself, before it asks
]


def test_table_is_large():
    assert len(TABLE) >= 30


@pytest.fixture(name="shared", scope="module")
def make_shared(pristine, tmp_path_factory):
    """One daemon for the whole table: a case must not depend on the one before."""
    import tempfile

    from daemon import Daemon
    with tempfile.TemporaryDirectory(prefix="swt") as path, Daemon(path + "/run", pristine) as daemon:
        yield daemon


@pytest.mark.parametrize("ask, user, realm, password, expected", CASES)
def test_answer(shared, ask, user, realm, password, expected):
    assert ask(shared.socket, user, password, "spice", realm) is expected


@pytest.mark.parametrize("fifth, expected", [
    ("192.0.2.1;4711", True),
    ("2001:db8::1;4711", True),
    ("", True),
    ("x" * 200, True),  # no address: as if it had not been sent
    ("1.2.3.4\n", False),
])
def test_fifth_field(shared, fifth, expected):
    assert client.is_ok(client.ask(shared.socket, "alice", "secretA", "smtp", "vmA", fifth)) is expected


def test_fifth_field_is_in_the_log(daemon):
    client.ask(daemon.socket, "alice", "wrong", "smtp", "vmA", "192.0.2.1;4711")
    assert "[reason=wrong password] [remote=192.0.2.1;4711]" in daemon.log()


@pytest.mark.parametrize("service", ["spice", "vnc", "imap", "smtp", "", "a b", "Ünicode"])
def test_service_makes_no_difference(shared, service):
    assert client.is_ok(client.ask(shared.socket, "alice", "secretA", service, "vmA"))


def test_texts_for_empty_fields(shared):
    assert client.ask(shared.socket, "", "secretA", "imap", "vmA") == b"NO NULL login received"
    assert client.ask(shared.socket, "alice", "", "imap", "vmA") == b"NO NULL password received"


def test_the_log_tells_unknown_from_wrong(daemon):
    client.ask(daemon.socket, "alice", "wrong", "imap", "vmA")
    assert daemon.last_reason() == "wrong password"
    client.ask(daemon.socket, "mallory", "wrong", "imap", "vmA")
    assert daemon.last_reason() == "no such user in realm vmA"


def test_appended_realm(directory, database):
    """-r hands over login@realm, which is no key of a sasldb: refused, as saslauthd does."""
    from daemon import Daemon
    with Daemon(directory / "run", database, "-r") as daemon:
        assert not client.is_ok(client.ask(daemon.socket, "alice", "secretA", "imap", "vmA"))
        assert "[user=alice@vmA] [service=imap] [realm=vmA]" in daemon.log()
        assert client.is_ok(client.ask(daemon.socket, "alice", "secretH"))
