#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Asks QEMU's monitor, which is its standard input, one question after the other, and prints on SIGTERM how many seconds
each answer took, as JSON. QEMU answers from its main loop, so an answer that takes long is a VM that stood still."""
import gc
import json
import signal
import socket
import time

PAUSE = 0.0002  # s; without it QEMU and we would keep a processor busy

ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(True))


def ask(monitor):
    monitor.sendall(b'{"execute": "query-status"}\n')
    answer = b""
    while b'"return"' not in answer or not answer.endswith(b"\n"):  # events may come first
        answer += monitor.recv(4096)


def main():
    times = []
    gc.disable()
    with socket.socket(fileno=0) as monitor:
        monitor.setblocking(True)  # it comes with a time limit
        print("ready", flush=True)
        while not ended:
            began = time.perf_counter()
            ask(monitor)
            times.append(time.perf_counter() - began)
            time.sleep(PAUSE)
    print(json.dumps(times))


if __name__ == "__main__":
    main()
