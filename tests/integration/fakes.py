# SPDX-License-Identifier: BSD-2-Clause
"""Worker programs of a test's own, in a directory that SASLWARD_LIBEXECDIR names; the real ones stand beside them."""
import pathlib

from daemon import WORKERS, Daemon, wait_for

PREFIX = '''#!/usr/bin/python3 -IS
import os, struct, sys, time
def counted(text):
    return struct.pack(">H", len(text)) + text
def frame(*strings):
    return counted(b"".join(counted(s) for s in strings))
def send(data):
    os.write(1, data)
def read(size):
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data
def job():
    body, strings = read(struct.unpack(">H", read(2))[0]), []
    while body:
        size = struct.unpack(">H", body[:2])[0]
        strings.append(body[2:2 + size])
        body = body[2 + size:]
    return strings
def ready():
    send(frame(b"ready", b"1", b"fake"))
'''

# "resolve" that does what the files "peer" and "member" say at that moment, and writes down what it is asked.
RESOLVE = '''
HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
SILENT = ("silent", "", "", "")
def sighted(place="ordinary", unit="", text="", age=999999, libvirt=SILENT, machined=SILENT, cmdline=SILENT):
    strings = [place, unit, text, str(age), "libvirt", *libvirt, "machined", *machined, "cmdline", *cmdline]
    send(frame(b"sighted", number, *(s.encode() for s in strings)))
def membership(word, text=""):
    send(frame(b"membership", number, word.encode(), text.encode()))
def named(name="", uuid=""):
    return ("named", name, uuid, "")
def failed(text):
    return ("failed", "", "", text)
def hang():
    read(1)
ready()
while True:
    verb, number, *rest = job()
    with open(f"{HERE}/questions", "a") as questions:
        print(verb.decode(), *(r.decode() for r in rest[:2]), file=questions)
    with open(f"{HERE}/{verb.decode()}") as file:
        exec(file.read())
'''
ORDINARY = "sighted()"


class Programs:
    """The directory. By its name ./check knows that valgrind has no business there."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory) / "python3-programs"
        self.directory.mkdir(exist_ok=True)
        for program in WORKERS.iterdir():
            if not (self.directory / program.name).exists():
                (self.directory / program.name).symlink_to(program)

    def add(self, name, script):
        """A program of that name, in Python."""
        path = self.directory / name
        path.unlink(missing_ok=True)
        path.write_text(PREFIX + script)
        path.chmod(0o755)

    def resolve(self, peer=ORDINARY, member="membership('no')"):
        """A "resolve" that is told what to say."""
        self.add("resolve", RESOLVE)
        (self.directory / "questions").touch()
        (self.directory / "questions").chmod(0o666)
        self.peer(peer)
        self.member(member)
        return self

    def say(self, verb, script):
        new = self.directory / f"{verb}.new"
        new.write_text(script)
        new.rename(self.directory / verb)

    def peer(self, script):
        self.say("peer", script)

    def member(self, script):
        self.say("member", script)

    def questions(self, verb):
        """What was asked so far, a line each."""
        lines = (self.directory / "questions").read_text().splitlines()
        return [line for line in lines if line.startswith(f"{verb} ")]

    def wait_question(self, verb, count):
        wait_for(lambda: len(self.questions(verb)) >= count, f"{count} questions about a {verb}")

    def daemon(self, config, preload=None, **options):
        env = {"SASLWARD_LIBEXECDIR": str(self.directory), **({"LD_PRELOAD": str(preload)} if preload else {})}
        return Daemon(self.directory.parent / "run", config=config, env=env, **options)
