# SPDX-License-Identifier: BSD-2-Clause
"""The LDAP backend and a real slapd: what it answers and why, names, groups, and servers that hang, die and come back.
Each parameter of saslauthd.conf is in test_ldap_stock.py."""
import concurrent.futures
import contextlib
import re
import tempfile
import time
import types

import ldif
import pytest
from client import ask, is_ok
from conftest import by_name
from daemon import SLOW, Daemon, in_time, wait_for
from host import Worker
from nameless import Nameless
from slapd import BlackHole, Slapd

UUID = "0123456789abcdef0123456789abcdef"
UUID_WRITTEN = "01234567-89ab-cdef-0123-456789abcdef"
FASTBIND = {"ldap_auth_method": "fastbind", "ldap_filter": f"uid=%u,{ldif.PEOPLE}"}
PRIVATE = {"ldap_auth_method": "fastbind", "ldap_filter": f"uid=%u,{ldif.PRIVATE}"}  # who may not read their own entries
HOSTS = {"ldap_group_match_method": "filter", "ldap_group_filter": "(&(uid=%u)(host=%s))"}
CUSTOM = {"ldap_auth_method": "custom", "ldap_bind_dn": ldif.SEARCH}


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database, ldap_certificates):
    with Slapd(place / "slapd", ldap_database, ldap_certificates) as server:
        yield server


class Ldap(Worker):
    """The worker program by itself; parameters as in saslward.conf. What the password's file holds is handed over as the
    supervisor does it."""

    def __init__(self, url, *options, password=None, preload="", **parameters):
        parameters = {"ldap_servers": url, "ldap_search_base": ldif.PEOPLE, **parameters}
        self.deadline = 5000 * SLOW
        with tempfile.TemporaryFile() as file:
            if password is not None:
                file.write(password.encode())
                file.seek(0)
                parameters |= {"ldap_password_file": "/handed/over", "password-fd": file.fileno()}
            super().__init__(types.SimpleNamespace(prefix=[]), "ldap", *options, preload=preload,
                             *(f"{name}={value}" for name, value in parameters.items()), descriptors=[file.fileno()])

    def check(self, login, password, service="imap", realm="", vm="", uuid="", milliseconds=None):
        """(result, account, reason)"""
        self.send("check", "7", login, password, service, realm, "", vm, uuid,
                  f"{milliseconds or self.deadline:.0f}")
        verb, number, result, account, reason, *_ = self.receive()
        assert (verb, number) == (b"result", b"7")
        return result.decode(), account.decode(), reason.decode()

    def member(self, login, group, *more):
        self.send("member", "7", login, group, *more)
        verb, number, word, text = self.receive()
        assert (verb, number) == (b"membership", b"7")
        return word.decode(), text.decode()


