# SPDX-License-Identifier: BSD-2-Clause
"""A machine that is set up right, for saslward doctor: this one's files, with changes that nobody else sees, and with
processes that see no others. What it has for QEMU, Postfix and Cyrus IMAP are their files and users."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import ldif
from conftest import set_password
from daemon import BUILD, HERE, PATIENCE, SASLWARD, SASLWARDD, WORKERS, WRAP, processes
from host import UNSHARE

SOURCES = HERE.parent.parent
DOCUMENTS = ["/usr/share/doc/saslward", "/usr/local/share/doc/saslward"]
DATABASE = "/etc/saslward/consoles"
QUEUE = "/var/spool/postfix"
SANITIZERS = ["ASAN_OPTIONS", "UBSAN_OPTIONS"]
USERS = {"saslward": 60001, "libvirt-qemu": 60002, "postfix": 60003, "cyrus": 60004}
# Process 1 reaps what daemons leave, and lasts as long as its input.
FIRST = "import signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); print('up', flush=True); sys.stdin.read()"
MOUNTS = """
directory=$0 root=$0/root first=$1
shift
mount -t tmpfs tmpfs "$directory" &&
mkdir "$directory/upper" "$directory/work" "$root" &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$directory/upper,workdir=$directory/work" "$root" &&
for path; do mount --bind "$path" "$root$path" || exit; done
mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount --rbind /sys "$root/sys" &&
mount -t tmpfs -o mode=755 tmpfs "$root/run" && exec chroot "$root" /usr/bin/python3 -c "$first"
"""
# There is no service manager: what it would do. Units that do not run here are "restarted" by doing nothing.
SYSTEMCTL = f"""#!/bin/sh
end() {{
        [ -e "$1" ] || return 0
        kill "$(cat "$1")" && while [ -e "$1" ]; do sleep 0.01; done
}}
case $* in
"enable --now saslwardd" | "restart saslwardd")
        end RUN/saslauthd.pid
        SASLWARD_LIBEXECDIR={WORKERS} {SASLWARDD} -d >/run/log 2>&1 &
        until {SASLWARD} status >/run/status; do sleep 0.01; done ;;
"disable --now saslauthd")
        end "$(cat /run/where-saslauthd-is)/saslauthd.pid"
        while pgrep -x saslauthd >/run/saslauthds; do sleep 0.01; done ;;
esac
"""
FILES = {
    "/etc/saslward.conf": """\
listen RUN/mux mode=0666
listen QUEUE/RUN/mux mode=0666 name=postfix
backend consoles sasldb path=DATABASE
backend system pam services=smtp,imap
backend corp ldap ldap_servers=SERVERS ldap_search_base=BASE

