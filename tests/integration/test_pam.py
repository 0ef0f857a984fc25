# SPDX-License-Identifier: BSD-2-Clause
"""The PAM backend: real Linux-PAM and its modules, with service files and accounts that only the daemon under test sees,
in a mount namespace of its own. They run for an ordinary user, too (see host.py)."""
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from client import Raw, ask, checkpass, is_ok, request, saslward_test, testsaslauthd
from daemon import BUILD, CONFINED, SASLWARD, SLOW, WRAP, in_time, processes, wait_for
from host import AS_ROOT, AUDIT_TO_STDERR, DENY, MISBEHAVE, PERMIT, UNIX, Host, Worker, hashed, misbehave, missing, \
    missing_overlay

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

PERMIT_MODULE = next(path for pattern in ("lib/*/security", "lib*/security", "usr/lib*/security")
                     for path in pathlib.Path("/").glob(f"{pattern}/pam_permit.so"))
BUILD_CONFIG = BUILD / "build-config.h"
SERVICES = pathlib.Path(__file__).resolve().parents[2] / "pam/services"


@pytest.fixture(name="host")
def make_host(directory):
    return Host(directory)


def refused_for(daemon, *fields):
    assert not is_ok(ask(daemon.socket, *fields))
    return daemon.last_reason()


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
    with host.daemon() as daemon:
        daemon.wait_log("pam_rootok")


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


def test_missing_service_file(host):
    """The upgrade disaster: a file is deleted while we run; the next failure names it, once in the log as a warning,
    and in the reason of each; it is put back, and the next login works."""
    host.service("imap", UNIX)
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "alice", "secret", "imap"))
        (host.services / "imap").unlink()
        for _ in range(3):
            assert refused_for(daemon, "alice", "secret", "imap") == \
                'no /etc/pam.d/imap: PAM used "other"; pam_authenticate: authentication failure'
        assert len(re.findall(r':worker +: pam: no /etc/pam.d/imap: PAM used "other"', daemon.log())) == 1
        host.service("imap", UNIX)
        assert is_ok(ask(daemon.socket, "alice", "secret", "imap"))
        assert refused_for(daemon, "alice", "wrong", "imap") == "pam_authenticate: authentication failure"
        assert refused_for(daemon, "alice", "secret", "spice").startswith('no /etc/pam.d/spice: PAM used "other"; ')
        daemon.wait_log(r':worker +: pam: no /etc/pam.d/spice: PAM used "other"')


def test_missing_service_file_that_lets_in(host):
    """As on Debian, where "other" is the common stack: it is an OK, and the administrator is told."""
    host.service("other", PERMIT)
    with host.daemon() as daemon:
        for _ in range(3):
            assert is_ok(ask(daemon.socket, "alice", "x", "spice"))
        daemon.wait_log(r':worker +: pam: no /etc/pam.d/spice: PAM used "other"')
        assert len(re.findall('PAM used "other"', daemon.log())) == 1


@pytest.mark.skipif(missing_overlay() is not None, reason=str(missing_overlay()))
def test_vendors_service_file(host):
    """It counts where libpam looks, which is not the same for every distribution, and only there."""
    host.vendor_service("/usr/lib/pam.d", "imap", PERMIT)
    host.vendor_service("/usr/share/pam.d", "smtp", PERMIT)
    reads = '"/usr/share/pam.d"' in BUILD_CONFIG.read_text()
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert "no /etc/pam.d/imap" not in daemon.log()
        assert is_ok(ask(daemon.socket, "alice", "x", "smtp")) == reads
        assert ('no /etc/pam.d/smtp: PAM used "other"' in daemon.log()) != reads


def test_changed_service_file(host):
    with host.daemon(workers=1) as daemon:
        for _ in range(3):
            host.service("imap", PERMIT)
            assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
            host.service("imap", DENY)
            refused_for(daemon, "alice", "x", "imap")


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


@pytest.mark.parametrize("service", ["IMAP", "Imap", "../imap", ".imap", "a/b", "..", ".", "i..p", "x" * 256, ""])
def test_service_names(host, service):
    host.service("imap", PERMIT)
    host.service("other", PERMIT)
    with host.daemon() as daemon:
        assert refused_for(daemon, "alice", "x", service) == "not a name of a PAM service"
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))


