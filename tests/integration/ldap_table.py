# SPDX-License-Identifier: BSD-2-Clause
"""Configurations of saslauthd -a ldap, and what becomes of logins with each: with saslauthd, and with saslwardd."""
import dataclasses

from ldif import (BASE, DEEP, DOMAINS, DORA, GROUPS, LABEL_DOMAIN, LABELS, LONG, ODD, PEOPLE, PRIVATE, PROXY_PASSWORD,
                  SEARCH, SEARCH_PASSWORD, TEAMS, ALIASES)

BOTH, NONE, STOCK, WARD = "both", "none", "stock", "ward"  # who lets it in


@dataclasses.dataclass(frozen=True)
class Login:
    user: str
    password: str
    who: str
    realm: str = ""
    service: str = "imap"

    def enters(self, daemon):
        return self.who in (BOTH, daemon)

    def __str__(self):
        return f"{self.user!r} in {self.realm!r} for {self.service} with {self.password[:20]!r} ({len(self.password)})"


@dataclasses.dataclass(frozen=True)
class Case:
    """parameters are without "ldap_", and in braces what test_ldap_stock.py knows of the servers. None: not set."""
    what: str
    parameters: dict
    logins: list
    server: str = "plain"
    lines: str = ""  # further ones, as they are

    def text(self, places):
        parameters = {"servers": "{url}", "search_base": PEOPLE, **self.parameters}
        lines = [f"ldap_{name}: {value.format(**places)}\n" for name, value in parameters.items() if value is not None]
        return "".join(lines) + self.lines.format(**places)


def alice(who=BOTH, **options):
    return Login("alice", "alice's", who, **options)


def bob(who=BOTH, **options):
    return Login("bob", "bob's", who, **options)


def carol(who=BOTH, **options):
    return Login("carol", "carol's", who, **options)


def pat(who=BOTH):
    return Login("pat", "private pat's", who)


def deep(who=BOTH):
    return Login("deep", "deep's", who)


def user2(who=BOTH, **options):
    """Its password is not hashed, so that every mechanism of SASL can check it."""
    return Login("user2", "secret 2", who, **options)


AS_SEARCH = {"bind_dn": SEARCH, "password": SEARCH_PASSWORD}
WRONG = Login("alice", "wrong", NONE)
BY_SASL = {"use_sasl": "yes", "mech": "SCRAM-SHA-256", "filter": "(uid=nobody)"}
SEARCH_BY_SASL = {"use_sasl": "yes", "mech": "SCRAM-SHA-256", "auth_method": "custom", "id": "search",
                  "password": SEARCH_PASSWORD, "filter": "(&(uid=%u)(userPassword=*))"}  # that is to be seen by it only

