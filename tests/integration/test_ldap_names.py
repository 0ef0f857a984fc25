# SPDX-License-Identifier: BSD-2-Clause
"""Names that mean something in a filter or a DN, as login and as realm, in every place where a template puts them: they
find who is called so, and nobody else."""
import ldif
import pytest
from slapd import Slapd
from test_ldap import Ldap

FASTBIND = {"ldap_auth_method": "fastbind"}
# Where the name stands: parameters, the name in the login, in the realm, who is then found, with which password.
PLACES = {
    "login in a filter": ({}, "{}", "", "{}", "odd {}"),
    "login in a DN": ({**FASTBIND, "ldap_filter": f"uid=%u,{ldif.PEOPLE}"}, "{}", "", "{}", "odd {}"),
    "login in a search base": ({"ldap_search_base": f"uid=%u,{ldif.PEOPLE}"}, "{}", "", "{}", "odd {}"),
    "realm in a filter": ({"ldap_filter": "(uid=%r)"}, "x", "{}", "{}", "odd {}"),
    "realm behind an @ in a filter": ({"ldap_filter": "(description=%u%R)"}, "x", "{}", "{}", "odd {}"),
    "realm in a DN": ({**FASTBIND, "ldap_filter": f"uid=%r,{ldif.PEOPLE}"}, "x", "{}", "{}", "odd {}"),
    "realm in a search base": ({"ldap_search_base": f"ou=%r,{ldif.DOMAINS}"}, "dave", "{}", "dave", "in {}"),
    "domain in a search base": ({"ldap_filter": "(uid=%U)", "ldap_search_base": f"ou=%d,{ldif.DOMAINS}"}, "dave@{}", "",
                                "dave", "in {}"),
}
# What would find alice, or more than her, if it were not escaped.
STRANGERS = [
    "alice*", "*alice", "(alice)", "alice)", "(alice", "\\61lice", "alice\\", "alice\0", "\0", "alice\0*", "alice,", ",alice",
    "alice,cn=alice", f"alice,{ldif.PEOPLE}", "alice+cn=alice", "+alice", '"alice"', 'alice"', "<alice>", "<", ">", "alice;",
    "alice;ou=people", "alice=", "=alice", "uid=alice", "#alice", "#616c696365", "alice)(uid=*", "*)(uid=*", "*)(|(uid=*",
    "alice)(|(objectClass=*", "%u", "alice%", "älice", "аlice", "alice\xff".encode("latin-1"), b"\xf0\x90", "alic\u00e9",
]


def fill(template, name):
    """A name of bytes that are no UTF-8 goes in as it is."""
    if isinstance(name, bytes):
        return template.encode().replace(b"{}", name)
    return template.replace("{}", name)


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database):
    with Slapd(place / "slapd", ldap_database) as server:
        yield server


@pytest.mark.parametrize("where", PLACES)
def test_each_finds_himself(server, where):
    parameters, login, realm, account, password = PLACES[where]
    with Ldap(server.url, **parameters) as worker:
        for name in ldif.ODD:
            answer = worker.check(fill(login, name), fill(password, name), realm=fill(realm, name))
            assert answer == ("OK", fill(account, name), ""), name
            assert worker.check(fill(login, name), "odd", realm=fill(realm, name))[0] == "MISMATCH", name


@pytest.mark.parametrize("where", PLACES)
def test_nobody_else_is_found(server, where):
    """Nor does a server count as failed for a name that it does not like."""
    parameters, login, realm, *_ = PLACES[where]
    with Ldap(server.url, **parameters) as worker:
        for name in STRANGERS:
            for password in ("alice's", "in example.org"):
                result, _, reason = worker.check(fill(login, name), password, realm=fill(realm, name))
                assert result in ("UNKNOWN", "MISMATCH"), (name, reason)
