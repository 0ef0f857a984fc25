# SPDX-License-Identifier: BSD-2-Clause
"""The same saslauthd.conf and logins with saslauthd -a ldap and with saslwardd -a ldap, on the same servers."""
import os
import re
import subprocess
import time

import ldap_table
import ldif
import pytest
from client import ask, is_ok
from conftest import by_name
from daemon import PATIENCE, SASLWARDD, SLOW, Daemon, in_time
from ports import reserve_port
from saslauthd import Saslauthd
from slapd import BlackHole, Slapd

SERVERS = {"plain": {}, "tls": {"certificate": "right"}, "wrong": {"certificate": "wrong"},
           "stranger": {"certificate": "stranger"}, "demanding": {"certificate": "right", "clients": "demand"}}


def has_ldap():
    version = subprocess.run([SASLWARDD, "-v"], capture_output=True, timeout=PATIENCE, check=False)
    return b"ldap" in version.stdout + version.stderr


needs_ldap = pytest.mark.skipif(not has_ldap(), reason="this saslwardd has no mechanism ldap yet")


class Places:
    """What the configurations name: servers, which are started when they are first asked for, and files."""

    def __init__(self, directory, database, certificates):
        self.directory, self.database, self.certificates = directory, database, certificates
        self.holder = reserve_port()  # nobody listens there
        self.servers = {}

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.holder.close()
        for server in self.servers.values():
            server.__exit__(*details)

    def server(self, name):
        if name not in self.servers:
            certificates = None if name == "plain" else self.certificates
            self.servers[name] = Slapd(self.directory / name, self.database, certificates, **SERVERS[name]).__enter__()
            self.add_referral(self.servers[name])
        return self.servers[name]

    @staticmethod
    def add_referral(server):
        away = f"ou=away,{ldif.BASE}"
        server.add(away, objectClass="organizationalUnit", ou="away")
        server.add(f"ou=people,{away}", objectClass=["referral", "extensibleObject"], ou="people",
                   ref=f"{server.url}{ldif.PEOPLE}")

    def names(self, name):
        server, files = self.server(name), self.certificates
        return {"url": server.url, "tls_url": server.tls_url if server.tls_port else "", "local_url": server.local_url,
                "ca": files.path("ca"),
                "dead": f"ldap://127.0.0.1:{self.holder.getsockname()[1]}/", "trusted": files.trusted,
                "client_certificate": files.path("client"), "client_key": files.key("client")}


@pytest.fixture(name="places", scope="module")
def make_places(place, ldap_database, ldap_certificates):
    with Places(place, ldap_database, ldap_certificates) as places:
        yield places


def write(directory, text):
    path = directory / "saslauthd.conf"
    path.write_text(text)
    path.chmod(0o600)
    return path


def stock(directory, text):
    return Saslauthd(directory / "stock", write(directory, text), 1, "ldap")


def ward(directory, text, **options):
    options = {"workers": 1, "deadline": 15, **options}
    return Daemon(directory / "ward", write(directory, text), mechanism="ldap", **options)


def outcome(daemon, logins):
    return {str(login): is_ok(ask(daemon.socket, login.user, login.password, login.service, login.realm))
            for login in logins}


def expected(logins, who):
    return {str(login): login.enters(who) for login in logins}


@pytest.mark.parametrize("case", ldap_table.CASES, ids=lambda case: case.what)
def test_table_with_saslauthd(directory, places, case):
    with stock(directory, case.text(places.names(case.server))) as daemon:
        assert outcome(daemon, case.logins) == expected(case.logins, ldap_table.STOCK)


@needs_ldap
@pytest.mark.parametrize("case", ldap_table.CASES, ids=lambda case: case.what)
def test_table(directory, places, case):
    with ward(directory, case.text(places.names(case.server))) as daemon:
        assert outcome(daemon, case.logins) == expected(case.logins, ldap_table.WARD), daemon.log()


class Network:
    """A network of one's own, with a loopback interface only."""
    SCRIPT = "ip link set lo up && echo up && exec cat"

    def __enter__(self):
        self.process = subprocess.Popen(["unshare", "--net", "sh", "-c", self.SCRIPT], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"up\n":
            self.__exit__()
            pytest.skip("no network namespace with a loopback interface can be made here")
        return self

    def __exit__(self, *_):
        self.process.communicate(timeout=PATIENCE)

    @property
    def prefix(self):
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]


# The rest is for both, and where saslauthd does it otherwise, for each by itself.

KINDS = [pytest.param(stock, id="saslauthd"), pytest.param(ward, id="saslwardd", marks=needs_ldap)]


def configuration(server, **parameters):
    return ldap_table.Case("", parameters, []).text({"url": server.url})


@pytest.fixture(name="server")
def make_server(directory, ldap_database):
    with Slapd(directory / "slapd", ldap_database) as server:
        yield server


