# SPDX-License-Identifier: BSD-2-Clause
"""The commands of saslward that read a configuration file."""
import json
import subprocess

from daemon import PATIENCE, SASLWARD, WRAP, check_no_password, remember_argument


def saslward(*arguments, wrap=True, stdout=subprocess.PIPE, user=None):
    """With wrap under valgrind, where the tests run under it."""
    remember_argument(arguments)
    done = subprocess.run([*(WRAP if wrap else ()), str(SASLWARD), *map(str, arguments)], stdout=stdout,
                          stderr=subprocess.PIPE, text=True, timeout=2 * PATIENCE, check=False, stdin=subprocess.DEVNULL,
                          user=user)
    check_no_password((done.stdout or "") + done.stderr, "what saslward printed")
    return done


def as_json(done):
    """What was printed, and the exit status."""
    assert not done.stderr, done.stderr
    return json.loads(done.stdout), done.returncode


def too_wide(text):
    return [line for line in text.splitlines() if len(line) > 80]
