/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a directory's answer to a bind: its code, a counted text, and the rest as the value
 * of the password policy's control. */

#include "backends/ldap_outcome.h"

#include "proto/cleanup.h"
#include "proto/counted.h"

#include <ldap.h>

#include "fuzz.h"

/* As LDAP gives them: up to the first NUL. */
static char *copy_text(Bytes text)
{
        char *copy = malloc(text.size + 1);

        CHECK(copy != NULL);
        if (text.size > 0)
                memcpy(copy, text.data, text.size);
        copy[text.size] = '\0';
        return copy;
}

static LDAP *library(void)
{
        static LDAP *ld;

        if (!ld)
                CHECK(ldap_initialize(&ld, NULL) == LDAP_SUCCESS);
        return ld;
}

static LdapPolicy read_policy(Bytes value)
{
        static char type[] = LDAP_CONTROL_PASSWORDPOLICYRESPONSE;
        LDAPControl control = {
                .ldctl_oid = type,
                .ldctl_value = {value.size, value.size > 0 ? (char *)value.data : NULL},
        };
        LdapPolicy policy = ldap_policy_of(library(), value.size > 0 ? &control : NULL);

        CHECK(value.size > 0 || (policy.error == LDAP_POLICY_NONE && policy.grace == -1));
        return policy;
}

static void check_outcome(int code, LdapPolicy policy, const LdapOutcome *outcome)
{
        CHECK(outcome->result <= RESULT_UNAVAILABLE);
        CHECK(memchr(outcome->reason, '\0', sizeof(outcome->reason)));
        CHECK(outcome->is_server <= (outcome->result == RESULT_UNAVAILABLE));
        if (outcome->result == RESULT_OK)
                CHECK(code == LDAP_SUCCESS && policy.grace < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes rest = {data + 1, size > 0 ? size - 1 : 0}, text;
        _cleanup_(free_pointer) char *copy = NULL;
        LdapPolicy policy;
        LdapOutcome outcome;

        if (size == 0 || !counted_get(&rest, &text))
                return 0;
        copy = copy_text(text);
        policy = read_policy(rest);
        ldap_outcome_of_bind(data[0], copy, policy, &outcome);
        check_outcome(data[0], policy, &outcome);
        ldap_outcome_of_sasl_bind(data[0], copy, policy, &outcome);
        check_outcome(data[0], policy, &outcome);
        return 0;
}
