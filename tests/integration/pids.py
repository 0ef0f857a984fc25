# SPDX-License-Identifier: BSD-2-Clause
"""A process that gets the number of one that has ended."""
import os
import pathlib

import pytest

LAST = pathlib.Path("/proc/sys/kernel/ns_last_pid")
TRIES = 100  # of starting another before the number is given up; and of numbers


def reused(first, second):
    """Both processes: what first() has started, which is ended, and what second() then starts under its number.

    Anybody else on this machine may get the number in between, and keep it; then there are two new processes."""
    if os.geteuid() != 0:  # whoever the file's mode lets write it
        pytest.skip("needs root to choose a process's number")
    if not os.access(LAST, os.W_OK):
        pytest.skip("needs a kernel with CONFIG_CHECKPOINT_RESTORE")
    for _ in range(TRIES):
        ended = first()
        ended.end()
        for _ in range(TRIES):
            LAST.write_text(str(ended.pid - 1))
            other = second()
            if other.pid == ended.pid:
                return ended, other
            other.end()
    return pytest.fail(f"no process got one of {TRIES} numbers")