PLAIN = [
    Case("as it comes", {}, [
        alice(), bob(), carol(), WRONG, pat(NONE), deep(), Login("nobody", "nobody's", NONE),
        Login("user1", "secret 1", BOTH), Login("user1000", "secret 1000", BOTH), Login("dora", DORA, BOTH),
        Login("alice", "", NONE), Login("empty", "", NONE), Login("empty", "x", NONE), Login("", "x", NONE),
        Login("long", LONG, WARD), Login("long", LONG[:127], NONE), Login("long", LONG + "x", NONE),
        Login("cut", LONG[:127], BOTH), Login("cut", LONG, STOCK), Login("cut", LONG[:126], NONE),
        Login("twin", "first twin's", NONE), Login("twin", "second twin's", NONE),
        Login("locked", "locked's", NONE), Login("expired", "expired's", NONE),
        Login("grace", "grace's", STOCK), Login("mustchange", "mustchange's", STOCK)]),
    Case("odd names", {}, [
        *(Login(login, f"odd {login}", BOTH) for login in ODD), Login("star*", "odd star", NONE),
        Login("*lice", "alice's", NONE), Login("alic*", "alice's", NONE), Login("alice)(uid=*", "alice's", NONE),
        Login("\\61lice", "alice's", NONE), Login("alice\0", "alice's", STOCK), Login("nul\0", "odd nul", NONE)]),
    Case("servers: the first is dead", {"servers": "{dead} {url}"}, [alice(), WRONG]),
    Case("servers: all are dead", {"servers": "{dead} {dead}"}, [alice(NONE)]),
    Case("servers, with commas", {"servers": "{dead},{url}"}, [alice(), WRONG]),
    Case("bind_dn", {**AS_SEARCH, "search_base": PRIVATE}, [pat(), Login("pat", "wrong", NONE), alice(NONE)]),
    Case("no bind_dn", {"search_base": PRIVATE}, [pat(NONE)]),
    Case("password: wrong", {**AS_SEARCH, "password": "wrong"}, [alice(NONE)]),
    Case("bind_pw", {"bind_dn": SEARCH, "bind_pw": SEARCH_PASSWORD, "search_base": PRIVATE}, [pat()]),
    Case("version 2", {"version": "2"}, [alice(NONE)]),
    Case("version 3", {"version": "3"}, [alice()]),
    Case("search_base", {"search_base": DEEP}, [deep(), alice(NONE)]),
    Case("no search_base", {"search_base": None}, [alice(NONE)]),
    Case("scope one", {"scope": "one"}, [alice(), deep(NONE), Login("twin", "first twin's", BOTH)]),
    Case("scope sub", {"scope": "sub"}, [alice(), deep()]),
    Case("scope base", {"scope": "base"}, [alice(NONE), deep(NONE)]),
    Case("scope base at a user", {"scope": "base", "search_base": f"uid=%u,{PEOPLE}"}, [alice(), deep(NONE)]),
    Case("filter", {"filter": "(mail=%u)"}, [
        alice(NONE), Login("alice@example.org", "alice's", BOTH), Login("sales@example.org", "alice's", BOTH),
        Login("info@example.org", "alice's", NONE), Login("marketing@example.org", "eve's", BOTH)]),
    Case("filter by host", {"filter": "(&(uid=%u)(host=%s))"}, [
        alice(), alice(service="web1"), alice(NONE, service="web2"), bob(service="web2"), bob(NONE), carol(NONE)]),
    Case("method bind", {"auth_method": "bind", "filter": "(uid=%u)"}, [
        alice(), Login("scheme-clear", "hashed", BOTH), Login("scheme-ssha256", "hashed", NONE)]),
    Case("method custom", {**AS_SEARCH, "auth_method": "custom"}, [
        alice(), bob(), carol(), WRONG, Login("empty", "x", NONE), Login("dora", DORA, BOTH),
        *(Login(f"scheme-{scheme}", "hashed", BOTH)
          for scheme in ("crypt", "md5", "smd5", "sha", "ssha", "yescrypt", "clear")),
        *(Login(f"scheme-{scheme}", "hashed", WARD) for scheme in ("ssha256", "ssha512")),
        *(Login(f"scheme-{scheme}", "hashes", NONE)
          for scheme in ("crypt", "md5", "smd5", "sha", "ssha", "ssha256", "ssha512", "yescrypt", "clear")),
        Login("pbkdf2", "{PBKDF2}1$c2FsdA$aGFzaA", STOCK), Login("pbkdf2", "hashed", NONE),
        Login("long", LONG, BOTH), Login("cut", LONG[:127], BOTH), Login("cut", LONG, NONE),
        Login("twin", "first twin's", NONE)]),
    Case("method custom without the right to read", {"auth_method": "custom"}, [alice(NONE), carol(NONE)]),
    Case("password_attr", {**AS_SEARCH, "auth_method": "custom", "password_attr": "displayName"}, [
        Login("carol", "caz", BOTH), carol(NONE), alice(NONE)]),
    Case("method fastbind", {"auth_method": "fastbind", "filter": f"uid=%u,{PEOPLE}", "search_base": None}, [
        alice(), bob(), WRONG, deep(NONE), Login("jürgen", "odd jürgen", BOTH), Login("alice", "", NONE),
        Login("com,ma", "odd com,ma", WARD), Login("pl+us", "odd pl+us", WARD), Login("par(en)", "odd par(en)", BOTH),
        Login("back\\slash", "odd back\\slash", BOTH), Login("star*", "odd star*", BOTH),
        Login("deep,ou=deep", "deep's", STOCK)]),
    Case("debug", {"debug": "0"}, [alice()]),
    Case("size_limit and more than one match", {"size_limit": "5"}, [Login("twin", "first twin's", NONE), alice()]),
    Case("deref never", {"deref": "never", "search_base": ALIASES}, [Login("carol", "carol's", NONE)]),
    Case("deref search", {"deref": "search", "search_base": ALIASES}, [carol()]),
    Case("deref find", {"deref": "find", "search_base": ALIASES}, [carol(NONE)]),
    Case("deref always", {"deref": "always", "search_base": ALIASES}, [carol()]),
    Case("deref not, of the base", {"search_base": f"ou=staff,{BASE}"}, [carol(NONE)]),
    Case("deref find of the base", {"deref": "find", "search_base": f"ou=staff,{BASE}"}, [carol()]),
    Case("deref search of the base", {"deref": "search", "search_base": f"ou=staff,{BASE}"}, [carol(NONE)]),
    Case("no referrals", {"search_base": f"ou=away,{BASE}"}, [carol(NONE)]),
    Case("referrals", {"referrals": "yes", "search_base": f"ou=away,{BASE}"}, [carol(), Login("carol", "wrong", NONE)]),
    Case("restart", {"restart": "no"}, [alice()]),
    Case("default_realm", {"filter": "(mail=%u@%r)", "default_realm": "example.org"}, [
        alice(), alice(realm="example.org"), alice(NONE, realm="example.net")]),
    Case("default_domain", {"filter": "(mail=%u@%r)", "default_domain": "example.org"}, [alice()]),
    Case("no default_realm", {"filter": "(mail=%u@%r)"}, [alice(NONE), alice(realm="example.org")]),
]