@pytest.mark.parametrize("start", KINDS)
@pytest.mark.parametrize("parameters, column, value", [
    ({"time_limit": "3"}, 4, 3),
    ({}, 4, 5),
    ({"size_limit": "7"}, 3, 7),
    ({"scope": "one"}, 1, 1),
    ({"deref": "always"}, 2, 3),
    ({"filter": "(uid=%U)"}, 5, "(uid=alice)"),
], ids=str)
def test_what_the_server_is_asked(directory, server, start, parameters, column, value):
    with start(directory, configuration(server, **parameters)) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "alice's"))
    assert [search[column] for search in server.searches() if "alice" in search[5]] == [value]


@pytest.mark.parametrize("start", KINDS)
def test_debug(directory, server, start):
    """At level 1, libldap tells of every function that is called."""
    with start(directory, configuration(server, debug="1")) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "alice's"))
        assert "ldap_send" in daemon.log()


@pytest.mark.parametrize("start", KINDS)
def test_no_debug(directory, server, start):
    with start(directory, configuration(server)) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "alice's"))
        assert "ldap_send" not in daemon.log()


def refusal_takes(daemon):
    began = time.monotonic()
    assert not is_ok(ask(daemon.socket, "alice", "alice's"))
    return time.monotonic() - began


@pytest.mark.parametrize("start", KINDS)
@pytest.mark.parametrize("seconds", [1, 2])
def test_timeout(directory, server, start, seconds):
    """saslauthd tries twice."""
    with start(directory, configuration(server, timeout=str(seconds))) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "alice's"))
        with server.frozen():
            took = refusal_takes(daemon)
        assert took >= 0.9 * seconds
        in_time(took, 2 * seconds + 0.5 * SLOW)


@pytest.mark.parametrize("start", KINDS)
def test_timeout_of_a_handshake(directory, ldap_database, start):
    """Nobody takes the connection, and nobody answers StartTLS."""
    for number, full in enumerate((False, True)):
        place = directory / str(number)
        place.mkdir()
        place.chmod(0o755)
        with BlackHole(full) as hole, start(place, configuration(hole, timeout="1", start_tls="yes")) as daemon:
            took = refusal_takes(daemon)
            assert took >= 0.9
            in_time(took, 2 + 0.5 * SLOW)


FASTBIND = {"auth_method": "fastbind", "filter": f"uid=%u,{ldif.PEOPLE}"}


def new_password_twice(daemon, server):
    """What becomes of the password of a login that was right, once the server knows another."""
    assert is_ok(ask(daemon.socket, "carol", "carol's"))
    server.change(ldif.user_dn("carol"), "replace", "userPassword", "another")
    return is_ok(ask(daemon.socket, "carol", "carol's"))


@pytest.mark.parametrize("parameters, old", [({}, False), (FASTBIND, True)], ids=["bind", "fastbind"])
def test_old_password_with_saslauthd(directory, server, parameters, old):
    """It answers from memory."""
    with stock(directory, configuration(server, **parameters)) as daemon:
        assert new_password_twice(daemon, server) == old


@needs_ldap
@pytest.mark.parametrize("parameters", [{}, FASTBIND], ids=["bind", "fastbind"])
def test_old_password(directory, server, parameters):
    with ward(directory, configuration(server, **parameters)) as daemon:
        assert not new_password_twice(daemon, server)


def connections_after(daemon, server, logins=10):
    """How many connections wrong passwords make, after a right one."""
    assert is_ok(ask(daemon.socket, "alice", "alice's"))
    before = server.connections()
    for _ in range(logins):
        assert not is_ok(ask(daemon.socket, "alice", "wrong"))
    return server.connections() - before


def test_connections_with_saslauthd(directory, server):
    with stock(directory, configuration(server)) as daemon:
        assert connections_after(daemon, server) >= 9


@needs_ldap
def test_connections(directory, server):
    with ward(directory, configuration(server)) as daemon:
        assert connections_after(daemon, server) == 0


@pytest.mark.parametrize("start", KINDS)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a network of his own")
def test_default_server(directory, ldap_database, start):
    """ldap://localhost/ with its port, in a network where that is ours."""
    with Network() as network, Slapd(directory / "slapd", ldap_database, port=389, prefix=network.prefix):
        daemon = start(directory, f"ldap_search_base: {ldif.PEOPLE}\n")
        daemon.command = [*network.prefix, *daemon.command]
        with daemon:
            assert is_ok(ask(daemon.socket, "alice", "alice's"))
            assert not is_ok(ask(daemon.socket, "alice", "wrong"))


@pytest.mark.parametrize("line, enters", by_name(ldap_table.MALFORMED))
def test_malformed_with_saslauthd(directory, server, line, enters):
    with stock(directory, f"{configuration(server)}{line}\n") as daemon:
        assert is_ok(ask(daemon.socket, "alice", "alice's")) == enters


@needs_ldap
@pytest.mark.parametrize("line, _", by_name(ldap_table.MALFORMED))
def test_malformed(directory, server, line, _):
    """It starts, too, and lets nobody in; the log says where the fault is."""
    with ward(directory, f"{configuration(server)}{line}\n") as daemon:
        assert not is_ok(ask(daemon.socket, "alice", "alice's"))
        daemon.wait_log(r"saslauthd\.conf:3:\d+: .*; write |saslauthd\.conf:3:\d+: .*: write ")
