# SPDX-License-Identifier: BSD-2-Clause
"""Users who bind by SASL: whose password is checked, and by whom the user is then known."""
import ldif
import pytest
from slapd import Slapd
from test_ldap import Ldap

SASL = {"ldap_use_sasl": "yes"}


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database, ldap_certificates):
    with Slapd(place / "slapd", ldap_database, ldap_certificates, clients="try") as server:
        yield server


@pytest.fixture(name="identified", params=["uid", "certificate"])
def make_identified(request, server, ldap_certificates):
    """The server's URL and parameters with which it knows the worker without any password."""
    if request.param == "uid":
        return server.local_url, {}
    return server.tls_url, {"ldap_tls_cacert_file": ldap_certificates.path("ca"),
                            "ldap_tls_cert": ldap_certificates.path("client"),
                            "ldap_tls_key": ldap_certificates.key("client")}


def test_the_worker_is_not_the_user(identified, monkeypatch, tmp_path):
    """Without plugins, libsasl2 takes the only mechanism that it has by itself: EXTERNAL."""
    monkeypatch.setenv("SASL_PATH", str(tmp_path))
    url, parameters = identified
    with Ldap(url, **SASL, **parameters) as worker:
        for login in ("alice", "nobody"):
            assert worker.check(login, "totally wrong") == ("DENIED", "", "the SASL mechanism does not use the password")


@pytest.mark.parametrize("mechanism", ["EXTERNAL", "external", "SCRAM-SHA-256 EXTERNAL", "ANONYMOUS", "GSSAPI"])
def test_mechanisms_without_a_password(identified, mechanism):
    url, parameters = identified
    with Ldap(url, **SASL, **parameters, ldap_mech=mechanism) as worker:
        result, _, reason = worker.check("alice", "alice's")
        assert (result, "does not use the user's password" in reason) == ("UNAVAILABLE", True)


def test_the_search_identity_needs_no_password(server):
    with Ldap(server.local_url, **SASL, ldap_mech="EXTERNAL", ldap_auth_method="custom") as worker:
        assert worker.check("alice", "alice's") == ("OK", "alice", "")
        assert worker.check("alice", "totally wrong")[0] == "MISMATCH"


# the mechanism, what becomes of a user who is not there
MECHANISMS = [("SCRAM-SHA-1", "UNKNOWN"), ("SCRAM-SHA-256", "UNKNOWN"), ("DIGEST-MD5", "UNKNOWN"), ("PLAIN", "UNKNOWN"),
              ("CRAM-MD5", "MISMATCH")]  # of which slapd says no more


@pytest.mark.parametrize("mechanism, unknown", MECHANISMS)
def test_users_who_are_not_there(directory, ldap_database, mechanism, unknown):
    """Whoever types such a name does not have a server put aside."""
    with Slapd(directory / "first", ldap_database) as first, Slapd(directory / "second", ldap_database) as second, \
            Ldap(f"{first.url} {second.url}", **SASL, ldap_mech=mechanism, ldap_sasl_secprops="none") as worker:
        for login in ("nobody", "n" * 1000, " ", "a,b=c\n", b"\xff"):
            assert worker.check(login, "secret 2")[0] in (unknown, "MISMATCH", "DENIED"), login
        assert worker.check("nobody", "secret 2")[0] == unknown
        assert worker.check("user2", "wrong")[0] == "MISMATCH"
        for password in ("p" * 4096, "secret 2\0", "\0"):
            assert worker.check("user2", password)[0] == "MISMATCH"
        assert worker.check("user2", "secret 2") == ("OK", "user2", "")
        assert second.connections() == 0


# the mechanism, security properties, whether the connection serves for the next user
LAYERS = [("SCRAM-SHA-256", "noplain", True), ("PLAIN", "none", True), ("DIGEST-MD5", "maxssf=0", True),
          ("DIGEST-MD5", "minssf=56", False)]


@pytest.mark.parametrize("mechanism, properties, is_kept", LAYERS)
def test_connections(directory, ldap_database, mechanism, properties, is_kept):
    """One with a security layer is its user's own."""
    with Slapd(directory / "slapd", ldap_database) as server, \
            Ldap(server.url, **SASL, ldap_mech=mechanism, ldap_sasl_secprops=properties) as worker:
        for _ in range(3):
            assert worker.check("user2", "secret 2") == ("OK", "user2", "")
            assert worker.check("carol", "wrong")[0] == "MISMATCH"
            assert worker.check("carol", "carol's") == ("OK", "carol", "")
        assert server.connections() == (1 if is_kept else 6)