def test_listfile(host):
    """A list of who may not, as administrators have it for each service."""
    (host.directory / "denied").write_text("bob\n")
    host.service("imap", f"auth required pam_listfile.so item=user sense=deny file={host.directory}/denied onerr=fail\n" + UNIX)
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "alice", "secret", "imap"))
        assert refused_for(daemon, "bob", "b" * 200, "imap").startswith("pam_authenticate: authentication failure")


def test_exec(host):
    """pam_exec gets the password on its standard input, and who asks in its environment."""
    script = host.directory / "check"
    script.write_text('#!/bin/sh\nread password\n[ "$password" = xyzzy ] && [ "$PAM_USER" = carol ] && [ "$PAM_RHOST" = 192.0.2.9 ]\n')
    script.chmod(0o755)
    host.service("imap", f"auth required pam_exec.so expose_authtok quiet {script}\naccount required pam_permit.so\n")
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "carol", "xyzzy", "imap", "", "192.0.2.9;4711"))
        assert not is_ok(ask(daemon.socket, "carol", "xyzzy", "imap", "", "192.0.2.8;4711"))
        assert not is_ok(ask(daemon.socket, "carol", "wrong", "imap", "", "192.0.2.9;4711"))


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


WRONG = "pam_authenticate: authentication failure"
DOWN = "pam_authenticate: the user database cannot be reached"
EXPIRED = "pam_acct_mgmt: the account has expired"
# what pam_sss says of a password and of an account (None: it is not installed), login, password, the reason, or None
# where it is right. carol's account is in the directory that sssd knows: carol@corp finds it. lina's is not even there.
SSSD = [
    (None, "alice", "secret", None),
    (None, "alice", "wrong", WRONG),
    (None, "expired", "secret", EXPIRED),
    (None, "nobody-here", "secret", WRONG),
    (None, "carol@corp", "secret", WRONG),
    (("authinfo_unavail", "authinfo_unavail"), "alice", "secret", None),
    (("authinfo_unavail", "authinfo_unavail"), "alice", "wrong", WRONG),
    (("authinfo_unavail", "authinfo_unavail"), "expired", "secret", EXPIRED),
    (("authinfo_unavail", "authinfo_unavail"), "carol@corp", "secret", DOWN),
    (("authinfo_unavail", "authinfo_unavail"), "nobody-here", "secret", DOWN),
    (("user_unknown", "user_unknown"), "alice", "secret", None),
    (("user_unknown", "user_unknown"), "alice", "wrong", WRONG),
    (("user_unknown", "user_unknown"), "expired", "secret", EXPIRED),
    (("user_unknown", "user_unknown"), "nobody-here", "secret", "pam_authenticate: no such user"),
    (("success", "success"), "carol@corp", "secret", None),
    (("auth_err", "success"), "carol@corp", "wrong", WRONG),
    (("perm_denied", "success"), "carol@corp", "secret", "pam_authenticate: permission denied"),
    (("success", "perm_denied"), "carol@corp", "secret", "pam_acct_mgmt: permission denied"),
    (("success", "acct_expired"), "carol@corp", "secret", EXPIRED),
    (("success", "new_authtok_reqd"), "carol@corp", "secret", "pam_acct_mgmt: the password must be changed first"),
    (("success", "authinfo_unavail"), "carol@corp", "secret", "pam_acct_mgmt: the user database cannot be reached"),
]
MAIL = [
    (("success", "user_unknown"), "nobody-here", "secret", "pam_acct_mgmt: no such user"),
    (("success", "success"), "lina", "secret", None),
    (("success", "authinfo_unavail"), "lina", "secret", "pam_acct_mgmt: the user database cannot be reached"),
    (("authinfo_unavail", "authinfo_unavail"), "lina", "secret", DOWN),
    (None, "bob", "b" * 200, WRONG),  # the list
    (("success", "success"), "bob", "b" * 200, WRONG),
]
CONSOLES = [
    (None, "bob", "b" * 200, "pam_acct_mgmt: authentication failure"),  # the group
    (("success", "success"), "lina", "secret", "pam_acct_mgmt: authentication failure"),
    (("user_unknown", "user_unknown"), "bob", "wrong", WRONG),
]


