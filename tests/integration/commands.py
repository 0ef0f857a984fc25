# SPDX-License-Identifier: BSD-2-Clause
"""The commands of saslward that read a configuration file."""
import json
import subprocess

from daemon import PATIENCE, SASLWARD, WRAP


def saslward(*arguments, wrap=True, cwd=None):
    return subprocess.run([*(WRAP if wrap else ()), str(SASLWARD), *map(str, arguments)], capture_output=True, text=True,
                          timeout=2 * PATIENCE, check=False, stdin=subprocess.DEVNULL, cwd=cwd)


def as_json(done):
    """What was printed, and the exit status."""
    assert not done.stderr, done.stderr
    return json.loads(done.stdout), done.returncode


def too_wide(text):
    return [line for line in text.splitlines() if len(line) > 80]
