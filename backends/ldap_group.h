/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Groups: who must be in one to log in, and who is in which, always as the search identity. */

#include "backends/ldap_user.h"
#include "proto/membership.h"

/* Settles the question unless the user is in the group that the configuration asks for, or it asks
 * for none. */
LdapStep ldap_group_require(LdapQuestion *question, const LdapUser *user);

/* Whether the user is in the group of that name, which is not a template: the entry whose cn is it,
 * byte for byte, with his DN in ldap_group_attr, or his name in memberUid; or the entry that
 * ldap_group_filter matches, too. LDAP_STEP_ANSWERED with RESULT_OK = yes, with RESULT_UNKNOWN =
 * no. */
LdapStep ldap_group_ask(LdapQuestion *question, const LdapUser *user, Bytes name);