def with_sssd(text, codes):
    """A service file with what pam_sss would say."""
    if codes is None:
        return text.replace("pam_sss.so", "pam_not_there.so")
    return text.replace("pam_sss.so forward_pass", f"pam_debug.so auth={codes[0]}") \
               .replace("pam_sss.so", f"pam_debug.so acct={codes[1]}")


@pytest.mark.parametrize("service", ["imap", "smtp", "spice", "vnc", "libvirt"])
def test_example_services(host, service):
    """The files that we install as examples: users of this machine do not depend on sssd, nobody gets in whom it does not
    vouch for, and no password is called wrong that could not be checked."""
    denied = host.directory / "denied"
    denied.write_text("bob\n")
    text = (SERVICES / service).read_text()
    mail = "pam_listfile" in text
    text = text.replace(f"/etc/{service}.denied", str(denied)).replace(f"ingroup {service}", "ingroup testers")
    host.account("carol", "*")
    host.nss("saslwardfold")
    host.group("testers:x:7001:alice,expired,carol\n")
    with host.daemon(workers=1) as daemon:
        for codes, login, password, reason in SSSD + (MAIL if mail else CONSOLES):
            host.service(service, with_sssd(text, codes))
            if reason is None:
                assert is_ok(ask(daemon.socket, login, password, service)), (codes, login, daemon.last_reason())
            else:
                assert refused_for(daemon, login, password, service).split(";")[0] == reason, (codes, login)


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
    host.nss("saslwardfold")
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
    host.nss("saslwardtest")
    host.service("imap", PERMIT)
    with host.daemon() as daemon:
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert refused_for(daemon, "mallory", "x", "imap") == "the user database: Input/output error"


def test_services_option(host):
    for service in ("imap", "smtp", "su"):
        host.service(service, PERMIT)
    with Worker(host, "pam", "services=imap,smtp") as worker:
        assert worker.notice == ""
        assert worker.ask("alice", "x", "imap")[0] == "OK"
        assert worker.ask("alice", "x", "smtp")[0] == "OK"
        for service in ("su", "ima", "imap,smtp", "im", "smtpx"):
            assert worker.ask("alice", "x", service) == ("DENIED", "", f"PAM service {service} is not served here")


def test_services_without_files(host):
    """Said at the start, before the first user is refused."""
    host.service("imap", PERMIT)
    with Worker(host, "pam", "services=smtp,imap,spice") as worker:
        assert worker.notice == 'no /etc/pam.d/smtp, spice: PAM uses "other"'
    with Worker(host, "pam", "services=" + ",".join(f"service{n}" for n in range(200))) as worker:
        assert worker.notice.startswith("no /etc/pam.d/service0, service1, ")
        assert len(worker.notice) == 512


def test_services_of_a_configuration(host):
    """What is not listed is not served, and what is listed without a file is named at the start."""
    for service in ("imap", "su", "console"):
        host.service(service, PERMIT)
    rules = """\
backend mail pam services=imap,smtp workers=1
backend console pam services=console service=console workers=1
permit service=spice with=console
permit with=mail
"""
    with host.daemon(config=rules) as daemon:
        daemon.wait_log('mail: no /etc/pam.d/smtp: PAM uses "other"')
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert is_ok(ask(daemon.socket, "alice", "x", "spice"))
        assert refused_for(daemon, "alice", "x", "su") == "PAM service su is not served here"
        assert refused_for(daemon, "alice", "x", "smtp").startswith('no /etc/pam.d/smtp: PAM used "other"')


def test_service_option(host):
    host.service("console-spice", PERMIT)
    host.service("fixed", PERMIT)
    with Worker(host, "pam", "service=console-%s") as worker:
        assert worker.ask("alice", "x", "spice")[0] == "OK"
        assert worker.ask("alice", "x", "vnc")[0] == "MISMATCH"  # "other"
    with Worker(host, "pam", "service=fixed") as worker:
        assert worker.ask("alice", "x", "whatever")[0] == "OK"
        assert worker.ask("alice", "x", "../x")[0] == "DENIED"


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


