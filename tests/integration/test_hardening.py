# SPDX-License-Identifier: BSD-2-Clause
"""The hardening of saslwardd.service, line by line: each forbids something that can be done without it. A program runs in the
daemon's place, so that what the daemon itself gives up does not count."""
import re

import box
import pytest
from conftest import by_name
from daemon import BUILD, HERE, SLOW, WRAP

UNIT = (BUILD / "packaging/systemd/saslwardd.service").read_text()
DROP_INS = "/run/systemd/system/saslwardd.service.d"
PROGRAM = "/usr/local/bin/attempts.py"
FOUND = "/run/faillock/found"
# These take care of much that others are for, too, and are lifted when those are tried.
BROAD = ["CapabilityBoundingSet=~", "SystemCallFilter="]
# the line's beginning, what lifts it, what becomes of its attempt then
LINES = [
    ("CapabilityBoundingSet", "CapabilityBoundingSet=~", "done"),
    ("SystemCallFilter", "SystemCallFilter=", "done"),
    ("SystemCallFilter=~@resources", "SystemCallFilter=@resources", "done"),
    ("SystemCallErrorNumber", "SystemCallErrorNumber=", "killed"),
    ("NoNewPrivileges", "NoNewPrivileges=no", "done"),
    ("RestrictSUIDSGID", "RestrictSUIDSGID=no", "done"),
    ("RestrictNamespaces", "RestrictNamespaces=no", "done"),
    ("RestrictRealtime", "RestrictRealtime=no", "done"),
    ("LockPersonality", "LockPersonality=no", "done"),
    ("ProtectSystem", "ProtectSystem=no", "done"),
    ("ProtectHome", "ProtectHome=no", "done"),
    ("PrivateTmp", "PrivateTmp=no", "done"),
    ("UMask", "UMask=0022", "done"),
    ("ReadOnlyPaths", "ReadOnlyPaths=", "done"),
    ("LimitCORE", "LimitCORE=infinity", "done"),
    ("MemoryDenyWriteExecute", "MemoryDenyWriteExecute=no", "done"),
    ("PrivateDevices", "PrivateDevices=no", "done"),
    ("ProtectClock", "ProtectClock=no", "done"),
    ("ProtectControlGroups", "ProtectControlGroups=no", "done"),
    ("ProtectHostname", "ProtectHostname=no", "done"),
    ("ProtectKernelLogs", "ProtectKernelLogs=no", "done"),
    ("ProtectKernelModules", "ProtectKernelModules=no", "done"),
    ("ProtectKernelTunables", "ProtectKernelTunables=no", "done"),
    ("SystemCallArchitectures", "SystemCallArchitectures=", "done"),
    ("RestrictAddressFamilies", "RestrictAddressFamilies=", "done"),
]
# What no attempt shows.
OTHERS = {
    "LimitMEMLOCK": "allows; test_sandbox.py sees what is locked",
    "PrivateMounts": "ProtectSystem= and others imply it; it says so to those who lift them",
    "ReadWritePaths": "allows; test_units.py would have no socket, and no counts of pam_faillock",
}

pytestmark = pytest.mark.skipif(bool(WRAP) or SLOW > 1, reason="the units are for the program as it is released")


@pytest.fixture(name="machine", scope="module")
def make_machine(place):
    box.require()
    with box.Box(place) as machine:
        machine.run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet")
        machine.run("systemd-sysusers")
        machine.run("systemd-tmpfiles", "--create", "saslward.conf")
        machine.run("cp", HERE / "attempts.py", PROGRAM)
        machine.run("mkdir", "-p", "/usr/lib/modules", DROP_INS)
        machine.run("touch", "/dev/saslward.witness", "/tmp/saslward.witness")
        yield machine


def outcomes(machine, *lifted):
    """{line: what became of its attempt} where those lines are lifted."""
    machine.path(f"{DROP_INS}/test.conf").write_text("\n".join([
        "[Service]", "Type=oneshot", "WatchdogSec=0", "Restart=no", "ExecStart=",
        f"ExecStart=/usr/bin/python3 {PROGRAM} {FOUND}", *lifted, ""]))
    machine.run("rm", "-f", FOUND)
    machine.run("systemctl", "daemon-reload")
    machine.run("sh", "-c", "systemctl start saslwardd.service || { journalctl -u saslwardd.service; exit 1; }")
    return dict(line.split() for line in machine.path(FOUND).read_text().splitlines())


def refusal(name):
    """systemd has no errors for what is of no architecture of ours."""
    return "killed" if name == "SystemCallArchitectures" else "refused"


@pytest.fixture(name="narrow", scope="module")
def make_narrow(machine):
    return outcomes(machine, *BROAD)


def test_all_are_refused(machine):
    found = outcomes(machine)
    assert set(found) == {name for name, *_ in LINES}
    assert [name for name, outcome in found.items() if outcome != refusal(name)] == []


@pytest.mark.parametrize("lifted, outcome", by_name(LINES))
def test_a_line(machine, narrow, request, lifted, outcome):
    name = request.node.callspec.id
    is_broad = name.startswith("SystemCall") and name != "SystemCallArchitectures" or lifted in BROAD
    assert is_broad or narrow[name] == refusal(name)
    assert outcomes(machine, *([] if is_broad else BROAD), lifted)[name] == outcome


def test_no_line_is_left_out():
    hardening = UNIT[UNIT.index("NoNewPrivileges="):UNIT.index("[Install]")]
    lines = set(re.findall(r"^(\w+)=", hardening, re.M))
    assert lines == {name.partition("=")[0] for name, *_ in LINES} | set(OTHERS)
