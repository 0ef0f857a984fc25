# SPDX-License-Identifier: BSD-2-Clause
"""A machine that is set up right, for saslward doctor: this one's files, with changes that nobody else sees, and with
processes that see no others. What it has for QEMU, Postfix and Cyrus IMAP are their files and users."""
import os
import re
import signal
import subprocess
import tempfile

import ldif
from daemon import BUILD, HERE, PATIENCE, SASLWARD, SASLWARDD, WORKERS, WRAP, processes
from host import UNSHARE

SOURCES = HERE.parent.parent
DOCUMENTS = ["/usr/share/doc/saslward", "/usr/local/share/doc/saslward"]
DATABASE = "/etc/saslward/consoles"
QUEUE = "/var/spool/postfix"
NAMESPACES = {"mount": "mnt", "pid": "pid", "uts": "uts"}  # nsenter's names, and the kernel's
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
        self.handles = {}  # root directory and namespaces; without them nothing can be run
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
            leader, = (pid for pid, parent, _ in processes() if parent == self.holder.pid)
            self.take(leader)
            self.set_up()
            self.run("systemctl restart saslwardd")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        os.killpg(self.holder.pid, signal.SIGKILL)  # and with its first process all others
        self.holder.communicate(timeout=PATIENCE)
        for handle in self.handles.values():
            os.close(handle)
        self.directory.cleanup()

    def take(self, leader):
        """Holds on to the root directory and the namespaces of that process. They are no other's when it has ended and its
        number is given to somebody else: what is done to the patient never meets this machine."""
        handles = {"root": os.open(f"/proc/{leader}/root", os.O_RDONLY | os.O_DIRECTORY)}
        assert not os.path.samestat(os.fstat(handles["root"]), os.stat("/"))
        for name, file in NAMESPACES.items():
            handles[name] = os.open(f"/proc/{leader}/ns/{file}", os.O_RDONLY)
            assert not os.path.samestat(os.fstat(handles[name]), os.stat(f"/proc/self/ns/{file}"))
        self.handles = handles

    def read(self, path):
        return self.run(f"cat {path}")

    def write(self, path, text, mode=0o644):
        """In there, where its links lead to its own files."""
        self.run(f"mkdir -p {os.path.dirname(path)} && cat >{path} && chmod {mode:o} {path}", data=text)

    def expand(self, text):
        for word, value in (("SERVERS", f'"{self.servers}"'), ("RUN", self.run_directory), ("DATABASE", DATABASE),
                            ("QUEUE/", QUEUE), ("BASE", ldif.PEOPLE)):
            text = text.replace(word, value)
        return text

    def set_up(self):
        self.run("rm -rf " + " ".join(ABSENT) + "; hostname console.example")
        for path, text in FILES.items():
            self.write(path, self.expand(text))
        passwd = "".join(line for line in self.read("/etc/passwd").splitlines(True)
                         if line.partition(":")[0] not in USERS)
        self.write("/etc/passwd", passwd + "".join(f"{name}:x:{uid}:{uid}::/nonexistent:/bin/false\n"
                                                   for name, uid in USERS.items()))
        for directory in DOCUMENTS:
            for source in (SOURCES / "pam/services").iterdir():
                self.write(f"{directory}/pam.d/{source.name}", source.read_text())
            self.write(f"{directory}/saslward.conf", (SOURCES / "packaging/saslward.conf").read_text())
        self.run(f"mkdir -p {self.run_directory} {QUEUE}{self.run_directory}; mkdir -m 700 /etc/saslward; chown root {QUEUE};"
                 f"chmod 755 {QUEUE} {QUEUE}{self.run_directory}; ln -sf {SASLWARD} /usr/bin/saslward")
        self.write("/usr/bin/systemctl", self.expand(SYSTEMCTL), 0o755)
        self.run("saslpasswd2 -p -c -f DATABASE -u vmA alice", data="secretA")

    @property
    def prefix(self):
        """Runs the command behind it in there."""
        entered = [f"--{name}=/proc/self/fd/{handle}" for name, handle in self.handles.items()]
        return ["nsenter", *entered, f"--wd=/proc/self/fd/{self.handles['root']}"]

    def run(self, script, *, data="", user=None, **variables):
        """What a shell there says to the script, which succeeds."""
        done = self.execute(["sh", "-c", self.expand(script)], data=data, user=user, **variables)
        assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout

    def execute(self, command, *, data="", user=None, **variables):
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "SASLWARD_LIBEXECDIR": str(WORKERS),
                       **{name: os.environ[name] for name in SANITIZERS if name in os.environ}}
        return subprocess.run([*self.prefix, *become, *command], input=data, capture_output=True, text=True,
                              timeout=4 * PATIENCE, check=False, pass_fds=self.handles.values(),
                              env={**environment, **variables})

    def doctor(self, *options, **how):
        return self.execute([*WRAP, str(SASLWARD), "doctor", *options], **how)
