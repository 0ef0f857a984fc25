# SPDX-License-Identifier: BSD-2-Clause
"""The commands of saslward that read a configuration file."""
import json
import subprocess

from daemon import PATIENCE, SASLWARD, WRAP


def saslward(*arguments, wrap=True, stdout=subprocess.PIPE, user=None):
    """With wrap under valgrind, where the tests run under it."""
    return subprocess.run([*(WRAP if wrap else ()), str(SASLWARD), *map(str, arguments)], stdout=stdout,
                          stderr=subprocess.PIPE, text=True, timeout=2 * PATIENCE, check=False, stdin=subprocess.DEVNULL,
                          user=user)


def as_json(done):
    """What was printed, and the exit status."""
    assert not done.stderr, done.stderr
    return json.loads(done.stdout), done.returncode


def too_wide(text):
    return [line for line in text.splitlines() if len(line) > 80]
