/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What libsasl2, behind libldap, asks for a bind: ldap_sasl_interactive_bind(3). */

#include "proto/bytes.h"

#include <ldap.h>

typedef struct LdapSaslAnswers {
        const char *id; /* NULL = not given, as the following */
        const char *authz_id;
        const char *realm;
        Bytes password;
        bool password_asked; /* set when the mechanism has taken it */
} LdapSaslAnswers;

/* LDAP_SASL_INTERACT_PROC: answers a list of sasl_interact_t from LdapSaslAnswers, and notes in
 * there whether the password was asked for. */
int ldap_sasl_answer(LDAP *ld, unsigned flags, void *answers, void *interactions);