# what it is, login, password, parameters, the result, what the reason holds
ANSWERS = [
    ("good", "alice", "alice's", {}, "OK", ""),
    ("wrong", "alice", "wrong", {}, "MISMATCH", "wrong password"),
    ("empty", "alice", "", {}, "MISMATCH", "empty password"),
    ("unknown", "nobody", "x", {}, "UNKNOWN", "no entry matches (uid=nobody)"),
    ("two of them", "twin", "first twin's", {}, "DENIED", "more than one entry matches (uid=twin)"),
    ("no password there", "empty", "x", {}, "MISMATCH", ""),
    ("NUL in the password", "alice", "alice's\0junk", {}, "MISMATCH", ""),
    ("NUL in the login", "alice\0", "alice's", {}, "UNKNOWN", "\\00"),
    ("not UTF-8", b"alice\xff", "alice's", {}, "UNKNOWN", "\\ff"),
    ("a wildcard", "alic*", "alice's", {}, "UNKNOWN", "\\2a"),
    ("a filter in the realm", "alice", "alice's", {"ldap_filter": "(&(uid=%u)(!(cn=%r)))"}, "OK", ""),
    ("long", "long", ldif.LONG, {}, "OK", ""),
    ("cut", "long", ldif.LONG[:127], {}, "MISMATCH", ""),
    ("4096 bytes", "alice", "p" * 4096, {}, "MISMATCH", ""),
    ("locked", "locked", "locked's", {}, "DENIED", "the account is locked"),
    ("locked, wrong", "locked", "wrong", {}, "DENIED", "the account is locked"),
    ("expired", "expired", "expired's", {}, "DENIED", "the password has expired"),
    ("expired, wrong", "expired", "wrong", {}, "MISMATCH", "wrong password"),
    ("must change", "mustchange", "mustchange's", {}, "DENIED", "the password must be changed first"),
    ("grace", "grace", "grace's", {}, "DENIED", "grace logins are left"),
    ("fastbind", "alice", "alice's", FASTBIND, "OK", ""),
    ("fastbind, wrong", "alice", "wrong", FASTBIND, "MISMATCH", "wrong password"),
    ("fastbind, empty", "alice", "", FASTBIND, "MISMATCH", "empty password"),
    ("fastbind, a DN in the login", f"alice,{ldif.PEOPLE}", "alice's", {
        **FASTBIND, "ldap_filter": "uid=%u"}, "MISMATCH", ""),
    ("custom, unreadable", "alice", "alice's", {**CUSTOM, "ldap_bind_dn": ldif.PROXY}, "UNAVAILABLE",
     "search identity: "),
    ("no search base", "alice", "alice's", {"ldap_search_base": "ou=none,dc=example,dc=org"}, "UNAVAILABLE",
     "No such object"),
    ("no search base for him", "alice", "alice's", {"ldap_search_base": f"ou=%u,{ldif.BASE}"}, "UNKNOWN", ""),
    ("host attribute", "alice", "alice's", {"ldap_filter": "(&(uid=%u)(host=%s))"}, "OK", ""),
    ("another host", "bob", "bob's", {"ldap_filter": "(&(uid=%u)(host=%s))"}, "UNKNOWN", "(host=imap)"),
    ("host attribute, by a group's filter", "alice", "alice's", HOSTS, "OK", ""),
    ("another host, by a group's filter", "bob", "bob's", HOSTS, "DENIED", "(host=imap)"),
    ("another host and a wrong password", "bob", "wrong", HOSTS, "MISMATCH", ""),
    ("no host, by a group's filter", "carol", "carol's", HOSTS, "DENIED", "(host=imap)"),
    ("group", "alice", "alice's", {"ldap_group_dn": f"cn=staff,{ldif.TEAMS}"}, "OK", ""),
    ("not in the group", "bob", "bob's", {"ldap_group_dn": f"cn=staff,{ldif.TEAMS}"}, "DENIED", "not in the group"),
    ("no such group", "bob", "bob's", {"ldap_group_dn": f"cn=none,{ldif.TEAMS}"}, "DENIED", "there is no group"),
    ("no group filter's match", "bob", "bob's", {
        "ldap_group_match_method": "filter", "ldap_group_filter": "(memberUid=%u)",
        "ldap_group_search_base": ldif.TEAMS}, "DENIED", "not in a group"),
]


@pytest.mark.parametrize("login, password, parameters, result, reason", by_name(ANSWERS))
def test_answers(server, login, password, parameters, result, reason):
    search_password = ldif.SEARCH_PASSWORD + "\n" if "ldap_bind_dn" in parameters else None
    with Ldap(server.url, password=search_password, **parameters) as worker:
        answer, account, why = worker.check(login, password, realm="*)(cn=*")
        assert (answer, reason in why) == (result, True), why
        assert account == (login if result == "OK" else "")


@pytest.mark.parametrize("scheme", ldif.SCHEMES)
def test_schemes(server, scheme):
    """The search identity may read the passwords; its own is in a file."""
    with Ldap(server.url, **CUSTOM, password=ldif.SEARCH_PASSWORD) as worker:
        login = f"scheme-{scheme.lower()}"
        assert worker.check(login, "hashed")[0] == "OK"
        for wrong in ("hashe", "hashedx", "hashed\0", "{CLEAR}hashed"):
            assert worker.check(login, wrong)[0] == "MISMATCH"


def test_no_answer_from_memory(server):
    """saslauthd's fastbind lets the last good user in without asking."""
    with Ldap(server.url, **FASTBIND) as worker:
        before = server.binds(ldif.user_dn("carol"))
        for _ in range(3):
            assert worker.check("carol", "carol's")[0] == "OK"
        assert server.binds(ldif.user_dn("carol")) == before + 3