def label(number, who=BOTH, **options):
    """Who is asked for a top level of the domain must be l1, and so on."""
    return Login(f"dave@{LABEL_DOMAIN}", f"label {number}", who, **options)


TOKENS = [
    Case("token %u", {"filter": "(mail=%u)"}, [Login("alice@example.org", "alice's", BOTH)]),
    Case("token %U", {"filter": "(uid=%U)"}, [
        Login("alice@example.org", "alice's", BOTH), alice(), Login("alice@x@y", "alice's", BOTH)]),
    Case("token %d", {"filter": "(uid=%U)", "search_base": f"ou=%d,{DOMAINS}"}, [
        Login("dave@example.org", "in example.org", BOTH), Login("dave@example.net", "in example.net", BOTH),
        Login("dave@example.org", "in example.org", BOTH, realm="example.net"),
        Login("dave", "in example.org", WARD, realm="example.org"), Login("dave", "in example.org", NONE)]),
    *(Case(f"token %{number}", {"filter": "(uid=%U)", "search_base": f"ou=%{number},{LABELS}"}, [
        label(number), label(number % 9 + 1, NONE),
        Login("dave", f"label {number}", BOTH, realm=LABEL_DOMAIN)]) for number in range(1, 10)),
    Case("token %s", {"search_base": f"ou=%s,{DOMAINS}"}, [
        Login("dave", "in imap", BOTH), Login("dave", "in example.org", BOTH, service="example.org")]),
    Case("token %r", {"search_base": f"ou=%r,{DOMAINS}"}, [
        Login("dave", "in example.org", BOTH, realm="example.org"), Login("dave", "in example.org", NONE)]),
    Case("token %R", {"filter": "(mail=%u%R)"}, [
        alice(realm="example.org"), Login("alice@example.org", "alice's", BOTH), alice(NONE, realm="example.net")]),
    Case("token %%", {"search_base": f"ou=%%,{DOMAINS}"}, [Login("dave", "in %", BOTH)]),
    Case("a token's value has tokens", {"filter": "(uid=%u)", "search_base": f"ou=%r,{DOMAINS}"}, [
        Login("dave", "in imap", NONE, realm="%s")]),
    Case("a realm that ends a filter", {"filter": "(&(uid=%u)(host=%r))"}, [
        alice(realm="web1"), alice(NONE, realm="*"), alice(NONE, realm="x)(|(uid=*")]),
    Case("a realm that ends a DN", {"search_base": f"ou=%r,{BASE}"}, [
        alice(realm="people"), alice(NONE, realm="deep"), Login("deep", "deep's", STOCK, "deep,ou=people")]),
]

