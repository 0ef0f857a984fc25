# SPDX-License-Identifier: BSD-2-Clause
"""What real libvirtd and real systemd-machined tell of who asks, and which VM that is for saslwardd."""
import contextlib
import json
import os
import pwd
import re
import shutil
import subprocess
import uuid

import consoles
import libvirt
import pytest
import qemu
from conftest import by_name, set_password
from daemon import HERE, SASLWARD, WORKERS, wait_for

NAMES = ["plain", "web_1", "web1"]
NOBODY = 65534
PEOPLE = ["alice", "bob", "carol"]
# Gives the command the process number $0, of a process that has ended.
IMPOSTOR = """
pid=
until [ "$pid" = "$0" ]; do
        [ -z "$pid" ] || kill -KILL "$pid"
        echo "$(($0 - 1))" >/proc/sys/kernel/ns_last_pid
        "$@" & pid=$!
done
wait "$pid"
"""


@pytest.fixture(name="domains", scope="module")
def make_domains(system):
    """The UUIDs of three running VMs, by name."""
    return dict(zip(NAMES, system.create(*NAMES)))


@pytest.fixture(name="session", scope="module")
def make_session(place, certificates, machine):
    """A user's own libvirtd, with a VM that is called as one of the system's."""
    session = libvirt.Session(machine, place / "libvirt-sasl", certificates)
    session.create("mine")
    return session


@pytest.fixture(name="staff", scope="module")
def make_staff(place):
    """A sasldb with PEOPLE in the realm staff; a password is the login backwards."""
    for login in PEOPLE:
        set_password(place / "staff.db", login, "staff", login[::-1])
    return place / "staff.db"


@pytest.fixture(name="ward")
def make_ward(place, staff, machine):
    """ward(CONDITIONS..., identity=...): a saslwardd that permits people under these conditions, and nobody else."""
    def start(*conditions, identity=""):
        rules = "".join(f"permit service=spice {condition} with=consoles as-realm=staff\n" for condition in conditions)
        text = consoles.configuration(place / "run/mux", staff, rules, identity)
        return consoles.Configured(place / "run", text, machine)
    return start


def who_opens(system, name):
    return {login for login in PEOPLE if system.lets_in(name, login, login[::-1])}


