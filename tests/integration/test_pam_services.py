# SPDX-License-Identifier: BSD-2-Clause
"""Service files of PAM: which are served, what a missing one comes to, and the examples that we install; with real
Linux-PAM, see test_pam.py."""
import pathlib
import re
import signal

import pytest
from client import ask, is_ok
from commands import as_json, saslward
from daemon import BUILD
from host import DENY, PERMIT, UNIX, Host, Worker, missing, missing_overlay, refused_for

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

BUILD_CONFIG = BUILD / "build-config.h"
SERVICES = pathlib.Path(__file__).resolve().parents[2] / "pam/services"


@pytest.fixture(name="host")
def make_host(directory):
    return Host(directory)


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


@pytest.mark.parametrize("service", ["IMAP", "Imap", "../imap", ".imap", "a/b", "..", ".", "i..p", "x" * 256, ""])
def test_service_names(host, service):
    host.service("imap", PERMIT)
    host.service("other", PERMIT)
    with host.daemon() as daemon:
        assert refused_for(daemon, "alice", "x", service) == "not a name of a PAM service"
        assert is_ok(ask(daemon.socket, "alice", "x", "imap"))


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
    host.add_account("carol", "*")
    host.nss()
    host.group("testers:x:7001:alice,expired,carol\n")
    with host.daemon(workers=1) as daemon:
        for number, (codes, login, password, reason) in enumerate(SSSD + (MAIL if mail else CONSOLES)):
            host.service(service, with_sssd(text, codes))
            fields = login, password, service, f"realm{number}"  # an OK is kept for a moment for who asks the same
            if reason is None:
                assert is_ok(ask(daemon.socket, *fields)), (codes, login, daemon.last_reason())
            else:
                assert refused_for(daemon, *fields).split(";")[0] == reason, (codes, login)
                assert (daemon.last_login()["result"] == "UNAVAILABLE") == ("cannot be reached" in reason)


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


def test_file_that_is_gone_at_a_reload(host):
    """It is named before the first user is refused."""
    host.service("imap", PERMIT)
    with host.daemon(config="backend mail pam services=imap workers=1\npermit with=mail\n", ready=("identity", "mail")) as daemon:
        assert "no /etc/pam.d" not in daemon.log()
        (host.services / "imap").unlink()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_log('mail: no /etc/pam.d/imap: PAM uses "other"')


def test_service_option(host):
    host.service("console-spice", PERMIT)
    host.service("fixed", PERMIT)
    with Worker(host, "pam", "service=console-%s") as worker:
        assert worker.ask("alice", "x", "spice")[0] == "OK"
        assert worker.ask("alice", "x", "vnc")[0] == "MISMATCH"  # "other"
    with Worker(host, "pam", "service=fixed") as worker:
        assert worker.ask("alice", "x", "whatever")[0] == "OK"
        assert worker.ask("alice", "x", "../x")[0] == "DENIED"


def test_services_are_explained_as_they_are_served(host):
    """services= holds the names that service= makes."""
    rules = """\
backend mail pam services=x-imap,x-pop service=x-%s workers=1
backend console pam services=console service=console workers=1
backend plain pam services=spice workers=1
permit service=a* with=console
permit service=smtp,spice user=bob with=mail
permit service=spice,vnc with=plain
permit with=mail
"""
    refusals = []
    with host.daemon(config=rules) as daemon:
        for service, user in [(s, u) for s in ("imap", "x-imap", "spice", "vnc", "a1", "IMAP", "a..b") for u in ("alice", "bob")]:
            reason = refused_for(daemon, user, "x", service)
            seen, _ = as_json(saslward("explain", "--config", daemon.config, "--service", service, "--user", user, "--json"))
            is_barred = "not served here" in reason or "not a name of" in reason
            assert (seen["verdict"], seen.get("line")) == ("refused" if is_barred else "let-in", None), (service, reason, seen)
            assert not is_barred or seen["reason"].startswith(reason)
            refusals += [(service, user)] * is_barred
        assert refusals == [("x-imap", "alice"), ("x-imap", "bob"), ("spice", "bob"), ("vnc", "alice"), ("vnc", "bob"),
                            ("IMAP", "alice"), ("IMAP", "bob"), ("a..b", "alice"), ("a..b", "bob")]
        cells = as_json(saslward("who", "--config", daemon.config, "--json"))[0]["cells"]
        verdicts = {(c["service"], c["user"]): c["verdict"] for c in cells if c["vm"] == "no VM"}
        assert {key for key, verdict in verdicts.items() if verdict == "yes"} == {
            ("imap", "bob"), ("imap", "anybody else"), ("pop", "bob"), ("pop", "anybody else"), ("spice", "anybody else"),
            ("a*", "bob"), ("a*", "anybody else")}
        said = saslward("check", daemon.config).stderr
        assert re.findall(r":(\d+):1: warning: nobody gets in for service (\S+): PAM service (\S+) is", said) == [
            ("5", "smtp", "x-smtp"), ("5", "spice", "x-spice"), ("6", "vnc", "vnc")], said


def test_no_line_that_lets_nobody_in(host):
    """What is proposed names a backend that serves the service."""
    config = host.directory / "c"
    config.write_text("backend system pam services=spice\nbackend mail pam services=imap\npermit service=spice vm=any with=system\n")
    for service, line in (("spice", "system"), ("imap", "mail"), ("pop", "sasldb")):
        seen, _ = as_json(saslward("explain", "--config", config, "--service", service, "--user", "alice", "--json"))
        assert seen["line"].endswith(f" with={line}"), seen
