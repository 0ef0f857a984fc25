# SPDX-License-Identifier: BSD-2-Clause
"""Three VMs at once, real QEMUs, started by hand and by libvirt: who may open their consoles."""
import contextlib
import re

import consoles
import pytest
import qemu
from daemon import Daemon, wait_for
from saslauthd import Saslauthd


# What is typed, and what libsasl2 in QEMU makes of it before we are asked: login, realm
ARRIVES = [
    ("eve", "eve", ""),
    ("eve@vmC", "eve", "vmC"),
    (" eve", "eve", ""),
    ("\teve@vmC ", "eve", "vmC"),
    ("eve @", "eve ", ""),
    ("eve@ vmC", "eve", " vmC"),
    ("EVE@VMC", "EVE", "VMC"),
    ("ｅｖｅ", "ｅｖｅ", ""),
    ("@eve", "", "eve"),
    ("alice@vmA@", "alice@vmA", ""),
    ("alice@vmA@vmB", "alice@vmA", "vmB"),
]


@pytest.fixture(name="accounts", scope="module")
def make_accounts(place):
    consoles.make_accounts(place / "accounts")
    return place / "accounts"


@contextlib.contextmanager
def vms(directory, certificates, mux):
    """The three of the table, by name."""
    directory.mkdir()
    qemu.configure_sasl(directory / "sasl", mux)
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(qemu.Qemu(directory / name, name, directory / "sasl", certificates))
               for name in consoles.VMS}


@pytest.fixture(name="everybody", scope="module")
def make_everybody(place, accounts, certificates):
    """VMs that ask a saslwardd without rules, and that."""
    with Daemon(place / "all", accounts) as daemon, vms(place / "all-vms", certificates, daemon.socket) as found:
        yield daemon, found


@pytest.fixture(name="stock", scope="module")
def make_stock(place, accounts, certificates):
    with Saslauthd(place / "stock", accounts) as daemon, vms(place / "stock-vms", certificates, daemon.socket) as found:
        yield found


@pytest.fixture(name="ward", scope="module")
def make_ward(place, accounts, certificates):
    mux = place / "ward/mux"
    rules = consoles.configuration(mux, accounts, identity=f"identity cmdline uid={qemu.UID}")
    with consoles.Configured(place / "ward", rules), vms(place / "ward-vms", certificates, mux) as found:
        yield found


@pytest.fixture(name="libvirt_ward", scope="module")
def make_libvirt_ward(place, accounts, machine, system):
    system.create(*consoles.VMS)
    rules = consoles.configuration(place / "run/mux", accounts)
    with consoles.Configured(place / "run", rules, machine):
        yield system


def logged(daemon):
    """Each login as saslauthd would log it, without what is ours."""
    return re.findall(r"auth (?:success|failure): .*?\[mech=\w+\](?: \[reason=.*?\])?", daemon.log())


@pytest.mark.parametrize("name", consoles.VMS)
def test_all_channels_are_one_login(everybody, name):
    """Whoever started the VM."""
    daemon, found = everybody
    before, told = logged(daemon), daemon.log().count("answered 3 more times")
    assert found[name].lets_in("carol@vmB", "carol-B")
    wait_for(lambda: daemon.log().count("answered 3 more times") > told, "the other channels")
    assert logged(daemon) == before + ["auth success: [user=carol] [service=spice] [realm=vmB] [mech=sasldb]"]


@pytest.mark.parametrize("name", consoles.VMS)
def test_a_wrong_password_ends_at_the_first_channel(everybody, name):
    daemon, found = everybody
    before = logged(daemon)
    assert not found[name].lets_in("carol@vmB", "carol-A")
    assert logged(daemon) == before + ["auth failure: [user=carol] [service=spice] [realm=vmB] [mech=sasldb] "
                                       "[reason=wrong password]"]


@pytest.mark.parametrize("typed, login, realm", ARRIVES, ids=ascii)
def test_what_arrives(everybody, typed, login, realm):
    daemon, found = everybody
    before = logged(daemon)
    assert not found["vmC"].lets_in(typed, "wrong")
    line, = logged(daemon)[len(before):]
    assert line.startswith(f"auth failure: [user={login}] [service=spice] [realm={realm}] [mech=sasldb] [reason=")


@pytest.mark.parametrize("name, user, password, expected", consoles.rows(with_saslward=False))
def test_table_with_saslauthd(stock, name, user, password, expected):
    assert stock[name].lets_in(user, password) == expected


@consoles.needs_configuration
@pytest.mark.parametrize("name, user, password, expected", consoles.rows(with_saslward=True))
def test_table(ward, name, user, password, expected):
    assert ward[name].lets_in(user, password) == expected


@consoles.needs_configuration
@pytest.mark.parametrize("name, user, password, expected", consoles.rows(with_saslward=True))
def test_table_with_libvirt(libvirt_ward, name, user, password, expected):
    assert libvirt_ward.lets_in(name, user, password) == expected
