# SPDX-License-Identifier: BSD-2-Clause
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import box
import libvirt
import mail
import pytest
import qemu
import slapd
from daemon import SETPASS, Daemon, TooLate, forget_passwords, lasting_passwords, remember_password

SASLPASSWD2 = shutil.which("saslpasswd2", path="/usr/sbin:/usr/bin:/sbin:/bin")

# (login, realm, password); None = the machine's name
USERS = [
    ("alice", "vmA", "secretA"),
    ("alice", "vmB", "secretB"),
    ("alice", None, "secretH"),
    ("bob", "vmA", "b" * 200),
    ("carol", "vmA", "c" * 4096),
    ("dora", "vmA", "Grüße, 日本語 €"),
    ("jürgen", "vmA", "umlaut"),
    ("eve", "x", "eve-x"),
    ("eve", None, "eve-host"),
    ("long" * 50, "vmA", "longname"),
    ("f", "r", "1"),
]


LATE = pytest.StashKey[bool]()

# a shell's background job ignores it, and so would all that tests start
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What was late is told to tests/summary, each time."""
    yield
    if call.excinfo and call.excinfo.errisinstance(TooLate):
        item.stash[LATE] = True
        item.user_properties.append(("late", str(call.excinfo.value)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """What was late may be run again, for which everything is made anew: what its file has in common may be as the
    test left it half way. Also, pytest-rerunfailures 10.2 forgets what else there is to take down."""
    if item.stash.get(LATE, False):
        del item.stash[LATE]
        limit_time_again(item)
        item.session._setupstate.teardown_exact(None)


def limit_time_again(item):
    """pytest-timeout 2.1 stops its clock at a failure, for debuggers; what is run again would take as long as it likes."""
    timeout = item.config.pluginmanager.getplugin("timeout")
    if timeout:
        item.ihook.pytest_timeout_set_timer(item=item, settings=timeout._get_item_settings(item))


def set_password(database, login, realm, password):
    """As an administrator does it, with Cyrus's own program, or libsasl2 where that would cut the password."""
    remember_password(password)
    if len(password.encode()) > 2047:
        subprocess.run([SETPASS, str(database), realm, login], input=password.encode(), check=True, timeout=60,
                       capture_output=True)
        return
    subprocess.run([SASLPASSWD2, "-p", "-c", "-f", str(database), "-u", realm or socket.gethostname(), login],
                   input=password.encode(), check=True, capture_output=True, timeout=60)


def delete_user(database, login, realm):
    subprocess.run([SASLPASSWD2, "-d", "-f", str(database), "-u", realm, login], check=True, timeout=60)


def temporary_directory():
    """Short, for the length of a socket's path, and open to the unprivileged processes."""
    with tempfile.TemporaryDirectory(prefix="swt") as path:
        pathlib.Path(path).chmod(0o755)
        yield pathlib.Path(path)


@pytest.fixture(name="directory")
def make_directory():
    yield from temporary_directory()


@pytest.fixture(name="place", scope="module")
def make_place():
    """As directory, but for all tests of a file."""
    yield from temporary_directory()


@pytest.fixture(autouse=True, scope="module")
def begin_without_passwords():
    forget_passwords()


def make_users(database, users):
    with lasting_passwords():
        for user in users:
            set_password(database, *user)
    return database


@pytest.fixture(name="pristine", scope="session")
def make_pristine(tmp_path_factory):
    return make_users(tmp_path_factory.mktemp("sasldb") / "sasldb2", USERS)


@pytest.fixture(name="database")
def make_database(pristine, directory):
    """A sasldb of one's own with USERS."""
    return pathlib.Path(shutil.copy(pristine, directory / "sasldb2"))


@pytest.fixture(name="daemon")
def make_daemon(directory, database):
    with Daemon(directory / "run", database, read_deadline=2) as daemon:
        yield daemon


# For the tests with mail servers, whose daemon is the fixture "shared" of their file.

@pytest.fixture(name="postfix", scope="module")
def make_postfix(place, shared):
    with mail.start(mail.Postfix, place / "postfix", shared.socket) as server:
        yield server


@pytest.fixture(name="cyrus_imap", scope="module")
def make_cyrus_imap(place, shared):
    with mail.start(mail.CyrusImap, place / "imap", shared.socket) as server:
        yield server


# For the tests with a directory server, slapd.Slapd.

@pytest.fixture(name="ldap_database", scope="session")
def make_ldap_database():
    """What stands in ldif.py, of which every server gets a copy."""
    slapd.require()
    for directory in temporary_directory():
        with lasting_passwords():
            database = slapd.make_database(directory)
        yield database


@pytest.fixture(name="ldap_certificates", scope="session")
def make_ldap_certificates():
    slapd.require()
    for directory in temporary_directory():
        yield slapd.Certificates(directory)


@pytest.fixture(name="certificates", scope="session")
def make_certificates():
    """For the SPICE servers of all tests with VMs, which need more than this machine may have."""
    qemu.require()
    for directory in temporary_directory():
        qemu.make_certificates(directory)
        yield directory


@pytest.fixture(name="machine", scope="module")
def make_machine(place, certificates):
    """A throw-away machine, for libvirt, whose VMs ask the mux in place/run."""
    libvirt.require()
    (place / "run").mkdir()
    (place / "run").chmod(0o755)
    qemu.configure_sasl(place / "libvirt-sasl", place / "run/mux")
    with box.Box(place, certificates) as machine:
        yield machine


@pytest.fixture(name="system", scope="module")
def make_system(place, certificates, machine):
    """The libvirtd of the machine."""
    return libvirt.Libvirt(machine, place / "libvirt-sasl", certificates)


def by_name(table):
    """The rows of a table as parameters, each called by its first column."""
    return [pytest.param(*case, id=what) for what, *case in table]
