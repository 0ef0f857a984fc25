# SPDX-License-Identifier: BSD-2-Clause
"""No process of ours has a password in its memory once its login has been answered. With -s each test prints how many
processes it has searched, and for what."""
import contextlib
import os
import secrets

import ldif
import memory
import pytest
from client import Raw, ask, is_ok
from client import request as encode
from conftest import by_name, set_password
from daemon import CONFINED, WRAP, Daemon, wait_for
from host import UNIX, Host, hashed, missing
from reloading import Reloaded
from slapd import Slapd

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or bool(WRAP) or not CONFINED,
                                reason="only root may look, and sanitizers and valgrind keep what was freed")


def canary():
    """The start of one tells it from all others, and from what is left of its own middle."""
    return secrets.token_hex(16)


def check_clean(daemon, *passwords):
    """The answer comes a moment before its worker has put the question away; what stays is a finding."""
    for password in passwords:
        for piece in (password.encode(), password.encode()[8:24]):  # malloc writes over the start of what is freed
            wait_for(lambda piece=piece: not memory.of_daemon(daemon, piece)[0],
                     f"no process to have it: {memory.of_daemon(daemon, piece)[0]}")
            print(f"{memory.of_daemon(daemon, piece)[1]} processes, none has {piece.decode()}")


@contextlib.contextmanager
def by_sasldb(directory, right):
    set_password(directory / "sasldb2", "alice", "vmA", right)
    yield f"backend b sasldb path={directory}/sasldb2 workers=1\npermit realm=vmA with=b\n", {}


@contextlib.contextmanager
def by_pam(directory, right):
    if missing():
        pytest.skip(missing())
    host = Host(directory)
    host.service("imap", UNIX)
    shadow = host.directory / "shadow"
    shadow.write_text(shadow.read_text().replace(hashed("secret"), hashed(right)))
    yield "backend b pam services=imap workers=1\npermit service=imap with=b\n", {"prefix": host.prefix}


@contextlib.contextmanager
def by_shadow(directory, right):
    with by_pam(directory, right) as (_, options):
        yield "backend b shadow workers=1\npermit service=imap with=b\n", options


@contextlib.contextmanager
def by_ldap(directory, right, database):
    with Slapd(directory / "slapd", database) as server:
        server.change(f"uid=alice,{ldif.PEOPLE}", "replace", "userPassword", right)
        yield (f"backend b ldap ldap_servers={server.url} ldap_search_base={ldif.PEOPLE} workers=1\n"
               "permit service=imap with=b\n"), {}


WAYS = [("sasldb", by_sasldb), ("pam_unix", by_pam), ("shadow", by_shadow), ("LDAP, a simple bind", by_ldap)]


@pytest.mark.parametrize("way", by_name(WAYS))
def test_no_password_stays(directory, way, request):
    right, wrong, other, again = (canary() for _ in range(4))
    more = [request.getfixturevalue("ldap_database")] if way is by_ldap else []
    with way(directory, right, *more) as (config, options), \
            Reloaded(directory / "sut", config, ready=["identity", "b"], **options) as daemon:
        login = ("alice", right, "imap", "vmA")
        assert is_ok(ask(daemon.socket, *login)), daemon.log()
        check_clean(daemon, right)
        assert not is_ok(ask(daemon.socket, "alice", wrong, "imap", "vmA"))
        assert not is_ok(ask(daemon.socket, "nobody-here", other, "imap", "vmA"))
        assert is_ok(ask(daemon.socket, *login))  # from what is remembered, perhaps
        check_clean(daemon, right, wrong, other)
        daemon.reload(config)
        daemon.wait_one_generation()
        check_clean(daemon, right, wrong, other)
        assert is_ok(ask(daemon.socket, *login))
        assert not is_ok(ask(daemon.socket, "alice", again, "imap", "vmA"))
        check_clean(daemon, right, wrong, other, again)


@pytest.mark.parametrize("vanishes", [1, memory.TRIES])
def test_a_mapping_that_vanishes(monkeypatch, vanishes):
    """Between the list of mappings and the look at them: the search begins again, and never leaves one out."""
    real, began = memory.mappings, []

    def mappings(pid):
        began.append(pid)
        gone = [(0x1000, 0x2000, "gone")] if len(began) <= vanishes else []
        return [*gone, *real(pid)]
    monkeypatch.setattr(memory, "mappings", mappings)
    needle = secrets.token_bytes(16)
    if vanishes < memory.TRIES:
        assert memory.find(os.getpid(), needle)
        return
    with pytest.raises(OSError, match="Input/output error"):
        memory.find(os.getpid(), needle)


def test_a_password_is_found_where_there_is_one(directory, database):
    """A search that never finds anything would prove nothing: a front waits for the rest of this request."""
    password = canary()
    with Daemon(directory / "run", database, read_deadline=60) as daemon, Raw(daemon.socket) as raw:
        raw.send(encode("alice", password, "imap", "vmA")[:-3])
        found = wait_for(lambda: memory.of_daemon(daemon, password.encode())[0], "the front to have it")
        assert [name.split()[0] for name in found] == ["saslward-front"]
        raw.end().reply()
        check_clean(daemon, password)
