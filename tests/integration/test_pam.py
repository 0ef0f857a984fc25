# SPDX-License-Identifier: BSD-2-Clause
"""The PAM backend: real Linux-PAM and its modules, with service files and accounts that only the daemon under test sees,
in a mount namespace of its own. They run for an ordinary user, too (see host.py)."""
import os
import pathlib
import re
import shutil
import signal
import time

import pytest
from client import ask, checkpass, is_ok, saslward_test, testsaslauthd
from daemon import SLOW, in_time
from host import AS_ROOT, AUDIT_TO_STDERR, DENY, MISBEHAVE, PERMIT, UNIX, Host, Worker, misbehave, missing, refused_for

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

PERMIT_MODULE = next(path for pattern in ("lib/*/security", "lib*/security", "usr/lib*/security")
                     for path in pathlib.Path("/").glob(f"{pattern}/pam_permit.so"))


@pytest.fixture(name="host")
def make_host(directory):
    return Host(directory)


def test_permit_and_deny(host):
    host.service("imap", PERMIT)
    host.service("smtp", DENY)
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "anybody", "x", "imap"))
        assert refused_for(daemon, "anybody", "x", "smtp") == "pam_authenticate: authentication failure"
        assert checkpass(daemon.socket, "anybody", "x", service="imap")
        assert testsaslauthd(daemon.socket, "anybody", "x", service="imap")
        assert saslward_test(daemon.socket, "anybody", "x", service="imap")
        assert not checkpass(daemon.socket, "anybody", "x", service="smtp")
        daemon.wait_log(r"\[mech=pam\]")


@pytest.mark.skipif(not AS_ROOT, reason="needs root: pam_rootok trusts nobody else")
def test_warning_of_all_services(host):
    """Once, and not again for each login or reload."""
    host.service("su", PERMIT)
    with host.daemon() as daemon:
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log("generation 2 has relieved")
        assert is_ok(ask(daemon.socket, "alice", "x", "su"))
        assert daemon.log().count("pam_rootok") == 1


# (login, password, the reason, or None where it is right)
UNIX_LOGINS = [
    ("alice", "secret", None),
    ("alice", "wrong", "pam_authenticate: authentication failure"),
    ("alice", "secret2", "pam_authenticate: authentication failure"),
    ("bob", "b" * 200, None),
    ("bob", "b" * 199, "pam_authenticate: authentication failure"),
    ("dora", "Grüße, 日本語 €", None),
    ("nobody-here", "secret", "pam_authenticate: no such user"),
    ("locked", "secret", "pam_authenticate: authentication failure"),
    ("expired", "secret", "pam_acct_mgmt: the account has expired"),
    ("disabled", "secret", "pam_acct_mgmt: the account has expired"),
    ("endstoday", "secret", "pam_acct_mgmt: the account has expired"),
    ("lastday", "secret", None),
    ("mustchange", "secret", "pam_acct_mgmt: the password must be changed first"),
    ("mustchange", "wrong", "pam_authenticate: authentication failure"),
    ("stale", "secret", "pam_acct_mgmt: the password must be changed first"),
    ("nopassword", "secret", "pam_authenticate: authentication failure"),
]


@pytest.mark.parametrize("login, password, reason", UNIX_LOGINS)
def test_unix(host, login, password, reason):
    """Real hashes; and no failure sleeps: pam_unix asks for two seconds."""
    host.service("imap", UNIX)
    with host.daemon(workers=1) as daemon:
        ask(daemon.socket, "alice", "secret", "imap")  # the modules are loaded
        began = time.monotonic()
        if reason is None:
            assert is_ok(ask(daemon.socket, login, password, "imap"))
        else:
            assert refused_for(daemon, login, password, "imap").split(";")[0] == reason
        in_time(time.monotonic() - began, 1 * SLOW)


# What pam_debug(8) returns, the function, our words, and whether the daemon could tell (RESULT)
CODES = {
    "acct_expired": "the account has expired",
    "authinfo_unavail": "the user database cannot be reached",
    "auth_err": "authentication failure",
    "cred_insufficient": "no access to the passwords",
    "maxtries": "too many tries",
    "new_authtok_reqd": "the password must be changed first",
    "perm_denied": "permission denied",
    "user_unknown": "no such user",
    "abort": "critical error, PAM gave up",
    "service_err": "error in a module",
    "system_err": "system error",
    "authtok_expired": "the password has expired",
    "cred_expired": "the credentials have expired",
    "try_again": "the module wants to be asked again",
    "conv_err": "a module asked what we cannot answer",
    "module_unknown": "a module is not installed",
}


@pytest.mark.parametrize("stage", ["auth", "acct"])
def test_codes(host, stage):
    """Every code is a refusal, and says what it was."""
    for code in CODES:
        auth, account = (code, "success") if stage == "auth" else ("success", code)
        host.service(code, f"auth required pam_debug.so auth={auth}\naccount required pam_debug.so acct={account}\n")
    with host.daemon() as daemon:
        function = "pam_authenticate" if stage == "auth" else "pam_acct_mgmt"
        for code, words in CODES.items():
            assert refused_for(daemon, "alice", "x", code).split(";")[0] == f"{function}: {words}"


