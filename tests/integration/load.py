# SPDX-License-Identifier: BSD-2-Clause
"""Logins without end in a throw-away machine, none of which may fail."""
import contextlib
import signal
import subprocess

from daemon import wait_for


@contextlib.contextmanager
def load(machine, *command, processes=4):
    """command is "saslward test" with its options. Yields a function that waits for more answers; checks at the end
    that all were OK."""
    outputs = [machine.path(f"tmp/load{number}") for number in range(processes)]
    started = []
    for output in outputs:
        with output.open("wb") as file:
            started.append(subprocess.Popen([*machine.prefix, *command, "-R", "100000000"], stdin=subprocess.DEVNULL,
                                            stdout=file, stderr=file))

    def answers():
        """Without their numbers, and the last one of each, which may be half written."""
        return [line.partition(": ")[2] for output in outputs for line in output.read_text().splitlines()[:-1]]

    def wait_for_more():
        before = len(answers())
        wait_for(lambda: len(answers()) > before + 100, "more answers")

    try:
        wait_for_more()
        yield wait_for_more
        wait_for_more()
    finally:
        for process in started:
            machine.end(process, signal.SIGKILL)
    assert set(answers()) == {'OK "Success."'}
