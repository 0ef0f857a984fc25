# SPDX-License-Identifier: BSD-2-Clause
"""Real libvirtd and its VMs, in a Box, and a real viewer's login at their consoles."""
import pathlib
import shutil
import xml.etree.ElementTree as xml

import box
import pytest
import qemu
from daemon import wait_for

MACHINES = "/run/systemd/machines"
# stdio_handler: virtlogd is one daemon more
SETTINGS = """\
spice_tls = 1
spice_tls_x509_cert_dir = "{certificates}"
spice_sasl = 1
spice_sasl_dir = "{sasl}"
stdio_handler = "file"
security_driver = "none"
"""
DOMAIN = """\
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>{emulator}</emulator>
    <graphics type='spice' autoport='yes' listen='127.0.0.1' defaultMode='secure'/>
    <video><model type='vga'/></video>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
</domain>
"""


def require():
    qemu.require()
    if not all(shutil.which(program, path=box.SYSTEM_PATH) for program in ("libvirtd", "virsh")):
        pytest.skip("libvirt is not installed; .ci/run installs it")
    box.require()


class Libvirt:
    """The system's libvirtd. Its VMs' consoles ask the mux; their processors stand still."""
    run_state = "/run/libvirt/qemu"
    settings = "/etc/libvirt"
    domain = DOMAIN
    manager = ("systemd-run",)
    connect = ("virsh", "--quiet", "--connect=qemu:///system")

    def __init__(self, machine, sasl, certificates):
        self.box = machine
        self.certificates = certificates
        self.starts = 0
        self.configure(SETTINGS.format(sasl=sasl, certificates=certificates))
        self.start()

    def configure(self, settings):
        self.box.run("mkdir", "-p", self.settings)
        self.box.path(f"{self.settings}/qemu.conf").write_text(settings)

    def start(self):
        self.starts += 1
        self.box.run(*self.manager, "--quiet", f"--unit={self.unit}", "--property=Type=notify",
                     "--property=KillMode=process", "libvirtd")

    @property
    def unit(self):
        return f"libvirtd-{self.starts}"

    def kill(self):
        """As the kernel does for want of memory: the VMs stay."""
        self.box.run("systemctl", "kill", "--kill-who=main", "--signal=KILL", self.unit)
        wait_for(lambda: self.box.run("systemctl", "is-active", self.unit, check=False) != "active\n", "libvirtd's end")

    def virsh(self, *arguments):
        return self.box.run(*self.connect, *arguments)

    def create(self, *names):
        """Defines and starts VMs. Returns their UUIDs."""
        for name in names:
            self.box.path("/tmp/domain.xml").write_text(self.domain.format(name=name, emulator=qemu.QEMU))
            self.virsh("define", "/tmp/domain.xml")
            self.virsh("start", name, "--paused")
        return [self.virsh("domuuid", name).strip() for name in names]

    def pid(self, name):
        """By the box's numbers."""
        return int(self.box.path(f"{self.run_state}/{name}.pid").read_text())

    def lets_in(self, name, user, password):
        graphics = xml.fromstring(self.virsh("dumpxml", name)).find("devices/graphics")
        return qemu.whole(qemu.spice_login(graphics.get("tlsPort"), self.certificates, user, password, self.box.prefix))

    def cgroup(self, name):
        lines = self.box.run("cat", f"/proc/{self.pid(name)}/cgroup").splitlines()
        return next(line[3:] for line in lines if line.startswith("0::"))

    def scope(self, name):
        return next(part for part in pathlib.Path(self.cgroup(name)).parts if part.endswith(".scope"))

    def machine(self, name):
        """What machined calls it."""
        return self.box.path(f"{MACHINES}/unit:{self.scope(name)}").readlink().name


class Session(Libvirt):
    """qemu:///session of some user, under his own systemd."""
    user, uid = "tester", 64991
    run_state = f"/run/user/{uid}/libvirt/qemu/run"
    settings = f"/home/{user}/.config/libvirt"
    as_user = ("runuser", f"--user={user}", "--", "env", f"XDG_RUNTIME_DIR=/run/user/{uid}", f"HOME=/home/{user}")
    manager = (*as_user, "systemd-run", "--user")
    connect = (*as_user, "virsh", "--quiet", "--connect=qemu:///session")

    def configure(self, settings):
        self.box.run("useradd", "--create-home", f"--uid={self.uid}", self.user)
        self.box.run("loginctl", "enable-linger", self.user)  # or his systemd ends 10 s after his last login
        self.box.run("systemctl", "start", f"user@{self.uid}.service")
        super().configure(settings)
        self.box.run("chown", "-R", f"{self.user}:", f"/home/{self.user}")
