# SPDX-License-Identifier: BSD-2-Clause
"""What stands in the directory of the tests: users, groups, aliases and policies, as LDIF."""
import base64
import hashlib
import warnings

from client import to_bytes
from daemon import remember_password

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt

BASE = "dc=example,dc=org"
PEOPLE, DEEP, PRIVATE = f"ou=people,{BASE}", f"ou=deep,ou=people,{BASE}", f"ou=private,{BASE}"
GROUPS, TEAMS, ALIASES = f"ou=groups,{BASE}", f"ou=teams,{BASE}", f"ou=aliases,{BASE}"
LABELS, DOMAINS, POLICIES = f"ou=labels,{BASE}", f"ou=domains,{BASE}", f"ou=policies,{BASE}"
ADMIN, SEARCH, PROXY = f"cn=admin,{BASE}", f"cn=search,{BASE}", f"cn=proxy,{BASE}"
SEARCH_PASSWORD, PROXY_PASSWORD = "search it", "on behalf"
USERS = 1000
LONG_AGO = "20200101000000Z"
LONG = "l" * 127 + "and what is behind the 127th byte"
DORA = "Grüße, 日本語 €"

# Logins with a meaning in filters, DNs, or both. The password of each is "odd " and its login.
ODD = ["*", "star*", "par(en)", "back\\slash", "com,ma", "pl+us", 'quo"te', "le<ss", "mo>re", "semi;colon", "equ=als",
       "#hash", "uni©ode", "jürgen", "日本語", "uid=odd,ou=people", "\\2a", ")(uid=*", "*)(|(uid=*", "per%cent", "%u"]
# The password of each is "hashed".
SCHEMES = ["CRYPT", "MD5", "SMD5", "SHA", "SSHA", "SSHA256", "SSHA512", "YESCRYPT", "CLEAR"]
LABEL_DOMAIN = ".".join(f"l{number}" for number in range(9, 0, -1))  # l1 is its top level


def escape_dn(value):
    """A value without blanks at its ends, as it stands in a DN (RFC 4514)."""
    return "".join(f"\\{ord(c):02x}" if c in '#,+"\\<>;=' else c for c in value)


def user_dn(login, parent=PEOPLE):
    return f"uid={escape_dn(login)},{parent}"


def digest(algorithm, password, salt=b"saltsalt"):
    return base64.b64encode(hashlib.new(algorithm, to_bytes(password) + salt).digest() + salt).decode()


def hashed(scheme, password):
    """A value of userPassword."""
    remember_password(password)
    if scheme == "CLEAR":
        return password
    if scheme in ("CRYPT", "YESCRYPT"):
        salt = "$y$j75$saslwardsaslward$" if scheme == "YESCRYPT" else "$6$rounds=1000$saslward$"
        return "{CRYPT}" + crypt.crypt(password, salt)
    salted = scheme.startswith("S") and scheme != "SHA"
    algorithm = (scheme[1:] if salted else scheme).replace("SHA", "sha").replace("MD5", "md5")
    algorithm = {"sha": "sha1"}.get(algorithm, algorithm)
    return f"{{{scheme}}}{digest(algorithm, password, b'saltsalt' if salted else b'')}"


def entry(dn, **attributes):
    """An entry as LDIF. A value is a text, or a list of them."""
    lines = [f"dn:: {base64.b64encode(to_bytes(dn)).decode()}"]
    for name, values in attributes.items():
        for value in [values] if isinstance(values, (str, bytes)) else values:
            lines.append(f"{name}:: {base64.b64encode(to_bytes(value)).decode()}")
    return "\n".join(lines) + "\n\n"


def user(login, password, parent=PEOPLE, **attributes):
    if password is not None:
        remember_password(password)
        attributes["userPassword"] = password
    return entry(user_dn(login, parent), objectClass=["inetOrgPerson", "extensibleObject"], uid=login, cn=login,
                 sn=login, **attributes)


def user_password(number):
    """The password of the user "user" and that number."""
    return f"secret {number}"


def numbered_users():
    for number in range(1, USERS + 1):
        scheme = ("SSHA", "CRYPT", "CLEAR")[number % 3]
        yield user(f"user{number}", hashed(scheme, user_password(number)), mail=f"user{number}@example.org")