STAFF = f"cn=staff,{TEAMS}"
POSIX = {"group_match_method": "filter", "group_filter": "(&(cn=posix)(memberUid=%u))", "group_dn": None}

GROUP = [
    Case("group_dn", {"group_dn": STAFF}, [alice(), bob(NONE), WRONG, *(Login(o, f"odd {o}", BOTH) for o in ODD)]),
    Case("group_dn that is not there", {"group_dn": f"cn=none,{TEAMS}"}, [alice(NONE)]),
    Case("group_dn with a token", {"group_dn": f"cn=vm-%r,{TEAMS}"}, [
        alice(realm="vmA"), alice(NONE, realm="vmB"), bob(realm="vmB"), bob(NONE, realm="vmA"), alice(NONE)]),
    Case("group_dn, only to the search identity", {**AS_SEARCH, "group_dn": f"cn=staff,{GROUPS}"}, [
        alice(), bob(NONE)]),
    Case("group_dn, not to anybody", {"group_dn": f"cn=staff,{GROUPS}"}, [alice(NONE)]),
    Case("group_attr", {"group_dn": f"cn=friends,{TEAMS}", "group_attr": "member"}, [alice(), bob(), carol(NONE)]),
    Case("no group_attr", {"group_dn": f"cn=friends,{TEAMS}"}, [alice(NONE)]),
    Case("match attr", {"group_dn": STAFF, "group_match_method": "attr",
                        "group_filter": "(cn=none)"}, [alice(), bob(NONE)]),
    Case("match filter", {**POSIX, "group_search_base": TEAMS}, [alice(), carol(), bob(NONE)]),
    Case("match filter with group_dn", {**POSIX, "group_search_base": TEAMS, "group_dn": STAFF}, [
        alice(), carol(), bob(NONE)]),
    Case("match filter, only to the search identity", {**AS_SEARCH, **POSIX, "group_search_base": GROUPS}, [
        alice(), bob(NONE)]),
    Case("match filter below the search base", POSIX, [alice(NONE)]),
    Case("match filter without a filter", {"group_match_method": "filter", "group_search_base": TEAMS}, [
        alice(STOCK)]),
    Case("a group_filter without its method", {"group_filter": "(memberUid=%u)", "group_search_base": TEAMS,
                                               "size_limit": "5"}, [alice(NONE), bob(NONE)]),
    Case("group_filter with %D", {**POSIX, "group_filter": "(&(cn=staff)(uniqueMember=%D))",
                                  "group_search_base": TEAMS}, [
        alice(), bob(NONE), *(Login(o, f"odd {o}", BOTH) for o in ODD)]),
    Case("group_filter with more than one match", {
        **POSIX, "group_filter": "(memberUid=%u)", "group_search_base": TEAMS}, [alice(WARD), carol(), bob(NONE)]),
    Case("size_limit of groups", {**POSIX, "group_filter": "(memberUid=%u)", "group_search_base": TEAMS,
                                  "size_limit": "2"}, [alice(), carol(), bob(NONE)]),
    Case("group_search_base with a token", {**POSIX, "group_search_base": f"ou=%r,{BASE}"}, [
        alice(realm="teams"), alice(NONE, realm="people")]),
    Case("group_scope one", {**POSIX, "group_search_base": BASE, "group_scope": "one"}, [alice(NONE)]),
    Case("group_scope sub", {**POSIX, "group_search_base": BASE, "group_scope": "sub"}, [alice()]),
    Case("group_scope base", {**POSIX, "group_search_base": f"cn=posix,{TEAMS}", "group_scope": "base"}, [
        alice(), bob(NONE)]),
    Case("groups with custom", {**AS_SEARCH, "auth_method": "custom", "group_dn": STAFF}, [alice(), bob(NONE), WRONG]),
    Case("groups with fastbind", {
        "auth_method": "fastbind", "filter": f"uid=%u,{PEOPLE}", "group_dn": STAFF}, [alice(), bob(NONE), WRONG]),
]