def test_audit_records(host):
    """A login's own, and none of the pins: when the worker ends, nothing has failed."""
    host.service("imap", PERMIT)
    host.service("smtp", PERMIT)
    with Worker(host, "pam", preload=AUDIT_TO_STDERR) as worker:
        for service in ("imap", "smtp", "imap"):
            assert worker.ask("alice", "x", service)[0] == "OK"
    records = re.findall(r"^audit: (\S+).* result=(.*)$", worker.errors, re.MULTILINE)
    if not records:
        pytest.skip("this Linux-PAM writes no audit records")
    assert records == [("PAM:authentication", "1"), ("PAM:accounting", "1")] * 3


@pytest.mark.parametrize("option", ["pin=maybe", "service=%u", "service=%s%s", "nonsense=1", "word"])
def test_wrong_option(host, option):
    with pytest.raises(AssertionError, match="the worker ended"):
        with Worker(host, "pam", option):
            pass


# Modules that do harm

def test_crash_every_third(host):
    """Every request is answered, and the right ones right, unless it was their own that crashed."""
    host.service("imap", misbehave("crash=3"))
    host.service("good", PERMIT)
    with host.daemon(workers=1) as daemon:
        answers = []
        for number in range(12):
            answers.append(is_ok(ask(daemon.socket, "alice", "x", "imap")))
            assert is_ok(ask(daemon.socket, "alice", "x", "good"))
        assert answers == [True, True, False] * 4
        daemon.wait_log(r"pam worker \(pid \d+\) was killed by signal 11")
        assert "worker ended" in daemon.log()


@pytest.mark.parametrize("status", [0, 1])
def test_exit(host, status):
    host.service("imap", misbehave(f"exit={status}"))
    host.service("good", PERMIT)
    with host.daemon(workers=1) as daemon:
        for _ in range(3):
            assert refused_for(daemon, "alice", "x", "imap") == "worker ended"
            assert is_ok(ask(daemon.socket, "alice", "x", "good"))


def test_hang(host):
    host.service("imap", misbehave("sleep=600"))
    host.service("good", PERMIT)
    with host.daemon(workers=2, deadline=0.5) as daemon, Raw(daemon.socket) as hung:
        hung.send(request("alice", "x", "imap"))
        assert is_ok(ask(daemon.socket, "alice", "x", "good"))
        assert hung.reply() == b"NO"
        assert "no answer within the deadline" in daemon.log()
        wait_for(lambda: is_ok(ask(daemon.socket, "alice", "x", "good")), "the next login")


def test_fork(host):
    """The copy that a module makes of us does not answer, too."""
    host.service("imap", misbehave("fork="))
    with host.daemon(workers=1) as daemon:
        for _ in range(10):
            assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert "replacing it" not in daemon.log()


def is_in_session(pid, session):
    try:
        return os.getsid(pid) == session
    except ProcessLookupError:
        return False


def test_helper_that_stays(host):
    """What a module starts ends with its worker."""
    host.service("imap", misbehave("linger=600"))
    with host.daemon(workers=0) as daemon:
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
    session = daemon.process.pid  # of its own, which no process of ours leaves
    wait_for(lambda: not any(is_in_session(pid, session) for pid, _, _ in processes()), "everything to end")


def test_disorder(host):
    host.service("imap", misbehave("disorder= print=OK"))
    with host.daemon(workers=1) as daemon:
        for _ in range(10):
            assert is_ok(ask(daemon.socket, "alice", "x", "imap"))


def test_closed_descriptors(host):
    """It closes our socket: the request is answered, by somebody else."""
    host.service("imap", misbehave("close=3"))
    host.service("good", PERMIT)
    with host.daemon(workers=1) as daemon:
        assert not is_ok(ask(daemon.socket, "alice", "x", "imap"))
        assert is_ok(ask(daemon.socket, "alice", "x", "good"))


def memory(pid):
    try:
        return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))
    except (OSError, AttributeError):  # it has ended
        return 0


LEAKS = 100_000 if CONFINED else 5_000  # sanitizers take their time


def ends(process, within):
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True


