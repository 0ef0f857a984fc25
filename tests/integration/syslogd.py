#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""syslogd.py SOCKET FILE: takes what comes to a socket, and writes it into a file as rsyslog does: without the priority,
with a host, and control bytes as #ooo. An empty message ends it.

Under systemd a socket holds 512 messages; by itself the kernel lets it hold ten (net.unix.max_dgram_qlen), fewer than a
daemon's processes say when they start. So that this can be changed, it is run in a network of its own."""
import pathlib
import re
import socket
import sys


def main():
    path, file = sys.argv[1:]
    pathlib.Path("/proc/sys/net/unix/max_dgram_qlen").write_text("512", encoding="ascii")
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(f"{path}.new")
    pathlib.Path(f"{path}.new").chmod(0o666)
    pathlib.Path(f"{path}.new").rename(path)
    while line := receiver.recv(65536).decode(errors="replace"):
        stamp, rest = re.fullmatch(r"<\d+>(.{15}) (.*)", line, re.S).groups()
        rest = re.sub(r"[\0-\x1f]", lambda control: f"#{ord(control[0]):03o}", rest)
        with open(file, "a", encoding="utf-8") as out:
            out.write(f"{stamp} host {rest}\n")


main()