SASL = [
    Case("use_sasl", BY_SASL, [user2(), Login("user2", "wrong", NONE)]),
    Case("use_sasl no", {**BY_SASL, "use_sasl": "no"}, [user2(NONE)]),
    Case("mech that is not there", {**BY_SASL, "mech": "NOSUCH"}, [user2(NONE)]),
    Case("sasl_mech", {"use_sasl": "yes", "sasl_mech": "NOSUCH"}, [user2(NONE)]),
    Case("mech PLAIN", {**BY_SASL, "mech": "PLAIN"}, [user2(NONE)]),
    Case("sasl_secprops", {**BY_SASL, "mech": "PLAIN", "sasl_secprops": "none"}, [user2(), Login("user2", "no", NONE)]),
    Case("mech SCRAM", {**BY_SASL, "mech": "SCRAM-SHA-1"}, [user2(), Login("user2", "wrong", NONE)]),
    Case("mech EXTERNAL", {**BY_SASL, "servers": "{local_url}", "mech": "EXTERNAL"}, [
        Login("user2", "wrong", STOCK), Login("nobody", "wrong", STOCK)]),
    Case("SASL with a search", SEARCH_BY_SASL, [user2(), Login("user2", "wrong", NONE)]),
    Case("sasl_authc_id", {**SEARCH_BY_SASL, "id": None, "sasl_authc_id": "search"}, [user2()]),
    Case("SASL with a search, wrong password", {**SEARCH_BY_SASL, "password": "wrong"}, [user2(NONE)]),
    # slapd offers one realm, and libsasl2 then takes that one: another is not seen to have any effect
    Case("realm", {**SEARCH_BY_SASL, "realm": "services"}, [user2()]),
    Case("sasl_realm", {**SEARCH_BY_SASL, "sasl_realm": "services"}, [user2()]),
    # the user binds by SASL, nobody searches
    Case("SASL has its own method", {**SEARCH_BY_SASL, "auth_method": "bind", "password": "wrong"}, [
        user2(), Login("user2", "wrong", NONE)]),
    Case("SASL on behalf", {**SEARCH_BY_SASL, "id": "proxy", "password": PROXY_PASSWORD, "authz_id": f"dn:{SEARCH}"}, [
        user2()]),
    Case("sasl_authz_id", {**SEARCH_BY_SASL, "id": "proxy", "password": PROXY_PASSWORD,
                           "sasl_authz_id": f"dn:{SEARCH}"}, [user2()]),
    Case("SASL on nobody's behalf", {**SEARCH_BY_SASL, "id": "proxy", "password": PROXY_PASSWORD}, [user2(NONE)]),
]

TRUST = {"servers": "{tls_url}", "tls_cacert_file": "{ca}"}
START = {"start_tls": "yes", "tls_cacert_file": "{ca}"}
OURS = {"tls_cert": "{client_certificate}", "tls_key": "{client_key}"}

TLS = [
    Case("ldaps", TRUST, [alice(), WRONG], "tls"),
    Case("start_tls", START, [alice(), WRONG], "tls"),
    Case("start_tls and version 2", {**START, "version": "2"}, [alice()], "tls"),
    Case("start_tls without TLS", START, [alice(NONE)]),
    Case("start_tls with ldaps", {**TRUST, "start_tls": "yes"}, [alice(NONE)], "tls"),
    Case("ldaps, unknown CA", {**TRUST, "tls_cacert_file": None}, [alice(NONE)], "tls"),
    Case("start_tls, unknown CA", {"start_tls": "yes"}, [alice(NONE)], "tls"),
    Case("check_peer yes", {**TRUST, "tls_check_peer": "yes"}, [alice()], "tls"),
    Case("check_peer yes, unknown CA", {**TRUST, "tls_check_peer": "yes", "tls_cacert_file": None}, [
        alice(NONE)], "tls"),
    Case("check_peer no, unknown CA", {**TRUST, "tls_check_peer": "no", "tls_cacert_file": None}, [alice()], "tls"),
    Case("check_peer yes, wrong name", {**TRUST, "tls_check_peer": "yes"}, [alice(NONE)], "wrong"),
    Case("check_peer no, wrong name", {**TRUST, "tls_check_peer": "no"}, [alice()], "wrong"),
    Case("wrong name", TRUST, [alice(NONE)], "wrong"),
    Case("wrong name, start_tls", START, [alice(NONE)], "wrong"),
    Case("signed by a stranger", TRUST, [alice(NONE)], "stranger"),
    Case("cacert_dir", {**TRUST, "tls_cacert_file": None, "tls_cacert_dir": "{trusted}"}, [alice()], "tls"),
    Case("a client's certificate", {**TRUST, **OURS}, [alice()], "demanding"),
    Case("a client's certificate, start_tls", {**START, **OURS}, [alice()], "demanding"),
    Case("no client's certificate", TRUST, [alice(NONE)], "demanding"),
    Case("ciphers", {**TRUST, "tls_ciphers": "SECURE128"}, [alice()], "tls"),
    Case("ciphers that do not meet", {**TRUST, "tls_ciphers": "NORMAL:-CIPHER-ALL:+NULL"}, [alice(NONE)], "tls"),
    Case("no CA file there", {**TRUST, "tls_cacert_file": "/nonexistent"}, [alice(NONE)], "tls"),
]

