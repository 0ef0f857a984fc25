/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What a directory's answer to a bind means for a login. */

#include "proto/result.h"

#include <ldap.h>

/* What the password policy's response control says (draft-behera-ldap-password-policy). */
typedef struct LdapPolicy {
        int error; /* as LDAPPasswordPolicyError; LDAP_POLICY_NONE without one */
        int grace; /* logins left with an expired password, -1 = does not say */
} LdapPolicy;

#define LDAP_POLICY_NONE (-1)

/* Reads the control, or NULL: the server sent none. One that cannot be read says nothing. */
LdapPolicy ldap_policy_of(LDAP *ld, LDAPControl *control);

typedef struct LdapOutcome {
        Result result;
        bool is_server; /* it was about the server: the next one may do better */
        char reason[512];
} LdapOutcome;

/* code is the LDAP result (RFC 4511, appendix A.1), text what the server said with it, possibly
 * empty. */
void ldap_outcome_of_bind(int code, const char *text, LdapPolicy policy, LdapOutcome *outcome);

/* The same for a bind by SASL. slapd says "other" of all that libsasl2 does not put down to the
 * password, a user who is not there included: the server is never to blame for it. */
void ldap_outcome_of_sasl_bind(int code, const char *text, LdapPolicy policy, LdapOutcome *outcome);

/* Whether a result code is about the server, and not about what was asked. */
bool ldap_code_is_servers(int code);