# what it is, login, parameters, the account
NAMES = [
    ("capitals", "EVE", {}, "eve"),
    ("fullwidth", "ｅｖｅ", {}, "eve"),
    ("mail", "marketing@example.org", {"ldap_filter": "(mail=%u)"}, "eve"),
    ("name-attr", "eve", {"name-attr": "mail"}, "eve@example.org"),
    ("name-attr, one of several", "MARKETING@example.org", {"name-attr": "mail", "ldap_filter": "(mail=%u)"},
     "eve@example.org"),
    ("name-attr that is missing", "EVE", {"name-attr": "telephoneNumber"}, "eve"),
    ("fastbind", "EVE", FASTBIND, "eve"),
]


@pytest.mark.parametrize("login, parameters, account", by_name(NAMES))
def test_names(server, login, parameters, account):
    with Ldap(server.url, **parameters) as worker:
        assert worker.check(login, "eve's") == ("OK", account, "")


def test_names_of_one_who_has_two(directory, ldap_database):
    """What he typed has no say, nor which of the two stands first."""
    with Slapd(directory / "slapd", ldap_database) as server:
        server.change(ldif.user_dn("eve"), "delete", "mail")
        server.change(ldif.user_dn("eve"), "replace", "uid", "anna", "eve")
        with Ldap(server.url) as worker:
            for login in ("anna", "eve", "EVE"):
                assert worker.check(login, "eve's") == ("OK", "eve", "")


@pytest.mark.parametrize("login", ["pat", "PAT", "ｐａｔ"])
def test_names_of_entries_that_users_may_not_read(server, login):
    with Ldap(server.url, **PRIVATE) as worker:
        assert worker.check(login, "private pat's") == ("OK", "pat", "")


# what it is, what the server says of who is bound, the account; None: refused
IDENTITIES = [
    ("a DN", f"dn:{ldif.user_dn('eve')}", "eve"),
    ("a DN of another attribute", f"dn:cn=Eve E.,{ldif.PEOPLE}", "Eve E."),
    ("a name in a domain", "u:CORP\\eve", "eve"),
    ("a name", "u:eve", "eve"),
    ("no name", "u:", None),
    ("an empty name in a domain", "u:CORP\\", None),
    ("nobody", "", None),
    ("no DN", "dn:eve", None),
    ("it does not say", None, None),
]


@pytest.mark.parametrize("identity, account", by_name(IDENTITIES))
def test_names_by_the_servers_word(identity, account):
    with Nameless(identity) as server, Ldap(server.url, ldap_auth_method="fastbind", ldap_filter="%u@example.org") as worker:
        result, name, reason = worker.check("EVE", "eve's")
        if account:
            assert (result, name) == ("OK", account), reason
        else:
            assert (result, "says whose it is" in reason) == ("DENIED", True), reason


VM_FILTER = {"ldap_filter": "(&(uid=%u)(|(description=%v)(description=%i)(cn=%u)))"}


def test_vm_tokens(server):
    with Ldap(server.url, **VM_FILTER) as worker:
        assert worker.check("carol", "carol's", vm="vmA", uuid=UUID)[0] == "OK"
        for vm, uuid in (("", ""), ("vmA", ""), ("", UUID)):
            result, _, reason = worker.check("carol", "carol's", vm=vm, uuid=uuid)
            assert (result, "needs a VM" in reason) == ("DENIED", True)
        assert worker.check("nobody", "x", vm="v*", uuid=UUID)[2].count(f"(description={UUID_WRITTEN})") == 1
        assert "(description=v\\2a)" in worker.check("nobody", "x", vm="v*", uuid=UUID)[2]


# what it is, parameters in which the directory would take another VM for this one, this one
VM_PLACES = [
    ("group_dn", {"ldap_group_dn": f"cn=vm-%v,{ldif.TEAMS}"}, "vmA"),
    ("group_search_base", {"ldap_group_match_method": "filter", "ldap_group_filter": "(&(cn=posix)(memberUid=%u))",
                           "ldap_group_search_base": f"ou=%v,{ldif.BASE}"}, "teams"),
    ("search_base", {"ldap_search_base": f"ou=%v,{ldif.BASE}"}, "people"),
    ("the DN of fastbind", {**FASTBIND, "ldap_filter": f"uid=%u,ou=%v,{ldif.BASE}"}, "people"),
]


