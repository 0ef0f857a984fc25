# SPDX-License-Identifier: BSD-2-Clause
"""Two directory servers hang below a daemon that has other backends, too: who waits for what, and for how long."""
import concurrent.futures
import contextlib
import os
import socket
import statistics
import time

import ldif
import pytest
from client import ask
from conftest import set_password
from daemon import SLOW, Daemon, in_time, wait_for
from host import Host, UNIX
from slapd import Slapd

DEADLINE = 2 * SLOW
WORKERS = 2
CLIENTS = 8
CONFIG = """\
backend corp ldap ldap_servers="{servers}" ldap_search_base="{people}" workers={workers} deadline={deadline:.0f}ms
backend db sasldb path={database} workers=1
backend system pam services=first workers=1
permit service=ldap with=corp
permit service=sasldb realm=r with=db
permit service=first with=system
"""
CORP, DB, SYSTEM = ("alice", "alice's", "ldap", ""), ("alice", "one", "sasldb", "r"), ("alice", "secret", "first", "")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has PAM's files in a mount namespace of a whole daemon")


@pytest.fixture(name="servers")
def make_servers(directory, ldap_database):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Slapd(directory / name, ldap_database)) for name in ("first", "second")]


@pytest.fixture(name="daemon")
def make_daemon(directory, servers):
    set_password(directory / "sasldb", "alice", "r", "one")
    host = Host(directory)
    host.service("first", UNIX)
    config = CONFIG.format(servers=" ".join(server.url for server in servers), people=ldif.PEOPLE, workers=WORKERS,
                           deadline=DEADLINE * 1000, database=directory / "sasldb")
    ready = ("identity", "corp", "db", "system")
    with Daemon(directory / "run", config=config, prefix=host.prefix, ready=ready) as daemon:
        yield daemon


def timed(daemon, question):
    began = time.monotonic()
    return ask(daemon.socket, *question), time.monotonic() - began


@contextlib.contextmanager
def asking(daemon, question, clients=CLIENTS):
    """Clients that ask one question after the other meanwhile; their (answer, seconds) are in what is yielded then."""
    answers, stopping = [], []

    def run():
        while not stopping:
            answers.append(timed(daemon, question))
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        runs = [pool.submit(run) for _ in range(clients)]
        try:
            yield answers
        finally:
            stopping.append(True)
    for done in runs:
        done.result()


@needs_root
def test_first_hangs(daemon, servers):
    """Each worker loses the share of its time that the first server has, once; nobody is refused."""
    assert timed(daemon, CORP)[0] == b"OK"
    with servers[0].frozen():
        with asking(daemon, CORP) as answers:
            wait_for(lambda: len(answers) >= 100 * CLIENTS, "logins through the second server")
    assert {answer for answer, _ in answers} == {b"OK"}
    slowest_first = sorted((seconds for _, seconds in answers), reverse=True)
    in_time(slowest_first[2 * CLIENTS], DEADLINE / 3)  # behind who asked before it was known, or waited for who did


@needs_root
def test_both_hang(daemon, servers):
    """Everybody gets NO within the deadline and 50 ms; users of other backends do not notice; once the servers are back,
    logins are served again, without a restart; that a worker lives through it is in test_ldap.py."""
    for question in (CORP, DB, SYSTEM):
        assert timed(daemon, question)[0] == b"OK"
    before = daemon.front()
    with servers[0].frozen(), servers[1].frozen():
        with asking(daemon, CORP) as answers:
            end = time.monotonic() + 1.5 * DEADLINE
            others = []
            while time.monotonic() < end:
                others += [timed(daemon, question) for question in (DB, SYSTEM)]
    assert {answer for answer, _ in answers} == {b"NO"}
    in_time(max(seconds for _, seconds in answers), DEADLINE + 0.05 * SLOW)
    assert {answer for answer, _ in others} == {b"OK"}
    in_time(statistics.median(seconds for _, seconds in others), DEADLINE / 4)
    wait_for(lambda: timed(daemon, CORP)[0] == b"OK", "a server to be asked again", 5 * SLOW)
    assert daemon.front() == before


@needs_root
def test_name_server_hangs(directory, servers):
    """libldap wants to know the full name of this machine before it does anything."""
    nameless = ["unshare", "--mount", "--uts", "--propagation", "private", "sh", "-c",
                'mount --bind "$0" /etc/resolv.conf && hostname nowhere.example && exec "$@"', str(directory / "resolv.conf")]
    config = f"""backend corp ldap ldap_servers={servers[0].url} ldap_search_base="{ldif.PEOPLE}" workers=1
permit with=corp
"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        address = f"127.53.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
        silent.bind((address, 53))
        (directory / "resolv.conf").write_text(f"nameserver {address}\n")
        with Daemon(directory / "run", config=config, prefix=nameless, ready=["corp"]) as daemon:
            assert "was not ready" not in daemon.log()
            assert ask(daemon.socket, *CORP) == b"OK"
