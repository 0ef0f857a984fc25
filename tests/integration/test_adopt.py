# SPDX-License-Identifier: BSD-2-Clause
"""saslward adopt: what saslauthd's settings files become, in an /etc of its own. test_package.py makes the switch."""
import re

import pytest
from commands import as_json, too_wide
from conftest import by_name
from daemon import BUILD
from private_etc import OVERRIDES, PrivateEtc

OWN = re.search("^ListenStream=(.*)/mux$", (BUILD / "packaging/systemd/saslwardd.socket").read_text(), re.M)[1]
WORKER_DIRECTORY = re.search('WORKER_DIRECTORY "(.*)"', (BUILD / "build-config.h").read_text())[1]
PREFIX = WORKER_DIRECTORY.partition("/libexec")[0]
CONFIG, DROP_IN = "etc/saslward.conf", "etc/systemd/system/saslwardd.socket.d/adopt.conf"
DIRECTORIES = "etc/tmpfiles.d/saslauthd-directory.conf"
WRITTEN = [CONFIG, DROP_IN, DIRECTORIES]
SASLDB = f'START=yes\nMECHANISMS="sasldb"\nMECH_OPTIONS=""\nTHREADS=5\nOPTIONS="-m {OWN}"\n'
POSTFIX = "/var/spool/postfix/var/run/saslauthd"
SERVICES = "smtp,imap,pop,sieve,spice,vnc,ldap,libvirt,memcached,svn"


@pytest.fixture(name="etc")
def make_etc(directory):
    with PrivateEtc(directory) as etc:
        for settings in etc.path("etc/default").glob("saslauthd*"):
            settings.unlink()
        for path in WRITTEN:
            etc.path(path).unlink(missing_ok=True)
        etc.path("etc/sysconfig").mkdir(exist_ok=True)
        etc.path("etc/sysconfig/saslauthd").unlink(missing_ok=True)
        etc.path("etc/saslauthd.conf").write_text("ldap_search_base: dc=example,dc=com\n")
        yield etc


def write(etc, files):
    for path, text in files.items():
        etc.path(path).write_text(text)
        etc.path(path).chmod(0o644)


def statements(etc, path):
    """Its lines without comments."""
    return [line for line in etc.path(path).read_text().replace(" \\\n       ", "").splitlines()
            if line and line[0] != "#"]


def expected(backend, options, *, listen=(f"listen {OWN}/mux",)):
    return [*listen, f"backend {backend}", "group mail_services smtp,imap,pop,sieve",
            f"permit service=@mail_services {options} unavailable=temporary",
            f"permit service=spice,vnc {options}",
            f"permit service=!@mail_services,!spice,!vnc {options}"]


def default(mechanism, options="", others=""):
    return {"etc/default/saslauthd": f'START=yes\nMECHANISMS="{mechanism}"\nOPTIONS="-m {OWN} {options}"\n{others}'}


def sysconfig(text):
    return {"etc/sysconfig/saslauthd": text}


# what it is, the settings files, the configuration that does the same
SETTINGS = [
    ("sasldb", default("sasldb"), expected("sasldb sasldb", "with=sasldb")),
    ("pam", default("pam"), expected(f"pam pam services={SERVICES}", "with=pam")),
    ("ldap", default("ldap"), expected("ldap ldap", "with=ldap")),
    ("ldap, another file", default("ldap", others="MECH_OPTIONS=/etc/saslauthd.conf\n"),
     expected("ldap ldap config=/etc/saslauthd.conf", "with=ldap")),
    ("shadow, in capitals", default("SHADOW"), expected("shadow shadow", "with=shadow")),
    ("getpwent", default("getpwent"), expected("getpwent getpwent", "with=getpwent")),
    ("sasldb never heard of -O", default("sasldb", others="MECH_OPTIONS=/etc/other\n"),
     expected("sasldb sasldb", "with=sasldb")),
    ("-c", default("sasldb", "-c"), expected("sasldb sasldb", "with=sasldb cache=8h")),
    ("-c -t", default("sasldb", "-c -t 900"), expected("sasldb sasldb", "with=sasldb cache=15m")),
    ("-c -t, no minutes", default("sasldb", "-c -t 901"), expected("sasldb sasldb", "with=sasldb cache=901s")),
    ("-t alone", default("sasldb", "-t 900"), expected("sasldb sasldb", "with=sasldb")),
    ("-r", default("sasldb", "-r"), expected("sasldb sasldb", "with=sasldb as=%u%R")),
    ("five processes", default("sasldb", others="THREADS=5\n"), expected("sasldb sasldb", "with=sasldb")),
    ("three processes", default("sasldb", others="THREADS=3\n"), expected("sasldb sasldb workers=3", "with=sasldb")),
    ("a process each", default("sasldb", others="THREADS=0\n"), expected("sasldb sasldb jobs=1", "with=sasldb")),
    ("what has no effect", default("sasldb", "-l -s 128 -V"), expected("sasldb sasldb", "with=sasldb")),
    ("OPTIONS left out", {"etc/default/saslauthd": "START=yes\nMECHANISMS=sasldb\n"},
     expected("sasldb sasldb", "with=sasldb cache=8h", listen=["listen /run/saslauthd/mux"])),
    ("openSUSE", sysconfig('SASLAUTHD_AUTHMECH=pam\nSASLAUTHD_THREADS=3\nSASLAUTHD_PARAMS="-r -c"\n'),
     expected(f"pam pam workers=3 services={SERVICES}", "with=pam as=%u%R cache=8h")),
    ("Fedora", sysconfig(f'SOCKETDIR={OWN}\nMECH=ldap\nFLAGS="-O /etc/saslauthd.conf"\n'),
     expected("ldap ldap config=/etc/saslauthd.conf", "with=ldap")),
]