@pytest.mark.parametrize("parameters, vm", by_name(VM_PLACES))
def test_vms_whose_names_look_alike(server, parameters, vm):
    with Ldap(server.url, **parameters) as worker:
        assert worker.check("alice", "alice's", vm=vm) == ("OK", "alice", "")
        fullwidth = "".join(chr(ord(letter) + 0xfee0) for letter in vm)
        for other in (vm.upper(), fullwidth, f" {vm}", f"{vm} "):
            result, _, reason = worker.check("alice", "alice's", vm=other)
            assert result in ("DENIED", "UNKNOWN"), (other, reason)


def test_members_of_a_vms_place(server):
    """The user's own entry is found by the VM's name, too."""
    with Ldap(server.url, **FASTBIND | {"ldap_filter": f"uid=%u,ou=%v,{ldif.BASE}"},
              ldap_group_search_base=ldif.TEAMS) as worker:
        words = [worker.member("alice", "staff", "", "spice", vm, UUID)[0] for vm in ("people", "PEOPLE")]
        assert words == ["yes", "no"]


# what it is, login, group, word
MEMBERS = [
    ("by DN", "alice", "vm-vmA", "yes"),
    ("not by DN", "bob", "vm-vmA", "no"),
    ("in capitals", "ALICE", "vm-vmA", "yes"),
    ("by memberUid", "carol", "posix", "yes"),
    ("not by memberUid", "bob", "posix", "no"),
    ("an unknown user", "nobody", "vm-vmA", "no"),
    ("two users", "twin", "vm-vmA", "undecided"),
    ("no such group", "alice", "vm-none", "undecided"),
    ("a wildcard", "alice", "vm-*", "undecided"),
    ("an empty group", "alice", "", "undecided"),
    ("a group in capitals", "alice", "vm-VMA", "undecided"),
    ("a group in fullwidth letters", "alice", "vm-ｖｍＡ", "undecided"),
    ("a group with a blank before", "alice", " vm-vmA", "undecided"),
    ("a group with a blank behind", "alice", "vm-vmA ", "undecided"),
    ("a group in capitals, without the user", "bob", "vm-VMA", "undecided"),
]


@pytest.mark.parametrize("login, group, word", by_name(MEMBERS))
def test_members(server, login, group, word):
    """Groups can be read by the search identity alone."""
    with Ldap(server.url, ldap_bind_dn=ldif.SEARCH, password=ldif.SEARCH_PASSWORD,
              ldap_group_search_base=ldif.GROUPS) as worker:
        answer, text = worker.member(login, group, "realm", "spice", "vmA", UUID)
        assert (answer, bool(text)) == (word, word == "undecided"), text
        assert worker.member(login, group)[0] == word


def test_members_by_filter(server):
    with Ldap(server.url, ldap_group_search_base=ldif.TEAMS, ldap_group_match_method="filter",
              ldap_group_filter="(member=%D)") as worker:
        assert [worker.member(login, "friends")[0] for login in ("bob", "carol")] == ["yes", "no"]
        assert worker.member("bob", "none")[0] == "undecided"


def test_members_with_fastbind(server):
    with Ldap(server.url, **FASTBIND, ldap_group_search_base=ldif.TEAMS, ldap_group_attr="member") as worker:
        answers = [worker.member(login, "friends")[0] for login in ("alice", "ALICE", "carol", "nobody", f"x,{ldif.PEOPLE}")]
        assert answers == ["yes", "yes", "no", "no", "no"]


def test_members_while_the_server_is_away(server):
    with BlackHole() as hole, Ldap(hole.url, "deadline-ms=300") as worker:
        word, text = worker.member("alice", "vm-vmA")
        assert (word, hole.url in text) == ("undecided", True)


# what it is, options, parameters, what it says
REFUSED = [
    ("a password inline", {"ldap_password": "secret"}, "ldap_password: a password does not belong here"),
    ("its alias", {"ldap_bind_pw": "secret"}, "ldap_password_file=PATH"),
    ("an unknown parameter", {"ldap_filtre": "(uid=%u)"}, 'unknown parameter "ldap_filtre"; did you mean ldap_filter?'),
    ("no such scope", {"ldap_scope": "tree"}, "ldap_scope=tree: write sub, one or base"),
    ("no password file", {"ldap_password_file": "/x"}, "/x: was not handed over by saslwardd; its log says why"),
    ("no line in it", {"password": "\n"}, "/handed/over: must hold one line, the password"),
    ("two lines in it", {"password": "secret\nsecret\n"}, "/handed/over: must hold one line, the password"),
    ("StartTLS and ldaps", {"ldap_start_tls": "yes", "ldap_servers": "ldaps://127.0.0.1/"}, "leave out one of them"),
    ("no CA file", {"ldap_start_tls": "yes", "ldap_tls_cacert_file": "/nonexistent"}, "ldap_tls_"),
]