class Witness:
    """The script witness.py on the mux of the VMs, as an unprivileged process."""

    def __init__(self, machine, directory, pid_files):
        self.machine, self.mux = machine, directory / "mux"
        self.command = [*machine.prefix, "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                        "/usr/bin/python3", str(HERE / "witness.py"), str(self.mux), *pid_files]

    def __enter__(self):
        os.chown(self.mux.parent, NOBODY, NOBODY)
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        wait_for(lambda: self.mux.exists() or self.process.poll() is not None, "the witness to listen")
        return self

    def __exit__(self, *_):
        self.machine.end(self.process)
        self.process.stdout.close()
        self.mux.unlink()
        os.chown(self.mux.parent, 0, 0)

    def asked(self):
        return json.loads(self.process.stdout.readline())


def pid_files(system, *names):
    return {name: f"{system.run_state}/{name}.pid" for name in names}


@pytest.mark.parametrize("name", NAMES)
def test_who_asks(place, machine, system, domains, name):
    """A VM's own process asks, from the scope that machined made, and holds a lock on its own pid file only."""
    files = pid_files(system, *domains)
    with Witness(machine, place / "run", files.values()) as witness:
        assert not system.lets_in(name, "alice", "secret")
        asked = witness.asked()
    assert (asked["pid"], asked["uid"]) == (system.pid(name), pwd.getpwnam("libvirt-qemu").pw_uid)
    number = system.virsh("domid", name).strip()
    scope = rf"/machine.slice/machine-qemu\x2d{number}\x2d{name.replace('_', '')}.scope"
    assert (asked["cgroup"] + "/").startswith(scope + "/")
    assert asked["command"][1:3] == ["-name", f"guest={name},debug-threads=on"]
    assert asked["files"] == {path: {"says": str(system.pid(name)), "locked by": system.pid(name)}
                              for name, path in files.items()}


def owner_and_mode(path):
    status = path.lstat()
    return status.st_uid, status.st_gid, f"{status.st_mode & 0o7777:o}"


@pytest.mark.parametrize("name", NAMES)
def test_files(machine, system, domains, name):
    """What identity is taken from belongs to root, and may be read by anybody, but for libvirt's XML."""
    record = f"{libvirt.MACHINES}/{system.machine(name)}"
    modes = {path: owner_and_mode(machine.path(path)) for path in (
        system.run_state, f"{system.run_state}/{name}.pid", f"{system.run_state}/{name}.xml", libvirt.MACHINES, record)}
    assert list(modes.values()) == [(0, 0, "755"), (0, 0, "644"), (0, 0, "600"), (0, 0, "755"), (0, 0, "644")], modes
    said = dict(line.split("=", 1) for line in machine.path(record).read_text().splitlines() if "=" in line)
    assert said | {"REALTIME": "", "MONOTONIC": ""} == {
        "NAME": system.machine(name), "SCOPE": system.scope(name).replace("\\", "\\\\"), "SERVICE": "libvirt-qemu",
        "ID": uuid.UUID(domains[name]).hex, "LEADER": str(system.pid(name)), "CLASS": "vm", "REALTIME": "",
        "MONOTONIC": ""}


def test_names_collapse(system, domains):
    assert re.sub(r"-\d+-", "-N-", system.machine("web_1")) == "qemu-N-web1"
    assert re.sub(r"-\d+-", "-N-", system.machine("web1")) == "qemu-N-web1"


@contextlib.contextmanager
def impostor(place, machine, system, certificates, name, pid):
    """A QEMU that was started by hand, and has the name, the user and the process number that a VM had."""
    if not os.path.exists("/proc/sys/kernel/ns_last_pid"):
        pytest.skip("this kernel lets nobody choose a process number (CONFIG_CHECKPOINT_RESTORE)")
    uid = pwd.getpwnam("libvirt-qemu").pw_uid
    starter = [*machine.prefix, "systemd-run", "--quiet", "--wait", "--pipe", "sh", "-c", IMPOSTOR, str(pid),
               *qemu.as_uid(uid)]
    with qemu.Qemu(place / name, name, place / "libvirt-sasl", certificates, uid, starter, machine.prefix) as found:
        yield found
    shutil.rmtree(place / name)


@contextlib.contextmanager
def left_behind(system, name):
    """libvirtd was killed, and then the VM: its number, which its pid file still says."""
    pid = system.pid(name)
    system.kill()
    system.box.run("kill", "-KILL", pid)
    wait_for(lambda: not system.box.path(f"/proc/{pid}").exists(), "the VM's end")
    try:
        yield pid
    finally:
        system.start()


def test_a_pid_file_that_was_left_behind(place, machine, system, certificates):
    """It says a number, and that may be another process's; but nobody holds a lock on it."""
    system.create("victim")
    path, = pid_files(system, "victim").values()
    with left_behind(system, "victim") as pid, impostor(place, machine, system, certificates, "victim", pid) as console:
        with Witness(machine, place / "run", [path]) as witness:
            assert not console.lets_in("alice", "secret")
            asked = witness.asked()
    assert asked["pid"] == pid
    assert asked["files"] == {path: {"says": str(pid), "locked by": None}}


def test_a_session_asks_from_its_users_slice(place, machine, session):
    with Witness(machine, place / "run", []) as witness:
        assert not session.lets_in("mine", "alice", "secret")
        asked = witness.asked()
    assert (asked["pid"], asked["uid"]) == (session.pid("mine"), session.uid)
    assert asked["cgroup"].startswith(f"/user.slice/user-{session.uid}.slice/user@{session.uid}.service/")


@contextlib.contextmanager
def without_machined(system):
    """A system where it is not installed. libvirtd looks for it once."""
    def restart(source, target):
        system.box.run("mv", f"{source}/org.freedesktop.machine1.service", target)
        system.box.run("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                       "ReloadConfig")
        system.box.run("systemctl", "stop", "systemd-machined")
        system.kill()
        system.start()
    services = "/usr/share/dbus-1/system-services"
    restart(services, "/root")
    try:
        yield
    finally:
        restart("/root", services)


def test_who_asks_without_machined(place, machine, system):
    """Where the old hierarchies have the controllers, the VM stays in libvirtd's own unit: only its pid file tells."""
    path, = pid_files(system, "lonely").values()
    with without_machined(system):
        system.create("lonely")
        with Witness(machine, place / "run", [path]) as witness:
            assert not system.lets_in("lonely", "alice", "secret")
            asked = witness.asked()
        system.virsh("destroy", "lonely")
    assert "machine.slice" not in asked["cgroup"]
    assert asked["files"] == {path: {"says": str(asked["pid"]), "locked by": asked["pid"]}}


@consoles.needs_configuration
def test_names_that_collapse_are_told_apart(system, domains, ward):
    with ward("vm=web_1 user=alice", "vm=web1 user=bob", f"vm=uuid:{domains['web_1']} user=carol"):
        assert who_opens(system, "web_1") == {"alice", "carol"}
        assert who_opens(system, "web1") == {"bob"}


LONG = "long-" + "x" * 74
# two names, and what machined calls both, but for the number in front
COLLAPSING = [
    ("a number in front", ("5-vmA", "vmA"), r"qemu-\d+-(\d+-)?vmA"),
    ("beyond ASCII", ("vmé", "vm"), r"qemu-\d+-vm"),
    ("80 bytes", (f"{LONG}1", f"{LONG}2"), r"qemu-\d+-long-x+"),
]


@pytest.mark.parametrize("names, machine_name", by_name(COLLAPSING))
@consoles.needs_configuration
def test_further_names_that_collapse_are_told_apart(system, ward, names, machine_name):
    """By the names, and by their UUIDs."""
    identifiers = system.create(*names)
    assert all(re.fullmatch(machine_name, system.machine(name)) for name in names)
    with ward(f"vm={names[0]} user=alice", f"vm={names[1]} user=bob", f"vm=uuid:{identifiers[0]} user=carol"):
        assert who_opens(system, names[0]) == {"alice", "carol"}
        assert who_opens(system, names[1]) == {"bob"}
    for name in names:
        system.virsh("destroy", name)


@pytest.mark.parametrize("name, verdict", [("web_1", "let-in"), ("web1", "refused")])
@pytest.mark.usefixtures("domains")
def test_a_process_is_explained(place, staff, machine, system, name, verdict):
    """As the daemon would find it if it asked."""
    config = place / f"{name}.conf"
    rule = "permit service=spice vm=web_1 user=alice with=consoles as-realm=staff\n"
    config.write_text(consoles.configuration(place / "run/mux", staff, rule))
    config.chmod(0o644)
    said = machine.run("env", f"SASLWARD_LIBEXECDIR={WORKERS}", SASLWARD, "explain", "--config", config, "--service", "spice",
                                  "--user", "alice", "--pid", system.pid(name), "--json", check=False)
    assert said.startswith("{"), said
    said = json.loads(said)
    assert (said["verdict"], said["request"]["vm"].split()[0]) == (verdict, name)


@consoles.needs_configuration
def test_libvirt_alone_tells_them_apart(system, domains, ward):
    with ward("vm=web_1 user=alice", "vm=web1 user=bob", identity="identity libvirt"):
        assert who_opens(system, "web_1") == {"alice"}
        assert who_opens(system, "web1") == {"bob"}


@consoles.needs_configuration
def test_machined_alone_knows_the_uuid_and_no_name(system, domains, ward):
    with ward("vm=web_1 user=alice", "vm=web1 user=bob", f"vm=uuid:{domains['web_1']} user=carol",
              identity="identity machined"):
        assert who_opens(system, "web_1") == {"carol"}
        assert who_opens(system, "web1") == set()


@consoles.needs_configuration
def test_libvirt_without_machined(system, ward):
    with without_machined(system):
        system.create("single")
        with ward("vm=single user=alice", "vm=none user=bob"):
            assert who_opens(system, "single") == {"alice"}
        system.virsh("destroy", "single")


@consoles.needs_configuration
def test_a_vm_is_started_again(system, ward):
    identifier, = system.create("restarted")
    with ward("vm=restarted user=alice", f"vm=uuid:{identifier} user=carol"):
        assert who_opens(system, "restarted") == {"alice", "carol"}
        before = system.pid("restarted")
        system.virsh("destroy", "restarted")
        system.virsh("start", "restarted", "--paused")
        assert system.pid("restarted") != before
        assert who_opens(system, "restarted") == {"alice", "carol"}


@consoles.needs_configuration
def test_a_vm_is_renamed(system, ward):
    identifier, = system.create("old")
    with ward("vm=old user=alice", "vm=new user=bob", f"vm=uuid:{identifier} user=carol"):
        assert who_opens(system, "old") == {"alice", "carol"}
        system.virsh("destroy", "old")
        system.virsh("domrename", "old", "new")
        system.virsh("start", "new", "--paused")
        assert who_opens(system, "new") == {"bob", "carol"}


@consoles.needs_configuration
def test_a_sessions_vm_is_no_vm(session, ward):
    with ward("vm=any user=alice", "vm=mine user=alice", "vm=none user=bob", f"peer=uid:{session.user} user=carol"):
        assert who_opens(session, "mine") == {"bob", "carol"}


@consoles.needs_configuration
def test_a_users_scope_that_is_called_as_a_machines(place, machine, system, session, certificates, domains, ward):
    """In his own slices, a user may call his scopes and VMs as he likes."""
    starter = [*machine.prefix, *session.manager, "--quiet", "--scope", "--slice=machine.slice",
               f"--unit={system.scope('plain')}"]
    with ward("vm=plain user=alice", "vm=none user=bob", f"vm=uuid:{domains['plain']} user=carol"), \
            qemu.Qemu(place / "mimic", "plain", place / "libvirt-sasl", certificates, session.uid, starter,
                      machine.prefix) as mimic:
        assert {login for login in PEOPLE if mimic.lets_in(login, login[::-1])} == {"bob"}


@consoles.needs_configuration
def test_who_got_the_number_of_a_vm_that_ended_is_no_vm(place, machine, system, certificates, ward):
    system.create("ended")
    with left_behind(system, "ended") as pid, impostor(place, machine, system, certificates, "ended", pid) as console:
        with ward("vm=ended user=alice", "vm=none user=bob", "vm=any user=carol"):
            assert {login for login in PEOPLE if console.lets_in(login, login[::-1])} == {"bob"}


def forget(system, name):
    """machined's record of a running VM is gone."""
    machine, scope = system.machine(name), system.scope(name)
    system.box.run("systemctl", "stop", "systemd-machined")
    system.box.run("rm", f"{libvirt.MACHINES}/{machine}", f"{libvirt.MACHINES}/unit:{scope}")


@consoles.needs_configuration
def test_machined_has_forgotten_the_vm(system, ward):
    identifier, = system.create("forgotten")
    conditions = ["vm=forgotten user=alice", "vm=none user=bob", f"vm=uuid:{identifier} user=carol"]
    with ward(*conditions, identity="identity machined"):
        assert who_opens(system, "forgotten") == {"carol"}
    forget(system, "forgotten")
    with ward(*conditions, identity="identity machined"):  # in a machine's scope, and nobody vouches
        assert who_opens(system, "forgotten") == set()
    with ward(*conditions, identity="identity libvirt"):
        assert "alice" in who_opens(system, "forgotten")
    system.box.run("rm", f"{system.run_state}/forgotten.pid")
    with ward(*conditions):
        assert who_opens(system, "forgotten") == set()
