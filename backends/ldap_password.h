/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Passwords as directories keep them (RFC 2307, section 5.3, and what OpenLDAP added): a scheme in
 * braces and a hash, or clear text. Hashes by libcrypto, {CRYPT} by libxcrypt.
 */

#include "proto/bytes.h"

typedef enum LdapPasswordMatch {
        LDAP_PASSWORD_SAME,
        LDAP_PASSWORD_DIFFERENT,
        LDAP_PASSWORD_LOCKED, /* {CRYPT}! or {CRYPT}*: no password is right */
        LDAP_PASSWORD_SCHEME, /* a scheme that we do not know, or not in its form */
} LdapPasswordMatch;

/* Compares a password, which has a NUL behind it, with one value of the attribute. In constant time
 * for each form. */
LdapPasswordMatch ldap_password_match(Bytes password, Bytes stored);

/* For a user who is not there: takes as long as it took for the last who was. */
void ldap_password_match_nobody(Bytes password);

/* Writes the scheme of a stored value, as "{SSHA}", or "clear text", for the log; never what is
 * behind it. Returns out. */
char *ldap_password_scheme(Bytes stored, char *out, size_t size);