@pytest.mark.parametrize("parameters, text", by_name(REFUSED))
def test_refused_configurations(server, parameters, text):
    """The worker starts all the same, and says with each login what is wrong."""
    with Ldap(server.url, **parameters) as worker:
        assert text in worker.notice
        result, _, reason = worker.check("alice", "alice's")
        assert (result, text in reason) == ("UNAVAILABLE", True), reason
        assert worker.member("alice", "staff")[0] == "undecided"
    assert "secret" not in worker.errors


def test_unknown_parameter_in_a_file(server, directory):
    path = directory / "saslauthd.conf"
    path.write_text(f"ldap_servers: {server.url}\nldap_search_base: {ldif.PEOPLE}\nldap_tls_cacert: x\nfoo: bar\n")
    with Ldap(server.url, f"config={path}") as worker:
        assert f'{path}:3:1: unknown parameter "ldap_tls_cacert" is ignored; did you mean ldap_tls_cert?' in worker.notice
        assert f'{path}:4:1: unknown parameter "foo" is ignored' in worker.notice
        assert worker.check("alice", "alice's")[0] == "OK"


def test_missing_file(directory):
    with Daemon(directory / "run", directory / "none.conf", mechanism="ldap") as daemon:
        assert not is_ok(ask(daemon.socket, "alice", "alice's"))
        assert daemon.last_reason() == f"{directory}/none.conf: No such file or directory"


@pytest.mark.parametrize("options", [{}, FASTBIND])
@pytest.mark.parametrize("tls", [False, True])
def test_wrong_passwords_keep_the_connections(directory, ldap_database, ldap_certificates, options, tls):
    with Slapd(directory / "slapd", ldap_database, ldap_certificates) as server:
        options = {**options, "ldap_tls_cacert_file": ldap_certificates.path("ca")}
        with Ldap(server.tls_url if tls else server.url, **options) as worker:
            for _ in range(5):
                assert worker.check("alice", "wrong")[0] == "MISMATCH"
                assert worker.check("alice", "alice's")[0] == "OK"
        assert server.connections() == (1 if "ldap_auth_method" in options else 2)


def test_idle_connections_that_the_server_closes(directory, ldap_database):
    with Slapd(directory / "slapd", ldap_database, lines="idletimeout 1\n") as server, Ldap(server.url) as worker:
        assert worker.check("alice", "alice's")[0] == "OK"
        wait_for(lambda: server.log().count("closed (idletimeout)") >= 2, "slapd to close both")
        assert worker.check("alice", "alice's")[0] == "OK"
        assert server.connections() == 4


def test_restarted_server(directory, ldap_database):
    with Slapd(directory / "slapd", ldap_database) as server, Ldap(server.url) as worker:
        assert worker.check("alice", "alice's")[0] == "OK"
        server.stop()
        result, _, reason = worker.check("alice", "alice's")
        assert (result, reason) == ("UNAVAILABLE", f"{server.url}: connect: Connection refused")
        server.start()
        assert worker.check("alice", "alice's")[0] == "OK"


def timed(function, *arguments, **options):
    began = time.monotonic()
    return function(*arguments, **options), time.monotonic() - began


def test_first_server_hangs(directory, ldap_database):
    """The login that finds it out is answered by the second within its own time; the next do not wait; when the first
    is back, it is asked again."""
    with Slapd(directory / "first", ldap_database) as first, Slapd(directory / "second", ldap_database) as second, \
            Ldap(f"{first.url} {second.url}") as worker:
        assert worker.check("alice", "alice's")[0] == "OK"
        assert second.binds() == []
        with first.frozen():
            answer, seconds = timed(worker.check, "alice", "alice's", milliseconds=2000 * SLOW)
            assert answer[0] == "OK"
            in_time(seconds, 1.5 * SLOW)
            for _ in range(20):
                answer, seconds = timed(worker.check, "alice", "alice's")
                assert answer[0] == "OK"
                in_time(seconds, 0.2 * SLOW)
        before = len(first.binds())

        def is_asked_again():
            assert worker.check("alice", "alice's")[0] == "OK"
            return len(first.binds()) > before
        wait_for(is_asked_again, "the first server to be asked again", 5 * SLOW)