def most_memory(daemon, service, requests):
    """What a worker had at the most, in kB, while so many requests were made, all of them good."""
    answers = daemon.directory / "answers"
    most = 0
    with answers.open("wb") as output, subprocess.Popen(
            [SASLWARD, "test", "-f", str(daemon.socket), "-s", service, "-u", "alice", "-p", "x", "-R", str(requests)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output) as client:
        while not ends(client, within=0.02):
            most = max([most, *(memory(pid) for pid in daemon.workers())])
    lines = answers.read_text().splitlines()
    assert len(lines) == requests and all(line.endswith(': OK "Success."') for line in lines), lines[-3:]
    return most


@pytest.mark.timeout(300)
@pytest.mark.skipif(bool(WRAP), reason="valgrind keeps memory of its own")
def test_leak(host):
    """10 kB a request: a worker never has more than a hundred of them, and nobody else has any."""
    host.service("sound", misbehave(""))
    host.service("leak", misbehave("leak=10240"))
    with host.daemon(workers=1) as daemon:
        fresh = most_memory(daemon, "sound", 2000)
        before = {pid: memory(pid) for pid in (daemon.pid, daemon.front())}
        most = most_memory(daemon, "leak", LEAKS)
        assert most < fresh + 100 * 10 + 2000
        for pid, size in before.items():
            assert memory(pid) < size + 1000


def test_fresh_worker_for_each(host):
    host.service("imap", PERMIT)
    with host.daemon(workers=0) as daemon:
        daemon.workers(5)
        for _ in range(3):
            assert is_ok(ask(daemon.socket, "alice", "x", "imap"))
        wait_for(lambda: daemon.ready_workers() == 8 and len(daemon.workers()) == 5, "three new workers")


@pytest.mark.parametrize("mechanism", ["shadow", "getpwent"])
def test_user_database(host, mechanism):
    """saslauthd's own mechanisms for it."""
    passwd = host.directory / "passwd"
    passwd.write_text(passwd.read_text() + f"eve:{hashed('old style')}:6000:6000::/:/bin/false\n")
    with host.daemon(mechanism) as daemon:
        if mechanism == "getpwent":
            assert is_ok(ask(daemon.socket, "eve", "old style"))
            assert refused_for(daemon, "eve", "wrong") == "wrong password"
            assert refused_for(daemon, "alice", "secret") == "wrong password"  # its hash is elsewhere
            assert refused_for(daemon, "nobody-here", "x") == "no such user"
            return
        for login, password in (("alice", "secret"), ("bob", "b" * 200), ("dora", "Grüße, 日本語 €"), ("lastday", "secret"),
                                ("noaging", "secret")):
            assert is_ok(ask(daemon.socket, login, password))
            assert refused_for(daemon, login, "wrong") == "wrong password"
        for login, reason in (("locked", "the account is locked"), ("expired", "the account has expired"),
                              ("disabled", "the account has expired"), ("endstoday", "the account has expired"),
                              ("mustchange", "the password must be changed first"), ("stale", "the password has expired"),
                              ("nopassword", "the account has no password"), ("nobody-here", "no such user"),
                              ("eve", "no such user")):
            assert refused_for(daemon, login, "secret") == reason
        assert refused_for(daemon, "expired", "wrong") == "wrong password"


def test_nobody_has_a_hash(host):
    """A new machine, where there is no method to take the commonest of."""
    (host.directory / "shadow").write_text("root:*:19000:0:99999:7:::\n")
    with host.daemon("shadow") as daemon:
        for login, reason in (("root", "the account is locked"), ("nobody-here", "no such user")):
            assert refused_for(daemon, login, "secret") == reason


def processor_time(pid):
    """In nanoseconds; whatever else the machine does (Linux, Documentation/scheduler/sched-stats.rst)."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def test_unknown_user_is_no_faster(host):
    """A hash is computed for nobody, too. Without, the answer takes a hundredth."""
    def least(login):
        times = []
        for _ in range(5):
            before = processor_time(worker)
            assert not is_ok(ask(daemon.socket, login, "wrong"))
            times.append(processor_time(worker) - before)
        return min(times)

    with host.daemon("shadow", workers=1) as daemon:
        worker, = daemon.workers(1)
        known = least("alice")
        for login in ("nobody-here", "locked", "nopassword"):
            assert least(login) > known / 2


def test_no_password_in_the_log(host):
    canary = "c4n4ry-p4ssw0rd"
    host.service("imap", UNIX)
    host.service("said", misbehave("say=x") + UNIX)
    with host.daemon() as daemon:
        for login, service in (("alice", "imap"), ("nobody", "imap"), ("alice", "said"), ("alice", "none"), ("alice", "IMAP")):
            refused_for(daemon, login, canary, service)
        assert canary not in daemon.log()
