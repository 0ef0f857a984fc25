# SPDX-License-Identifier: BSD-2-Clause
"""Logins without end in a throw-away machine, none of which may fail."""
import contextlib
import signal
import subprocess

from daemon import wait_for

# A mail program that logs in at Postfix again and again: USER PASSWORD. Its lines are those of "saslward test".
MAIL_PROGRAM = """
import itertools, smtplib, sys
for number in itertools.count():
    try:
        with smtplib.SMTP("127.0.0.1", 25, timeout=60) as server:
            print(f"{number}: {server.login(*sys.argv[1:])[0]}", flush=True)
    except (OSError, smtplib.SMTPException) as error:
        print(f"{number}: {error!r}", flush=True)
"""
GOOD = {'OK "Success."', "235"}


def mail_logins(user, password):
    return ["/usr/bin/python3", "-c", MAIL_PROGRAM, user, password]


@contextlib.contextmanager
def load(machine, *command, processes=4, beside=()):
    """command is "saslward test" with its options; beside are further commands, as mail_logins() gives them. Yields a
    function that waits for more answers of each process; checks at the end that all let somebody in."""
    commands = [[*command, "-R", "100000000"]] * processes + list(beside)
    outputs = [machine.path(f"tmp/load{number}") for number in range(len(commands))]
    started = []
    for output, arguments in zip(outputs, commands):
        with output.open("wb") as file:
            started.append(subprocess.Popen([*machine.prefix, *arguments], stdin=subprocess.DEVNULL, stdout=file,
                                            stderr=file))

    def answers():
        """Of each process, without their numbers, and the last one, which may be half written."""
        return [[line.partition(": ")[2] for line in output.read_text().splitlines()[:-1]] for output in outputs]

    def wait_for_more():
        before = [len(lines) + 10 for lines in answers()]
        wait_for(lambda: all(len(lines) > wanted for lines, wanted in zip(answers(), before)), "more answers of each")

    try:
        wait_for_more()
        yield wait_for_more
        wait_for_more()
    finally:
        for process in started:
            machine.end(process, signal.SIGKILL)
    assert {line for lines in answers() for line in lines} <= GOOD