def test_new_worker(directory, ldap_database, server):
    """It finds out before it says that it is ready; no login waits for a server that hangs."""
    with Slapd(directory / "first", ldap_database) as first, first.frozen():
        with Ldap(f"{first.url} {server.url}") as worker:
            answer, seconds = timed(worker.check, "alice", "alice's")
            assert answer[0] == "OK"
            in_time(seconds, 0.5 * SLOW)
        with Ldap(f"{first.url} {first.url}") as worker:
            answer, seconds = timed(worker.check, "alice", "alice's")
            assert answer[0] == "UNAVAILABLE"
            in_time(seconds, 0.5 * SLOW)
            assert answer[2].count("(put aside)") == 2


@pytest.mark.parametrize("full", [False, True])
def test_black_hole(server, full):
    """It accepts and is silent, or does not even complete the handshake."""
    with BlackHole(full) as hole, Ldap(f"{hole.url} {server.url}") as worker:
        answer, seconds = timed(worker.check, "alice", "alice's", milliseconds=1000 * SLOW)
        assert answer[0] == "OK"
        in_time(seconds, 0.9 * SLOW)
        answer, seconds = timed(worker.check, "alice", "alice's")
        assert answer[0] == "OK"
        in_time(seconds, 0.2 * SLOW)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("timeout", [1, 30])
def test_referral_to_a_black_hole(directory, ldap_database, full, timeout):
    """libldap connects to it by itself, and asks there, while it waits for an answer."""
    away = f"ou=away,{ldif.BASE}"
    with Slapd(directory / "slapd", ldap_database) as server, BlackHole(full) as hole:
        server.add(away, objectClass=["referral", "extensibleObject"], ou="away", ref=f"{hole.url}{ldif.PEOPLE}")
        with Ldap(server.url, ldap_referrals="yes", ldap_search_base=away, ldap_timeout=timeout) as worker:
            answer, seconds = timed(worker.check, "alice", "alice's", milliseconds=(1500 if timeout > 1 else 5000) * SLOW)
            assert answer[0] == "UNAVAILABLE"
            in_time(seconds, 2 * SLOW)
        assert hole.connections() > 0


def test_what_is_no_filter_proves_nothing(directory, ldap_database, server):
    """A service that makes none of it does not put a good server aside."""
    with Slapd(directory / "first", ldap_database) as first, \
            Ldap(f"{first.url} {server.url}", ldap_filter="(&(uid=%u)(|(%s=*)(uid=*)))") as worker:
        before = server.connections()
        result, _, reason = worker.check("alice", "alice's", "im ap")
        assert (result, "not a filter" in reason) == ("UNAVAILABLE", True)
        assert worker.check("alice", "alice's", "cn")[0] == "OK"
        assert server.connections() == before


def test_little_time_proves_nothing(directory, ldap_database):
    """A login that has waited in a queue until its deadline does not put a good server aside."""
    with Slapd(directory / "slapd", ldap_database) as server, Ldap(server.url) as worker:
        assert worker.check("alice", "alice's")[0] == "OK"
        server.freeze()
        assert worker.check("alice", "alice's", milliseconds=4)[0] == "UNAVAILABLE"
        server.resume()
        assert worker.check("alice", "alice's")[0] == "OK"


def test_black_hole_of_tls(server, ldap_certificates):
    with BlackHole() as hole, Ldap(f"{hole.tls_url} {server.tls_url}",
                                   ldap_tls_cacert_file=ldap_certificates.path("ca")) as worker:
        answer, seconds = timed(worker.check, "alice", "alice's", milliseconds=1000 * SLOW)
        assert answer[0] == "OK"
        in_time(seconds, 0.9 * SLOW)