def named_users():
    yield user("alice", hashed("SSHA", "alice's"), mail=["alice@example.org", "sales@example.org", "info@example.org"],
               host=["web1", "imap"])
    yield user("bob", hashed("CRYPT", "bob's"), mail=["bob@example.org", "info@example.org"], host="web2")
    yield user("carol", "carol's", mail="carol@example.org", displayName="caz", description="descriptive")
    yield user("eve", hashed("SSHA", "eve's"), mail=["eve@example.org", "marketing@example.org"])
    yield user("dora", hashed("SSHA", DORA), mail="dora@example.org")
    yield user("long", LONG)
    yield user("cut", LONG[:127])
    yield user("empty", None)
    yield user("pbkdf2", "{PBKDF2}1$c2FsdA$aGFzaA")  # a scheme that neither saslauthd nor saslwardd knows
    yield user("deep", "deep's", DEEP)
    yield user("twin", "first twin's")
    yield user("twin", "second twin's", DEEP)
    yield user("pat", "private pat's", PRIVATE)
    yield from (user(login, f"odd {login}", description=f"x@{login}") for login in ODD)
    yield from (user(f"scheme-{scheme.lower()}", hashed(scheme, "hashed")) for scheme in SCHEMES)


def aging_users():
    """What ppolicy has to say about each beside its right password, LOGIN's."""
    def aging(login, policy, **attributes):
        return user(login, f"{login}'s", pwdPolicySubentry=f"cn={policy},{POLICIES}", **attributes)
    yield aging("locked", "locking", pwdAccountLockedTime="000001010000Z")
    yield aging("expired", "aging", pwdChangedTime=LONG_AGO)
    yield aging("grace", "grace", pwdChangedTime=LONG_AGO)
    yield aging("mustchange", "locking", pwdReset="TRUE")
    yield aging("strict", "locking")


def policies():
    def policy(name, **attributes):
        return entry(f"cn={name},{POLICIES}", objectClass=["device", "pwdPolicy"], cn=name, pwdAttribute="userPassword",
                     **attributes)
    yield policy("default")
    yield policy("locking", pwdLockout="TRUE", pwdMaxFailure="3", pwdMustChange="TRUE")
    yield policy("aging", pwdMaxAge="86400")
    yield policy("grace", pwdMaxAge="86400", pwdGraceAuthNLimit="3")


def groups(parent):
    """By name: how members are listed there, and who they are."""
    def group(name, kind, attribute, members, **attributes):
        return entry(f"cn={name},{parent}", objectClass=kind, cn=name, **attributes, **{attribute: members})
    yield group("staff", "groupOfUniqueNames", "uniqueMember",
                [user_dn("alice"), user_dn("user1"), user_dn("pat", PRIVATE), *map(user_dn, ODD)])
    yield group("friends", "groupOfNames", "member", [user_dn("alice"), user_dn("bob")])
    yield group("posix", "posixGroup", "memberUid", ["alice", "carol"], gidNumber="5000")
    yield group("more", "posixGroup", "memberUid", ["alice", "user2"], gidNumber="5001")
    for vm, member in (("vmA", user_dn("alice")), ("vmB", user_dn("bob")), ("vmC", SEARCH)):
        yield group(f"vm-{vm}", "groupOfUniqueNames", "uniqueMember", member)


def tree():
    """The nodes above the users."""
    yield entry(BASE, objectClass=["dcObject", "organization"], dc="example", o="Example")
    for dn, password in ((SEARCH, SEARCH_PASSWORD), (PROXY, PROXY_PASSWORD)):
        yield entry(dn, objectClass=["person", "uidObject"], cn=dn[3:dn.index(",")], sn="service",
                    uid=dn[3:dn.index(",")], userPassword=password, authzTo=f"dn:{SEARCH}")
    for dn in (PEOPLE, DEEP, PRIVATE, GROUPS, TEAMS, ALIASES, LABELS, DOMAINS, POLICIES):
        yield entry(dn, objectClass="organizationalUnit", ou=dn[3:dn.index(",")])


def placed_users():
    """dave has an account, and a password of its own, in every place that a token of a search base can name."""
    for number in range(1, 10):
        place = f"ou=l{number},{LABELS}"
        yield entry(place, objectClass="organizationalUnit", ou=f"l{number}")
        yield user("dave", f"label {number}", place)
    for domain in ("example.org", "example.net", "imap", "%", *ODD):
        place = f"ou={escape_dn(domain)},{DOMAINS}"
        yield entry(place, objectClass="organizationalUnit", ou=domain)
        yield user("dave", f"in {domain}", place)


def aliases():
    yield entry(f"uid=nick,{ALIASES}", objectClass=["alias", "extensibleObject"], uid="nick",
                aliasedObjectName=user_dn("carol"))
    yield entry(f"ou=staff,{BASE}", objectClass=["alias", "extensibleObject"], ou="staff", aliasedObjectName=PEOPLE)


def everything():
    parts = [tree(), policies(), named_users(), aging_users(), numbered_users(), placed_users(), aliases(),
             groups(GROUPS), groups(TEAMS)]
    return "".join(text for part in parts for text in part)
