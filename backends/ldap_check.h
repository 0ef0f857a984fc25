/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The ways of checking a password: bind, custom, fastbind, and SASL. */

#include "backends/ldap_user.h"

/* Checks a login at the question's server. password has a NUL behind it, which is not counted.
 * Settles the question unless the server fails; with RESULT_OK, user has the account's name. */
LdapStep ldap_check(LdapQuestion *question, Bytes password, LdapUser *user);