def test_missing_module(host):
    host.service("imap", "auth required pam_not_there.so\naccount required pam_permit.so\n")
    with host.daemon() as daemon:
        assert refused_for(daemon, "alice", "secret", "imap").startswith("pam_authenticate: a module")


def test_upgraded_module(host):
    """Loaded modules stay while a worker lives, so a new file counts no later than with the next worker."""
    module = host.directory / "pam_mine.so"
    shutil.copy(MISBEHAVE, module)
    host.service("imap", f"auth required {module} say=old\nauth required pam_deny.so\naccount required pam_permit.so\n")
    with host.daemon(workers=1) as daemon:
        assert "old" in refused_for(daemon, "alice", "x", "imap")
        shutil.copy(PERMIT_MODULE, host.directory / "new")
        os.replace(host.directory / "new", module)
        for _ in range(101):
            reason = refused_for(daemon, "alice", "x", "imap")
            if "old" not in reason:
                return
        raise AssertionError("still the old module")


def test_listfile(host):
    """A list of who may not, as administrators have it for each service."""
    (host.directory / "denied").write_text("bob\n")
    host.service("imap", f"auth required pam_listfile.so item=user sense=deny file={host.directory}/denied onerr=fail\n" + UNIX)
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "alice", "secret", "imap"))
        assert refused_for(daemon, "bob", "b" * 200, "imap").startswith("pam_authenticate: authentication failure")


def test_exec(host):
    """pam_exec gets the password on its standard input, and who asks in its environment: there is no terminal, and no user
    of ours."""
    script = host.directory / "check"
    script.write_text('#!/bin/sh\nread password\n[ "$password" = xyzzy ] && [ "$PAM_USER" = carol ] && [ "$PAM_RHOST" = 192.0.2.9 ]'
                      ' && [ -z "${PAM_TTY+set}${PAM_RUSER+set}" ]\n')
    script.chmod(0o755)
    host.service("imap", f"auth required pam_exec.so expose_authtok quiet {script}\naccount required pam_permit.so\n")
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "carol", "xyzzy", "imap", "", "192.0.2.9;4711"))
        assert not is_ok(ask(daemon.socket, "carol", "xyzzy", "imap", "", "192.0.2.8;4711"))
        assert not is_ok(ask(daemon.socket, "carol", "wrong", "imap", "", "192.0.2.9;4711"))


def test_long_password(host):
    """Modules may cut what is longer than PAM's answers can be (pam_exec does): what is cut may be somebody's."""
    script = host.directory / "check"
    script.write_text(f'#!/bin/sh\n[ "$(cat)" = {"b" * 511} ]\n')
    script.chmod(0o755)
    host.service("imap", f"auth required pam_exec.so expose_authtok quiet {script}\naccount required pam_permit.so\n")
    with Worker(host, "pam") as worker:
        assert worker.ask("alice", "b" * 511, "imap") == ("OK", "alice", "")
        for length in (512, 900, 4096):
            assert worker.ask("alice", "b" * length, "imap") == ("MISMATCH", "", "longer than a password of PAM can be")
        assert worker.ask("a" * 511, "b" * 511, "imap")[0] == "OK"
        assert worker.ask("a" * 512, "b" * 511, "imap")[0] == "DENIED"


def test_faillock(host):
    """It counts, over the workers, and locks."""
    counts = host.directory / "faillock"
    host.service("imap", f"auth required pam_faillock.so preauth dir={counts} deny=3 unlock_time=600\n"
                 f"auth [success=1 default=ignore] pam_unix.so\nauth [default=die] pam_faillock.so authfail dir={counts} deny=3\n"
                 f"auth required pam_permit.so\naccount required pam_faillock.so dir={counts}\naccount required pam_unix.so\n")
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "alice", "secret", "imap"))
        for _ in range(3):
            refused_for(daemon, "alice", "wrong", "imap")
        refused_for(daemon, "alice", "secret", "imap")
        assert is_ok(ask(daemon.socket, "bob", "b" * 200, "imap"))


def test_conversation(host):
    host.service("both", misbehave("login=alice password=secret"))
    host.service("twice", misbehave("password=secret password=secret"))
    host.service("radio", misbehave("style=5"))
    host.service("binary", misbehave("style=7"))
    host.service("said", misbehave("say=first say=second") + "auth required pam_deny.so\n")
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "alice", "secret", "both"))
        refused_for(daemon, "alice", "wrong", "both")
        refused_for(daemon, "bob", "secret", "both")
        assert is_ok(ask(daemon.socket, "alice", "secret", "twice"))
        assert "asked what we cannot answer" in refused_for(daemon, "alice", "secret", "radio")
        assert "asked what we cannot answer" in refused_for(daemon, "alice", "secret", "binary")
        assert refused_for(daemon, "alice", "secret", "said") == "pam_authenticate: authentication failure; first / second"


def test_remote_host(host):
    host.service("with", misbehave("host=192.0.2.7"))
    host.service("without", misbehave("host=none"))
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "alice", "x", "with", "", "192.0.2.7;1234"))
        assert not is_ok(ask(daemon.socket, "alice", "x", "with", "", "192.0.2.8;1234"))
        assert is_ok(ask(daemon.socket, "alice", "x", "without"))


