# SPDX-License-Identifier: BSD-2-Clause
"""The directory server that other tests ask: what it says by itself, that it can hang and die, and its replica."""
import contextlib
import subprocess

import ldif
import pytest
from conftest import by_name
from daemon import PATIENCE, wait_for
from slapd import LDAPWHOAMI, BlackHole, Slapd

# what it is, login, password, what ldapwhoami says with a policy's control
BINDS = [
    ("salted hash", "user3", "secret 3", "dn:uid=user3"),
    ("crypt", "user1", "secret 1", "dn:uid=user1"),
    ("clear", "user2", "secret 2", "dn:uid=user2"),
    ("the last", "user1000", "secret 1000", "dn:uid=user1000"),
    ("wrong", "user2", "secret 3", "Invalid credentials"),
    ("200 bytes", "long", ldif.LONG, "dn:uid=long"),
    ("127 of them", "long", ldif.LONG[:127], "Invalid credentials"),
    ("UTF-8", "dora", ldif.DORA, "dn:uid=dora"),
    ("locked", "locked", "locked's", "Account locked"),
    ("expired", "expired", "expired's", "Password expired"),
    ("grace", "grace", "grace's", "grace logins remain"),
    ("must change", "mustchange", "mustchange's", "Password must be changed"),
    *((f"odd {login}", login, f"odd {login}", "dn:uid=") for login in ldif.ODD),
]


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database, ldap_certificates):
    with Slapd(place / "slapd", ldap_database, ldap_certificates) as server:
        yield server


def start_whoami(url, login, *options, environment=None):
    """ldapwhoami, which reads the password of a simple bind from a pipe."""
    command = ["sh", "-c", 'exec "$@" -y /dev/fd/3 3<&0', "sh", LDAPWHOAMI, "-x", "-H", url, "-D", ldif.user_dn(login),
               "-e", "ppolicy", *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env={"PATH": "/usr/bin:/bin", **(environment or {})})


def whoami(url, login, password, *options, environment=None):
    """What it prints."""
    with start_whoami(url, login, *options, environment=environment) as process:
        try:
            return process.communicate(password.encode(), timeout=PATIENCE)[0].decode()
        finally:
            process.kill()


@contextlib.contextmanager
def hanging_whoami(url, login, password):
    """One that is to have no answer, for half a second from the block's end on."""
    with start_whoami(url, login) as process:
        try:
            process.stdin.write(password.encode())
            process.stdin.close()
            yield
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
        finally:
            process.kill()


@pytest.mark.parametrize("login, password, expected", by_name(BINDS))
def test_binds(server, login, password, expected):
    assert expected in whoami(server.url, login, password)


@pytest.mark.parametrize("start_tls", [False, True])
def test_tls(server, ldap_certificates, start_tls):
    url, options = (server.url, ["-ZZ"]) if start_tls else (server.tls_url, [])
    trusting = {"LDAPTLS_CACERT": ldap_certificates.path("ca")}
    assert "dn:" in whoami(url, "alice", "alice's", *options, environment=trusting)
    assert "dn:" not in whoami(url, "alice", "alice's", *options)


def test_client_certificates(directory, ldap_database, ldap_certificates):
    trusting = {"LDAPTLS_CACERT": ldap_certificates.path("ca")}
    ours = {"LDAPTLS_CERT": ldap_certificates.path("client"), "LDAPTLS_KEY": ldap_certificates.key("client")}
    with Slapd(directory / "slapd", ldap_database, ldap_certificates, clients="demand") as server:
        assert "dn:" in whoami(server.tls_url, "alice", "alice's", environment={**trusting, **ours})
        assert "dn:" not in whoami(server.tls_url, "alice", "alice's", environment=trusting)


def test_counts(directory, ldap_database):
    with Slapd(directory / "slapd", ldap_database) as server:
        whoami(server.url, "alice", "alice's")
        whoami(server.url, "alice", "wrong")
        whoami(server.url, "bob", "bob's")
        assert server.connections() == 3
        assert server.binds() == [ldif.user_dn(login) for login in ("alice", "alice", "bob")]
        assert server.binds(ldif.user_dn("alice")) == 2


def test_replica(directory, ldap_database):
    with Slapd(directory / "first", ldap_database) as first, \
            Slapd(directory / "second", ldap_database, master=first, level="stats,args,sync") as second:
        first.add_member("vm-vmB", "alice")
        second.wait_replicated()
        assert ldif.user_dn("alice") in second.read(f"cn=vm-vmB,{ldif.GROUPS}")
        first.kill()
        assert "dn:" in whoami(second.url, "alice", "alice's")
        assert "Can't contact" in whoami(first.url, "alice", "alice's")
        first.start()
        first.remove_member("vm-vmB", "alice")
        second.wait_replicated()
        assert ldif.user_dn("alice") not in second.read(f"cn=vm-vmB,{ldif.GROUPS}")


def test_frozen(server):
    with server.frozen(), hanging_whoami(server.url, "alice", "alice's"):
        pass
    assert "dn:" in whoami(server.url, "alice", "alice's")


@pytest.mark.parametrize("full", [False, True])
def test_black_hole(full):
    with BlackHole(full) as hole:
        with hanging_whoami(hole.url, "alice", "alice's"):
            wait_for(lambda: hole.connections() == 1, "its connection")