permit service=spice vm=any with=consoles as-realm=%v
permit service=smtp,imap with=system
permit service=sieve with=corp
""",
    "/etc/sasl2/qemu.conf": "# QEMU\npwcheck_method: saslauthd\nmech_list: plain\n",
    "/etc/libvirt/qemu.conf": '#spice_tls = 0\nspice_tls = 1\nspice_sasl = 1 # not open\nuser = "libvirt-qemu"\n',
    "/run/libvirt/qemu/vmA.xml": "<domstatus>\n  <domain type='kvm'>\n    <name>vmA</name>\n    <devices>\n"
                                 "      <graphics type='spice' tlsPort='5901' autoport='yes' listen='0.0.0.0'>\n",
    "/etc/postfix/main.cf": f"smtpd_sasl_auth_enable =\n  yes\nqueue_directory = {QUEUE}\n",
    "/etc/postfix/master.cf": "#smtp inet n - n - - smtpd\nsmtp      inet  n       -       y       -       -       smtpd\n",
    "/etc/postfix/sasl/smtpd.conf": "pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n",
    "/etc/imapd.conf": "sasl_mech_list: PLAIN\nsasl_pwcheck_method: saslauthd\n",
    "/etc/pam.d/smtp": "auth required pam_unix.so\n@include common-account\n-session optional pam_none.so\n",
    "/etc/pam.d/imap": "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\naccount include smtp\n",
    "/etc/apparmor.d/abstractions/libvirt-qemu": "  # for the console\n  /etc/sasl2/* r,\n  @{run}/{sasl2,saslauthd}/mux rw,\n",
    "/etc/apparmor.d/local/abstractions/libvirt-qemu": "",
}
ABSENT = ["/etc/sasl", "/etc/pam.d/qemu", "/etc/pam.d/spice", "/etc/sasl2", "/usr/lib/sasl2/qemu.conf"]


class Patient:
    """Started on entering, with a real daemon; nothing of it is left on leaving. It has the directory servers of these
    URIs."""

    def __init__(self, servers):
        self.servers = servers
        self.run_directory = re.search(r"\((/\S*)/mux\)", self.help())[1]

    @staticmethod
    def help():
        return subprocess.run([str(SASLWARD), "test", "--help"], capture_output=True, text=True, timeout=PATIENCE,
                              check=True).stdout

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="swpatient")
        self.holder = subprocess.Popen(
            [*UNSHARE, "--pid", "--uts", "--fork", "--kill-child", "sh", "-c", MOUNTS, self.directory.name, FIRST,
             str(BUILD), str(HERE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        try:
            assert self.holder.stdout.readline() == b"up\n"
            self.leader, = (pid for pid, parent, _ in processes() if parent == self.holder.pid)
            self.set_up()
            self.run("systemctl restart saslwardd")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        os.killpg(self.holder.pid, signal.SIGKILL)  # and with its first process all others
        self.holder.communicate(timeout=PATIENCE)
        self.directory.cleanup()

    def path(self, path):
        """Where we see one of its files."""
        return pathlib.Path(f"/proc/{self.leader}/root{path}")

    def check_root(self):
        """That nothing of the machine's own is written to, whatever has gone wrong."""
        assert not os.path.samestat(os.stat(f"/proc/{self.leader}/root"), os.stat("/"))

    def write(self, path, text, mode=0o644):
        self.check_root()
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.expand(text))
        file.chmod(mode)

    def expand(self, text):
        for word, value in (("SERVERS", f'"{self.servers}"'), ("RUN", self.run_directory), ("DATABASE", DATABASE),
                            ("QUEUE/", QUEUE), ("BASE", ldif.PEOPLE)):
            text = text.replace(word, value)
        return text

    def set_up(self):
        self.run("rm -rf " + " ".join(ABSENT) + "; hostname console.example")
        for path, text in FILES.items():
            self.write(path, text)
        passwd = "".join(line for line in self.path("/etc/passwd").read_text().splitlines(True)
                         if line.partition(":")[0] not in USERS)
        self.write("/etc/passwd", passwd + "".join(f"{name}:x:{uid}:{uid}::/nonexistent:/bin/false\n"
                                                   for name, uid in USERS.items()))
        for directory in DOCUMENTS:
            shutil.copytree(SOURCES / "pam/services", self.path(f"{directory}/pam.d"), dirs_exist_ok=True)
            shutil.copy(SOURCES / "packaging/saslward.conf", self.path(directory))
        self.run(f"mkdir -p {self.run_directory} {QUEUE}{self.run_directory}; mkdir -m 700 /etc/saslward; chown root {QUEUE};"
                 f"chmod 755 {QUEUE} {QUEUE}{self.run_directory}; ln -sf {SASLWARD} /usr/bin/saslward")
        self.write("/usr/bin/systemctl", SYSTEMCTL, 0o755)
        set_password(self.path(DATABASE), "alice", "vmA", "secretA")

    @property
    def prefix(self):
        """Runs the command behind it in there."""
        return ["nsenter", f"--target={self.leader}", "--mount", "--pid", "--uts", "--root", "--wd"]

    def run(self, script, *, data="", user=None, **variables):
        """What a shell there says to the script, which succeeds."""
        done = self.execute(["sh", "-c", self.expand(script)], data=data, user=user, **variables)
        assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout

    def execute(self, command, *, data="", user=None, **variables):
        self.check_root()
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "SASLWARD_LIBEXECDIR": str(WORKERS),
                       **{name: os.environ[name] for name in SANITIZERS if name in os.environ}}
        return subprocess.run([*self.prefix, *become, *command], input=data, capture_output=True, text=True,
                              timeout=4 * PATIENCE, check=False, env={**environment, **variables})

    def doctor(self, *options, **how):
        return self.execute([*WRAP, str(SASLWARD), "doctor", *options], **how)
