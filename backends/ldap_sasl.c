/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_sasl.h"

#include <sasl/sasl.h>

static void answer(sasl_interact_t *interaction, Bytes value)
{
        interaction->result = value.size > 0 ? (const void *)value.data : "";
        interaction->len = (unsigned)value.size;
}

/* What is not given is what the mechanism proposes. */
static void answer_text(sasl_interact_t *interaction, const char *value)
{
        answer(interaction, bytes_from_string(value ? value : interaction->defresult));
}

static void answer_password(sasl_interact_t *interaction, LdapSaslAnswers *given)
{
        given->password_asked = true;
        answer(interaction, given->password);
}

int ldap_sasl_answer(LDAP *ld, unsigned flags, void *answers, void *interactions)
{
        LdapSaslAnswers *given = answers;

        (void)ld;
        (void)flags;
        for (sasl_interact_t *each = interactions; each->id != SASL_CB_LIST_END; each++)
                switch (each->id) {
                case SASL_CB_AUTHNAME: answer_text(each, given->id); break;
                case SASL_CB_USER: answer_text(each, given->authz_id); break;
                case SASL_CB_GETREALM: answer_text(each, given->realm); break;
                case SASL_CB_PASS: answer_password(each, given); break;
                default: answer_text(each, NULL); break;
                }
        return LDAP_SUCCESS;
}
