# SPDX-License-Identifier: BSD-2-Clause
"""Who is not there is asked for with the same work as somebody whose password is wrong: the directory's log says what was
asked of it, the processor's time what the worker computed."""
import re
import time

import ldif
import pytest
from slapd import Slapd
from test_ldap import CUSTOM, Ldap

CPU_TIMES = 20
HASHED = "scheme-yescrypt"


@pytest.fixture(name="server", scope="module")
def make_server(place, ldap_database):
    with Slapd(place / "slapd", ldap_database) as server:
        yield server


def operations(server, before):
    """What was asked since then, and its results. Of a bind that succeeds slapd writes two lines; the first has a method."""
    return re.findall(r" op=\d+ (SRCH base|BIND(?= .* method=)|CMP dn|UNBIND|SEARCH RESULT|RESULT)", server.log()[before:])


def asked_for(server, worker, login, expected):
    """The operations of one login, from the start of the search to the last answer."""
    before = len(server.log())
    assert worker.check(login, "not the password")[0] == expected
    found = operations(server, before)
    end = time.monotonic() + 5
    while found.count("SRCH base") + found.count("BIND") > sum("RESULT" in word for word in found):
        assert time.monotonic() < end, found  # slapd writes down an answer after it has sent it
        time.sleep(0.01)
        found = operations(server, before)
    return sorted(found)  # each connection of slapd writes in its own thread


@pytest.mark.parametrize("parameters", [{}, {"ldap_auth_method": "bind"}, {"ldap_bind_dn": ldif.SEARCH}], ids=str)
def test_who_is_not_there_is_bound_for(server, parameters):
    password = {"password": ldif.SEARCH_PASSWORD} if parameters.get("ldap_bind_dn") else {}
    with Ldap(server.url, **password, **parameters) as worker:
        asked_for(server, worker, "alice", "MISMATCH")  # makes the connections
        wrong = asked_for(server, worker, "alice", "MISMATCH")
        unknown = asked_for(server, worker, "nobody-here", "UNKNOWN")
    assert wrong == unknown
    assert wrong.count("SRCH base") == wrong.count("BIND") == 1


def processor_time(pid):
    """Of a process, in seconds."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def cost(worker, login, expected):
    """Of one login, the worker's own."""
    before = processor_time(worker.process.pid)
    assert worker.check(login, "not the password")[0] == expected
    return processor_time(worker.process.pid) - before


def test_who_is_not_there_is_computed_for(server):
    """A hash like those that the directory has; a cheap one would tell them apart."""
    with Ldap(server.url, password=ldif.SEARCH_PASSWORD, **CUSTOM) as worker:
        asked = ("scheme-ssha", "MISMATCH"), (HASHED, "MISMATCH"), ("nobody-here", "UNKNOWN")
        # by turns: what else the machine does meets all of them
        taken = [[cost(worker, *login) for login in asked] for _ in range(CPU_TIMES)]
        cheap, wrong, unknown = map(min, zip(*taken))
    print(f"wrong {wrong * 1e6:.0f} us, unknown {unknown * 1e6:.0f} us, {{SSHA}} {cheap * 1e6:.0f} us")
    assert wrong > 2 * cheap, "the hash costs too little to show anything"
    assert wrong - (wrong - cheap) / 4 < unknown < wrong + (wrong - cheap) / 4