@pytest.mark.parametrize("files, config", by_name(SETTINGS))
def test_settings(etc, files, config):
    write(etc, files)
    done = etc.saslward("adopt", "--write")
    assert (done.returncode, done.stderr) == (0, "")
    assert statements(etc, CONFIG) == config
    check = etc.saslward("check")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_dry_run(etc):
    write(etc, default("sasldb", "-V"))
    done = etc.saslward("adopt")
    assert (done.returncode, done.stderr) == (0, "")
    assert "permit service=@mail_services with=sasldb unavailable=temporary\n" in done.stdout
    assert "Nothing is written" in done.stdout
    assert "# -V: start saslwardd with -V" in done.stdout
    assert [path for path in WRITTEN if etc.path(path).exists()] == []
    assert too_wide(done.stdout) == []


def test_the_way_back_of_a_dry_run(etc):
    """It tells of the file that is there as what --write would make of it."""
    write(etc, {"etc/default/saslauthd": SASLDB})
    assert f"    rm /{CONFIG}\n" in etc.saslward("adopt").stdout
    write(etc, {CONFIG: "# mine\n", f"{CONFIG}.before-adopt": "# older\n"})
    planned = etc.saslward("adopt").stdout
    assert f"    mv /{CONFIG}.before-adopt.2 /{CONFIG}\n" in planned and f"rm /{CONFIG}" not in planned
    assert "    mv /" in planned and planned.partition("And back")[2] == etc.saslward(
        "adopt", "--write").stdout.partition("And back")[2]


def test_whom_the_cache_is_for(etc):
    """saslauthd's was for all."""
    write(etc, default("sasldb", "-c"))
    assert "# for the process that asked, where saslauthd's counted for all" in etc.saslward("adopt").stdout


def test_services_of_pam(etc):
    """Others than those that saslwardd then asks for are named, but no program's that is none of SASL's."""
    write(etc, default("sasldb"))
    assert "services=" not in etc.saslward("adopt").stdout
    for path in etc.path("etc/pam.d").iterdir():
        path.unlink()
    write(etc, default("pam"))
    said = f"every service, and here these alone are asked for:\n\n    {SERVICES}\n"
    bare = etc.saslward("adopt").stdout
    assert said in bare and "There are files" not in bare
    write(etc, {f"etc/pam.d/{name}": "" for name in (
        *SERVICES.split(","), "http", "lmtp", "xmpp", "su", "su-l", "sudo", "sudo-i", "login", "sshd", "cron", "other",
        "common-auth", "passwd", "runuser", "chfn", "systemd-user", "http.dpkg-old", "lmtp~")})
    for options in ([], ["--write"]):
        shown = etc.saslward("adopt", *options).stdout
        assert f"{said}\n" in shown
        assert "services= in /etc/saslward.conf, too. There are files in /etc/pam.d for\n\n    http, lmtp, xmpp\n\n" in shown
        assert too_wide(shown) == []