def test_results(host):
    """What the daemon hears: the five results apart, and whose account it is."""
    host.service("imap", UNIX)
    host.service("renamed", misbehave("user=bob"))
    host.service("nobody", misbehave("user="))
    with Worker(host, "pam") as worker:
        assert worker.ask("alice", "secret", "imap") == ("OK", "alice", "")
        assert worker.ask("alice", "wrong", "imap")[0] == "MISMATCH"
        assert worker.ask("mallory", "x", "imap")[0] == "UNKNOWN"
        assert worker.ask("expired", "secret", "imap")[0] == "DENIED"
        assert worker.ask("alice", "x", "renamed") == ("OK", "bob", "")
        assert worker.ask("alice", "x", "nobody") == ("UNAVAILABLE", "", "PAM does not say whose account it is")
        host.service("imap", "auth required pam_debug.so auth=authinfo_unavail\n")
        assert worker.ask("alice", "secret", "imap")[0] == "UNAVAILABLE"


SPELLINGS = ["ALICE", "Alice", "alice@corp.example", "ALICE@CORP"]


def test_account_of_many_names(host):
    """The user database knows it in any case and with any domain: a rule about it holds however it is typed."""
    host.nss()
    host.service("imap", UNIX)
    rules = """\
backend system pam services=imap workers=1
deny user=alice reason="left the company"
permit with=system
"""
    with host.daemon(config=rules) as daemon:
        assert refused_for(daemon, "alice", "secret", "imap") == "left the company"
        for login in SPELLINGS:
            assert refused_for(daemon, login, "secret", "imap") == 'account is "alice"'
        assert is_ok(ask(daemon.socket, "BOB", "b" * 200, "imap"))
        assert daemon.last_login()["account"] == "bob"


def test_account_with_its_domain(host):
    """As sssd calls them with use_fully_qualified_names: the rules are to choose the same for both names."""
    host.service("imap", misbehave("user=alice@corp.example"))
    rules = """\
backend system pam services=imap workers=1
permit realm=both user=alice,alice@corp.example with=system
permit realm=short user=alice with=system
"""
    with host.daemon(config=rules) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "x", "imap", "both"))
        assert refused_for(daemon, "alice", "x", "imap", "short") == 'account is "alice@corp.example"'


def test_user_database_that_fails(host):
    """Whose account it is cannot be told: nobody is let in by a name that may not be his own."""
    host.nss()
    host.service("imap", PERMIT)
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "mallory", "x", "imap"))
        assert refused_for(daemon, "fails", "x", "imap") == "the user database: Input/output error"


def test_pin_option(host):
    """A pinned module stays loaded while its worker lives; with pin=no a new file counts at once."""
    module = host.directory / "pam_mine.so"
    host.service("imap", f"auth required {module} say=old\nauth required pam_deny.so\n")
    for option, stays in (("pin=yes", True), ("pin=no", False)):
        shutil.copy(MISBEHAVE, host.directory / "new")
        os.replace(host.directory / "new", module)
        with Worker(host, "pam", option) as worker:
            assert worker.ask("alice", "x", "imap")[2].endswith("; old")
            shutil.copy(PERMIT_MODULE, host.directory / "new")
            os.replace(host.directory / "new", module)
            assert worker.ask("alice", "x", "imap")[2].endswith("; old") == stays


def audit_records(host, services):
    """(kind, result) of each that is written while the services are asked for, all of which let everybody in."""
    for service in set(services):
        host.service(service, PERMIT)
    with Worker(host, "pam", preload=AUDIT_TO_STDERR) as worker:
        for service in services:
            assert worker.ask("alice", "x", service)[0] == "OK"
    records = re.findall(r"^audit: (\S+).* result=(.*)$", worker.errors, re.MULTILINE)
    if not records:
        pytest.skip("this Linux-PAM writes no audit records")
    return records


@pytest.mark.parametrize("services", [["imap", "smtp", "imap"], [f"service{n}" for n in range(20)] * 2],
                         ids=["few services", "more than are kept loaded"])
def test_audit_records(host, services):
    """A login's own, and none of the pins: not while others are asked for, nor when the worker ends."""
    assert audit_records(host, services) == [("PAM:authentication", "1"), ("PAM:accounting", "1")] * len(services)


@pytest.mark.parametrize("option", ["pin=maybe", "service=%u", "service=%s%s", "nonsense=1", "word"])
def test_wrong_option(host, option):
    with pytest.raises(AssertionError, match="the worker ended"):
        with Worker(host, "pam", option):
            pass


def test_no_password_in_the_log(host):
    canary = "c4n4ry-p4ssw0rd"
    host.service("imap", UNIX)
    host.service("said", misbehave("say=x") + UNIX)
    with host.daemon() as daemon:
        for login, service in (("alice", "imap"), ("nobody", "imap"), ("alice", "said"), ("alice", "none"), ("alice", "IMAP")):
            refused_for(daemon, login, canary, service)
        assert canary not in daemon.log()
