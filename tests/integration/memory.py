# SPDX-License-Identifier: BSD-2-Clause
"""What is in the memory of a daemon's processes."""
import errno
import os
import pathlib
import re

from daemon import processes

TRIES = 5
MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+ *(.*)")


def mappings(pid):
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        match = MAPPING.match(line)
        if match and not match[3].startswith("[v"):  # of the kernel's, which can partly not be read
            yield int(match[1], 16), int(match[2], 16), match[3] or "anonymous"


def find(pid, secret):
    """Where a process has these bytes: (offset, mapping's name) of each place. What has been unmapped since the list of
    its mappings was read makes the whole search begin again."""
    for _ in range(TRIES - 1):
        try:
            return search(pid, secret)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
    return search(pid, secret)


def search(pid, secret):
    places = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, name in mappings(pid):
            content = os.pread(memory.fileno(), end - start, start)
            places += [(hex(start + match.start()), name) for match in re.finditer(re.escape(secret), content)]
    return places


def of_daemon(daemon, secret):
    """{"process pid": places} of all processes of a daemon that have these bytes."""
    ours = [(pid, name) for pid, parent, name in processes() if daemon.pid in (pid, parent)]
    found = {}
    for pid, name in ours:
        try:
            found[f"{name} {pid}"] = find(pid, secret)
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
    return {process: places for process, places in found.items() if places}, len(found)
