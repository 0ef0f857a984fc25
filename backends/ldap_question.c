/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_question.h"

#include <stdarg.h>
#include <stdio.h>

LdapStep ldap_question_settle(LdapQuestion *question, Result result, const char *format, ...)
{
        va_list arguments;

        question->outcome = (LdapOutcome){.result = result};
        va_start(arguments, format);
        (void)vsnprintf(
                question->outcome.reason, sizeof(question->outcome.reason), format, arguments);
        va_end(arguments);
        return LDAP_STEP_ANSWERED;
}

LdapStep ldap_question_blame(LdapQuestion *question, const char *step, const LdapReply *reply)
{
        (void)ldap_server_fail(question->server, step, reply);
        if (ldap_code_is_servers(reply->code))
                return LDAP_STEP_SERVER;
        return ldap_question_settle(question, RESULT_UNAVAILABLE, "%s", question->server->failure);
}

LdapStep ldap_question_expand(
        LdapQuestion *question, const char *template, LdapPlace place, char *out, size_t size)
{
        switch (ldap_template_expand(template, &question->names, place, out, size)) {
        case LDAP_EXPANDED: return LDAP_STEP_ON;
        case LDAP_NO_VM:
                return ldap_question_settle(question, RESULT_DENIED,
                        "%.200s needs a VM, and which one asks is not known", template);
        case LDAP_TOO_LONG: break;
        }
        return ldap_question_settle(
                question, RESULT_DENIED, "%.200s is too long for these names", template);
}
