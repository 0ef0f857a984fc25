/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LdapUser: the entry of the user who logs in. */

#include "backends/ldap_question.h"

#define LDAP_USER_NAME_SIZE 1025u

typedef struct LdapUser {
        char *dn;                       /* or NULL: there is no entry */
        char name[LDAP_USER_NAME_SIZE]; /* the account's own */
        bool is_named;                  /* name is of the attribute that is to hold it */
        struct berval **passwords;      /* wanted for the method custom; or NULL */
} LdapUser;

void ldap_user_deinit(LdapUser *user);

/* Searches for the user, as the search identity. Settles the question unless there is exactly one.
 */
LdapStep ldap_user_find(LdapQuestion *question, LdapUser *user);

/* The same for the method fastbind, whose filter is the DN. */
LdapStep ldap_user_name(LdapQuestion *question, LdapUser *user);

/* Reads the entry of that DN on this connection, for its name. If it may not be read, or is not
 * there, user stays as it is. */
LdapStep ldap_user_read(
        LdapQuestion *question, LdapConnection *connection, const char *dn, LdapUser *user);

/* The user who is bound on this connection, by the server's own word (RFC 4532): what was typed may
 * be another spelling of his name. */
LdapStep ldap_user_self(LdapQuestion *question, LdapConnection *connection, LdapUser *user);

/* Settles the question if the user's DN has, where the template has %v, the name of the VM that
 * asks only in other letters. */
LdapStep ldap_user_check_vm(LdapQuestion *question, const char *template, const LdapUser *user);
