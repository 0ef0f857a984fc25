# SPDX-License-Identifier: BSD-2-Clause
"""Logins a second."""
from measure import AtLeast, Benchmark
from servers import PASSWORD, REALM, USER, WORKERS, Load, loop

LEVELS = (1, 8, 64)  # clients
LDAP_USER = ("user999", "secret 999", "imap%", "")  # with a salted hash


def case(clients):
    return f"{clients} client{'s' if clients > 1 else ''}"


def at_least(limit, other, *levels, subject="saslwardd"):
    return [AtLeast(case(clients), subject, other, "requests/s", limit) for clients in levels]


class Rates(Benchmark):
    """contenders are functions (clients, seconds) -> {unit: figure}, by name. Where each request is to be checked, it has
    a service or a realm of its own, which the backend does not look at: the same ones at once are checked once."""
    rounds, seconds = 9, 0.3
    levels = LEVELS
    user = (USER, PASSWORD, "imap", REALM)

    def ask(self, server):
        return lambda clients, seconds: Load(self.place, server.mux, clients, seconds, *self.user).good()

    def ask_all(self, servers):
        return {name: self.ask(server) for name, server in servers.items()}

    def turn(self):
        return {(case(clients), name): measure(clients, self.place.seconds)
                for clients in self.levels for name, measure in self.contenders.items()}


def with_rules(place, name, count):
    """A saslwardd with rules for a VM and a user by name each. The socket is that of the last rule's VM."""
    users = [*(f"user{n}" for n in range(1, count)), USER]
    rules = [f"permit service=imap vm=vm{n} user={user} with=db as-realm={REALM}\n" for n, user in enumerate(users, 1)]
    return place.configured(name, f"listen {{mux}}/mux vm=vm{count}\nbackend db sasldb path=/etc/sasldb2 workers={WORKERS}\n"
                            + "".join(rules))


class Warm(Rates):
    name = "warm"
    what = "answers from the burst cache, beside a server that accepts, reads, writes OK, closes"
    bars = at_least(0.75, "bare server", *LEVELS)

    def __init__(self, place):
        super().__init__(place)
        self.contenders = self.ask_all({"bare server": place.bare(), "saslwardd": with_rules(place, "saslwardd", 10)})


class Rules(Rates):
    name = "rules"
    what = "a hundred thousand rules beside ten, of which the last decides; answers from the cache"
    bars = at_least(1 / 1.2, "10 rules", *LEVELS, subject="100,000 rules")

    def __init__(self, place):
        super().__init__(place)
        self.contenders = self.ask_all({"10 rules": with_rules(place, "few", 10),
                                        "100,000 rules": with_rules(place, "many", 100000)})


class Sasldb(Rates):
    name = "sasldb"
    user = (USER, PASSWORD, "imap%", REALM)
    what = "every request looked up, beside saslauthd and a bare loop of the same libsasl2 calls in as many processes"
    bars = at_least(1.3, "saslauthd", 8, 64) + at_least(0.8, "bare loop", 8, 64)

    def __init__(self, place):
        super().__init__(place)
        self.contenders = {"bare loop": loop(place, "sasldbloop", "/etc/sasldb2", REALM, USER, PASSWORD),
                           **self.ask_all(place.daemons("sasldb"))}


class PamPermit(Rates):
    name = "pam-permit"
    what = "pam_permit alone, beside the machine's own \"other\", which PAM loads as well; beside saslauthd"
    user = (USER, PASSWORD, "permit", "%")
    bars = at_least(10, "saslauthd", 8, 64)

    def __init__(self, place):
        super().__init__(place)
        self.contenders = {"bare loop": loop(place, "pamloop", "permit", USER, PASSWORD), **self.ask_all(place.daemons("pam"))}


class PamUnix(Rates):
    name = "pam-unix"
    what = "pam_unix with a yescrypt hash, beside a bare loop of the same PAM calls in as many processes"
    user = (USER, PASSWORD, "unix", "%")
    levels = (8, 64)
    rounds, seconds = 3, 3
    bars = at_least(0.95, "bare loop", 8, 64)

    def __init__(self, place):
        super().__init__(place)
        self.contenders = {"bare loop": loop(place, "pamloop", "unix", USER, PASSWORD), **self.ask_all(place.daemons("pam"))}


class Ldap(Rates):
    name = "ldap"
    what = "a search and a bind at a slapd with 1,000 users, which runs beside; beside saslauthd"
    user = LDAP_USER
    bars = at_least(1.5, "saslauthd", 8, 64)

    def __init__(self, place):
        super().__init__(place)
        self.contenders = self.ask_all(place.daemons("ldap", *place.ldap_options(*place.slapds(1))))