def test_all_hang(directory, ldap_database):
    """Everybody is answered within the time that is left, the next at once; then they are back, all by themselves."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Slapd(directory / name, ldap_database)) for name in ("first", "second")]
        worker = stack.enter_context(Ldap(" ".join(server.url for server in servers)))
        assert worker.check("alice", "alice's")[0] == "OK"
        for server in servers:
            server.freeze()
        answer, seconds = timed(worker.check, "alice", "alice's", milliseconds=1000 * SLOW)
        assert answer[0] == "UNAVAILABLE"
        in_time(seconds, 1 * SLOW)
        assert all(server.url in answer[2] for server in servers)
        answer, seconds = timed(worker.check, "alice", "alice's")
        assert answer[0] == "UNAVAILABLE"
        in_time(seconds, 0.2 * SLOW)
        for server in servers:
            server.resume()
        wait_for(lambda: worker.check("alice", "alice's")[0] == "OK", "a server to be asked again", 5 * SLOW)


def test_dead_first_server(directory, ldap_database, server):
    with Slapd(directory / "first", ldap_database) as first, Ldap(f"{first.url} {server.url}") as worker:
        first.kill()
        for _ in range(5):
            answer, seconds = timed(worker.check, "alice", "alice's")
            assert answer[0] == "OK"
            in_time(seconds, 0.5 * SLOW)


def test_a_server_that_is_back_meanwhile(directory, ldap_database):
    """One that failed before, and is found to answer while the other is asked, is tried when that one fails."""
    with Slapd(directory / "first", ldap_database) as first, Slapd(directory / "second", ldap_database) as second, \
            Ldap(f"{first.url} {second.url}") as worker, concurrent.futures.ThreadPoolExecutor(1) as threads:
        first.kill()
        assert worker.check("alice", "alice's")[0] == "OK"
        second.freeze()
        answer = threads.submit(worker.check, "alice", "alice's", milliseconds=10000 * SLOW)
        before = len(first.log())
        first.start()
        wait_for(lambda: re.search(r"(?s) conn=(\d+) \S+ ACCEPT from IP=.* conn=\1 \S+ closed", first.log()[before:]),
                 "the first to be probed")
        second.kill()
        assert answer.result()[0] == "OK"


def test_wrong_host_name(directory, ldap_database, ldap_certificates):
    """Never downgraded, and the next server is asked."""
    with Slapd(directory / "first", ldap_database, ldap_certificates, "wrong") as wrong, \
            Slapd(directory / "second", ldap_database, ldap_certificates) as right:
        ca = ldap_certificates.path("ca")
        with Ldap(wrong.url, ldap_start_tls="yes", ldap_tls_cacert_file=ca) as worker:
            result, _, reason = worker.check("alice", "alice's")
            assert (result, "TLS: " in reason) == ("UNAVAILABLE", True), reason
        with Ldap(f"{wrong.tls_url} {right.tls_url}", ldap_tls_cacert_file=ca) as worker:
            assert worker.check("alice", "alice's")[0] == "OK"
        assert wrong.binds() == []


def test_rules(server, directory):
    """A backend of saslward.conf, and names that lead around a rule."""
    config = f'''backend corp ldap ldap_servers={server.url} ldap_search_base="{ldif.PEOPLE}" \
    ldap_filter="(|(uid=%u)(mail=%u))" workers=1
deny user=eve
permit service=imap with=corp
'''
    with Daemon(directory / "run", config=config, ready=["corp"]) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "alice's", "imap"))
        for login in ("eve", "EVE", "ｅｖｅ", "marketing@example.org"):
            assert not is_ok(ask(daemon.socket, login, "eve's", "imap"))
        assert daemon.last_reason() == 'account is "eve"'


def test_rules_for_users_who_may_not_read_their_entries(server, directory):
    config = f'''backend corp ldap ldap_servers={server.url} ldap_auth_method=fastbind ldap_filter="uid=%u,{ldif.PRIVATE}" workers=1
deny user=pat realm=out
permit service=imap realm=* with=corp
'''
    with Daemon(directory / "run", config=config, ready=["corp"]) as daemon:
        assert is_ok(ask(daemon.socket, "PAT", "private pat's", "imap", "in"))
        for login in ("pat", "PAT", "ｐａｔ"):
            assert not is_ok(ask(daemon.socket, login, "private pat's", "imap", "out"))
        assert daemon.last_reason() == 'account is "pat"'
