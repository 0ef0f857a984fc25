#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A mux that lets nobody in, and tells what anybody can know of who asks: witness.py MUX PID-FILE...

Prints a line of JSON for each request: pid and uid of the asker, its cgroup in the unified hierarchy, its command line,
and of each PID-FILE what it says and who holds a lock on it.
"""
import fcntl
import json
import os
import pathlib
import socket
import struct
import sys

FLOCK = "hhqqi4x"  # struct flock of 64-bit Linux


def lock_holder(file):
    flock = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(FLOCK, fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
    kind, _, _, _, pid = struct.unpack(FLOCK, flock)
    return None if kind == fcntl.F_UNLCK else pid


def look_at(path):
    try:
        with open(path, "rb") as file:
            return {"says": file.read().decode(), "locked by": lock_holder(file)}
    except OSError as error:
        return {"error": error.strerror}


def look_at_asker(connection):
    pid, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    process = pathlib.Path(f"/proc/{pid}")
    cgroups = (process / "cgroup").read_text().splitlines()
    return {"pid": pid, "uid": uid, "cgroup": next(line[3:] for line in cgroups if line.startswith("0::")),
            "command": (process / "cmdline").read_bytes().decode().split("\0")}


def main():
    mux, *pid_files = sys.argv[1:]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{mux}.new")
        os.chmod(f"{mux}.new", 0o666)
        listener.listen()
        os.rename(f"{mux}.new", mux)  # who finds it is served
        while True:
            connection, _ = listener.accept()
            with connection:
                found = look_at_asker(connection) | {"files": {path: look_at(path) for path in pid_files}}
                print(json.dumps(found), flush=True)
                connection.recv(10000)
                connection.sendall(b"\0\2NO")


if __name__ == "__main__":
    main()