SWITCHES = [
    *(Case(f"switch {value}", {"start_tls": value}, [alice(NONE)])
      for value in ("1", "y", "yes", "on", "t", "true", "yesterday")),
    *(Case(f"no switch {value}", {"start_tls": value}, [alice()])
      for value in ("0", "n", "no", "off", "f", "false")),
    # saslauthd knows small letters only, and would go on without TLS
    Case("switch YES", {"start_tls": "YES"}, [alice(STOCK)]),
]

SYNTAX = [
    Case("comments and blank lines", {}, [alice()], lines="\n# ldap_version: 2\n  \n#\n"),
    Case("capitals", {}, [alice(NONE)], lines="LDAP_Version: 2\n"),
    Case("no blank", {}, [alice(NONE)], lines="ldap_version:2\n"),
    Case("tabs", {}, [alice(NONE)], lines="ldap_version:\t2\n"),
    Case("the last wins", {}, [alice()], lines="ldap_version: 2\nldap_version: 3\n"),
    Case("an unknown key", {}, [alice()], lines="ldap_filtre: (uid=nobody)\n"),
    Case("no newline at the end", {}, [alice(NONE)], lines="ldap_version: 2"),
    Case("blanks around", {}, [alice(NONE)], lines="  ldap_version:  2  \n"),
]

# what it is, the third line of a configuration that is right else, whether alice gets in with saslauthd, which starts
MALFORMED = [
    ("no colon", "ldap_version", False),
    ("no value", "ldap_version:", False),
    ("a blank before the colon", "ldap_version : 3", False),
    ("a version in words", "ldap_version: five", False),
    ("a version that is none", "ldap_version: 4", False),
    ("a scope that is none", "ldap_scope: foo", True),
    ("a method that is none", "ldap_auth_method: foo", True),
    ("a match method that is none", "ldap_group_match_method: foo", True),
    ("a deref that is none", "ldap_deref: foo", True),
    ("a switch that is none", "ldap_start_tls: x", True),
    ("a timeout in words", "ldap_timeout: soon", False),
    ("a server that is none", "ldap_servers: nonsense", False),
    ("a port that is none", "ldap_servers: ldap://127.0.0.1:0x/", False),
    ("an unfinished filter", "ldap_filter: (uid=%u", False),
    ("a filter without a value", "ldap_filter: (uid)", False),
    ("a part of a filter without a value", "ldap_filter: (&(uid=%u)(foo))", False),
    ("two filters", "ldap_filter: (uid=%u)(x=y)", False),
    ("a search base that is none", "ldap_search_base: nonsense", False),
    ("a search identity that is none", "ldap_bind_dn: nonsense", False),
    ("security properties that are none", "ldap_sasl_secprops: rubbish", True),
    ("an unknown token", "ldap_filter: (uid=%x)", False),
    ("an unfinished token", "ldap_filter: (uid=%", False),
]

CASES = [*PLAIN, *TOKENS, *GROUP, *SASL, *TLS, *SWITCHES, *SYNTAX]