@pytest.mark.parametrize("mechanism, package", [("pam", "saslward-pam"), ("ldap", "saslward-ldap"), ("sasldb", None)])
def test_a_backend_that_is_not_installed(etc, mechanism, package):
    """Where packages have been installed, and not the one that has it."""
    write(etc, default(mechanism))
    etc.run("mount", "-t", "tmpfs", "tmpfs", PREFIX)
    assert "First install" not in etc.saslward("adopt").stdout
    for program in ["resolve", "sasldb"]:
        path = etc.path(f"{WORKER_DIRECTORY}/{program}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o755)
    said = f"First install the package {package}, which has\n{WORKER_DIRECTORY}/{mechanism}.\n"
    assert etc.saslward("adopt").stdout.count(said) == (1 if package else 0)
    assert ("First install" in etc.saslward("adopt").stdout) == bool(package)


def test_json(etc):
    """All that is said, and the same of what is written."""
    write(etc, {"etc/default/saslauthd": SASLDB, "etc/default/saslauthd-off": "START=no\n"})
    seen, status = as_json(etc.saslward("adopt", "--json"))
    files = {file["path"]: file for file in seen["files"]}
    assert (status, seen["written"], seen["left_out"]) == (0, False, ["/etc/default/saslauthd-off"])
    assert "permit service=@mail_services with=sasldb unavailable=temporary" in files[f"/{CONFIG}"]["lines"]
    assert not etc.path(CONFIG).exists() and seen["start"][-1] == "systemctl enable --now saslwardd"
    write(etc, {CONFIG: "# mine\n"})
    written, status = as_json(etc.saslward("adopt", "--json", "--write"))
    file, = (file for file in written["files"] if file["path"] == f"/{CONFIG}")
    assert (status, written["written"], file["lines"]) == (0, True, etc.path(CONFIG).read_text().splitlines())
    assert file["undo"] == f"mv {file['before']} /{CONFIG}" and etc.path(file["before"]).read_text() == "# mine\n"


def test_nothing_is_lost(etc):
    """What was there is kept, each time that it is replaced."""
    kept = [f"{CONFIG}.before-adopt{number}" for number in ("", ".2")]
    write(etc, {"etc/default/saslauthd": SASLDB, CONFIG: "# mine\n"})
    assert f"/{CONFIG} is written; before: /{kept[0]}\n" in etc.saslward("adopt", "--write").stdout
    again = etc.saslward("adopt", "--write").stdout
    assert f"/{CONFIG} is so already\n" in again
    assert f"    mv /{kept[0]} /{CONFIG}\n" in again and f"rm /{CONFIG}" not in again
    write(etc, {CONFIG: "# mine again\n"})
    done = etc.saslward("adopt", "--write")
    assert f"/{CONFIG} is written; before: /{kept[1]}\n" in done.stdout
    assert f"    mv /{kept[1]} /{CONFIG}\n" in done.stdout
    assert [etc.path(path).read_text() for path in kept] == ["# mine\n", "# mine again\n"]
    assert sorted(path.name for path in etc.path("etc").glob("saslward.conf*")) == [
        "saslward.conf", "saslward.conf.before-adopt", "saslward.conf.before-adopt.2"]
    assert etc.path(CONFIG).stat().st_mode & 0o777 == 0o644


def test_several(etc):
    """Instances with and without START, which check logins in two ways, one of them at two sockets."""
    write(etc, {
        "etc/default/saslauthd": SASLDB,
        "etc/default/saslauthd-chroot": f'OPTIONS="-m {POSTFIX}"\n',  # the rest as before, as the shell has it
        "etc/default/saslauthd-ldap": 'MECHANISMS=ldap\nOPTIONS="-c -m /var/run/directory/"\n',
        "etc/default/saslauthd-off": "START=no\n",
        "etc/default/saslauthd.dpkg-old": "MECHANISMS=rimap\n",
        OVERRIDES: f"root ssl-cert 710 /etc/ssl/private\nmail #33 750 {POSTFIX}\n",
    })
    done = etc.saslward("adopt", "--write")
    assert (done.returncode, done.stderr) == (0, "")
    assert "/etc/default/saslauthd-off: START is not \"yes\" there: left out\n" in done.stdout
    sasldb = "socket=saslauthd,saslauthd-chroot with=sasldb"
    directory = "socket=saslauthd-ldap with=ldap cache=8h"
    assert statements(etc, CONFIG) == [
        f"listen {OWN}/mux name=saslauthd",
        f"listen {POSTFIX}/mux name=saslauthd-chroot",
        "listen /run/directory/mux name=saslauthd-ldap",
        "backend sasldb sasldb",
        "backend ldap ldap",
        "group mail_services smtp,imap,pop,sieve",
        f"permit service=@mail_services {sasldb} unavailable=temporary",
        f"permit service=@mail_services {directory} unavailable=temporary",
        f"permit service=spice,vnc {sasldb}",
        f"permit service=spice,vnc {directory}",
        f"permit service=!@mail_services,!spice,!vnc {sasldb}",
        f"permit service=!@mail_services,!spice,!vnc {directory}",
    ]
    assert statements(etc, DROP_IN) == ["[Socket]", f"ListenStream={POSTFIX}/mux", "ListenStream=/run/directory/mux"]
    assert statements(etc, DIRECTORIES) == [
        f"d {OWN} 710 root sasl -", f"d {POSTFIX} 750 mail www-data -", "d /run/directory 710 root sasl -"]


@pytest.mark.parametrize("ending", ["", "/", "//"])
def test_who_can_reach_a_directory(etc, ending):
    """Where OPTIONS has a slash at its end, the override has none."""
    write(etc, {"etc/default/saslauthd": SASLDB.replace(OWN, f"{OWN}{ending}"),
                OVERRIDES: f"postfix sasl 750 {OWN}\n"})
    done = etc.saslward("adopt", "--write")
    assert (done.returncode, statements(etc, DIRECTORIES)) == (0, [f"d {OWN} 750 postfix sasl -"])
    assert f"    systemd-tmpfiles --create /{DIRECTORIES}\n" in done.stdout


def test_a_file_of_another_time(etc):
    write(etc, sysconfig("SOCKETDIR=/run/elsewhere\nMECH=sasldb\n"))
    assert "is not needed" not in etc.saslward("adopt", "--write").stdout
    write(etc, sysconfig(f"SOCKETDIR={OWN}\nMECH=sasldb\n"))
    assert f"/{DROP_IN} is not needed with these settings; remove it\n" in etc.saslward("adopt", "--write").stdout


def test_another_place(etc):
    write(etc, {"etc/default/saslauthd": SASLDB.replace(OWN, "/run/elsewhere")})
    assert etc.saslward("adopt", "--write").returncode == 0
    assert statements(etc, DROP_IN) == ["[Socket]", "ListenStream=", "ListenStream=/run/elsewhere/mux"]


def test_the_same_place(etc):
    write(etc, sysconfig(f"SOCKETDIR={OWN}\nMECH=sasldb\n"))
    done = etc.saslward("adopt", "--write")
    assert done.returncode == 0 and "systemd-tmpfiles" not in done.stdout
    assert [path for path in WRITTEN if etc.path(path).exists()] == [CONFIG]


# what it is, the settings files, what is said
WRONG = [
    ("no settings", {}, "there is neither /etc/default/saslauthd nor /etc/sysconfig/saslauthd"),
    ("not started", {"etc/default/saslauthd": "MECHANISMS=pam\n"}, "set START=yes in /etc/default/saslauthd"),
    ("a program", {"etc/default/saslauthd": f"{SASLDB}if true; then THREADS=3; fi\n"},
     "/etc/default/saslauthd:6: only assignments"),
    ("another mechanism", default("rimap"), "unknown authentication mechanism: rimap"),
    ("another option", default("sasldb", "-x"), "/etc/default/saslauthd: this cannot be done here: saslauthd -a"),
    ("no mechanism", default(""), "this cannot be done here"),
    ("an error in saslauthd.conf", {**default("ldap"), "etc/saslauthd.conf": "ldap_scope: none\n"},
     "nothing is written"),
    ("a place in a file that is not there yet", {"etc/default/saslauthd": SASLDB.replace(OWN, f"/run/{'x' * 150}")},
     "what would be /etc/saslward.conf:"),
    ("two at one place", {"etc/default/saslauthd": SASLDB, "etc/default/saslauthd-b": f"OPTIONS='-c -m {OWN}/'\n"},
     f"/etc/default/saslauthd and /etc/default/saslauthd-b both have their socket at {OWN}/mux"),
]


@pytest.mark.parametrize("files, text", by_name(WRONG))
def test_wrong_settings(etc, files, text):
    write(etc, files)
    done = etc.saslward("adopt", "--write")
    assert done.returncode == 1
    assert text in done.stderr and "/proc/" not in done.stderr
    assert [path for path in WRITTEN if etc.path(path).exists()] == []


def test_settings_of_somebody_else(etc):
    """Whoever can write them is not believed."""
    write(etc, {"etc/default/saslauthd": SASLDB})
    etc.path("etc/default/saslauthd").chmod(0o666)
    done = etc.saslward("adopt")
    assert (done.returncode, done.stderr) == (
        1, "saslward adopt: /etc/default/saslauthd can be written by others; chmod go-w it\n")


def test_where_nothing_can_be_written(etc):
    write(etc, {"etc/default/saslauthd": SASLDB})
    etc.path(f"{CONFIG}/file").parent.mkdir()
    done = etc.saslward("adopt", "--write")
    assert done.returncode == 2
    assert f"/{CONFIG} cannot be written: " in done.stderr


@pytest.mark.parametrize("arguments", [["--read"], ["now"]])
def test_wrong_usage(etc, arguments):
    assert etc.saslward("adopt", *arguments).returncode == 2
