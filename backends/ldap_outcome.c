/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_outcome.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Meaning {
        int code;
        Result result;
        const char *text;
} Meaning;

/* Every code that directories are known to answer a bind with; any other is the server's trouble.
 * 389 Directory Server says UNWILLING_TO_PERFORM for a deactivated account, and
 * CONSTRAINT_VIOLATION after too many tries. */
static const Meaning meanings[] = {
        {LDAP_SUCCESS, RESULT_OK, ""},
        {LDAP_INVALID_CREDENTIALS, RESULT_MISMATCH, "wrong password"},
        {LDAP_NO_SUCH_OBJECT, RESULT_UNKNOWN, "no such user"},
        {LDAP_INVALID_DN_SYNTAX, RESULT_UNKNOWN, "no such user: not a DN"},
        {LDAP_INAPPROPRIATE_AUTH, RESULT_DENIED, "the account has no password"},
        {LDAP_INSUFFICIENT_ACCESS, RESULT_DENIED, "the directory does not let this account bind"},
        {LDAP_UNWILLING_TO_PERFORM, RESULT_DENIED, "the directory refuses this account"},
        {LDAP_CONSTRAINT_VIOLATION, RESULT_DENIED, "the account is locked"},
};

static const Meaning policies[] = {
        {PP_passwordExpired, RESULT_DENIED, "the password has expired"},
        {PP_accountLocked, RESULT_DENIED, "the account is locked"},
        {PP_changeAfterReset, RESULT_DENIED, "the password must be changed first"},
        {PP_mustSupplyOldPassword, RESULT_DENIED, "the password must be changed first"},
};

/* Active Directory's own codes, in hexadecimal behind ", data " in its text (Win32 errors). */
static const Meaning windows[] = {
        {0x525, RESULT_UNKNOWN, "no such user"},
        {0x52e, RESULT_MISMATCH, "wrong password"},
        {0x530, RESULT_DENIED, "the account may not log in at this time"},
        {0x531, RESULT_DENIED, "the account may not log in from here"},
        {0x532, RESULT_DENIED, "the password has expired"},
        {0x533, RESULT_DENIED, "the account is disabled"},
        {0x701, RESULT_DENIED, "the account has expired"},
        {0x773, RESULT_DENIED, "the password must be changed first"},
        {0x775, RESULT_DENIED, "the account is locked"},
};

#define FIND(meanings, code) find((meanings), sizeof(meanings) / sizeof((meanings)[0]), (code))

static const Meaning *find(const Meaning *meanings_of, size_t count, int code)
{
        for (size_t i = 0; i < count; i++)
                if (meanings_of[i].code == code)
                        return &meanings_of[i];
        return NULL;
}

static const Meaning *find_windows(const char *text)
{
        const char *data = strstr(text, ", data ");

        if (!data || !strstr(text, "AcceptSecurityContext"))
                return NULL;
        return FIND(windows, (int)strtol(data + strlen(", data "), NULL, 16));
}

/* Locked and expired accounts answer "invalid credentials"; the control says why. */
static const Meaning *refine(const Meaning *meaning, const char *text, LdapPolicy policy)
{
        const Meaning *finer = NULL;

        if (!meaning || meaning->result == RESULT_UNKNOWN)
                return meaning;
        if (policy.error != LDAP_POLICY_NONE)
                finer = FIND(policies, policy.error);
        if (!finer && meaning->code == LDAP_INVALID_CREDENTIALS)
                finer = find_windows(text);
        return finer ? finer : meaning;
}

static void set_grace(LdapOutcome *outcome, int grace)
{
        outcome->result = RESULT_DENIED;
        (void)snprintf(outcome->reason, sizeof(outcome->reason),
                "the password has expired; %d grace logins are left to change it", grace);
}

LdapPolicy ldap_policy_of(LDAP *ld, LDAPControl *control)
{
        LDAPPasswordPolicyError error = PP_noError;
        ber_int_t expire = -1, grace = -1;

        if (!control || ldap_parse_passwordpolicy_control(ld, control, &expire, &grace, &error) !=
                                LDAP_SUCCESS)
                return (LdapPolicy){LDAP_POLICY_NONE, -1};
        return (LdapPolicy){error == PP_noError ? LDAP_POLICY_NONE : (int)error, grace};
}

void ldap_outcome_of_bind(int code, const char *text, LdapPolicy policy, LdapOutcome *outcome)
{
        const Meaning *meaning = refine(FIND(meanings, code), text, policy);

        *outcome = (LdapOutcome){.result = RESULT_UNAVAILABLE, .is_server = !meaning};
        if (!meaning) {
                (void)snprintf(outcome->reason, sizeof(outcome->reason), "%s%s%.300s",
                        ldap_err2string(code), text[0] ? ": " : "", text);
                return;
        }
        outcome->result = meaning->result;
        if (meaning->result == RESULT_OK && policy.grace >= 0)
                set_grace(outcome, policy.grace);
        else
                (void)snprintf(outcome->reason, sizeof(outcome->reason), "%s%s%.300s",
                        meaning->text, meaning->text[0] && text[0] ? ": " : "",
                        meaning->text[0] ? text : "");
}

/* What libsasl2 has slapd say to names and passwords with the code "other": of SCRAM and
 * DIGEST-MD5, of PLAIN, and, with nothing behind it, of CRAM-MD5, to users who are not there. */
static const Meaning *find_sasl(const char *text)
{
        static const char generic[] = "SASL(-1): generic failure: ", protocol[] = "SASL(-5): ";
        static const Meaning unknown = {LDAP_OTHER, RESULT_UNKNOWN, "no such user"};
        static const Meaning unclear = {
                LDAP_OTHER, RESULT_MISMATCH, "no such user, or wrong password"};
        static const Meaning strange = {
                LDAP_OTHER, RESULT_MISMATCH, "a name or password that the mechanism does not take"};

        if (strncmp(text, protocol, strlen(protocol)) == 0)
                return &strange;
        if (strncmp(text, generic, strlen(generic)) != 0)
                return NULL;
        if (text[strlen(generic)] == '\0')
                return &unclear;
        return strstr(text, "unable to canonify user") ||
                               strstr(text, "Password verification failed")
                       ? &unknown
                       : NULL;
}

void ldap_outcome_of_sasl_bind(int code, const char *text, LdapPolicy policy, LdapOutcome *outcome)
{
        const Meaning *meaning = code == LDAP_OTHER ? find_sasl(text) : NULL;

        ldap_outcome_of_bind(code, text, policy, outcome);
        if (code == LDAP_OTHER)
                outcome->is_server = false;
        if (!meaning)
                return;
        outcome->result = meaning->result;
        (void)snprintf(outcome->reason, sizeof(outcome->reason), "%s: %.300s", meaning->text, text);
}

bool ldap_code_is_servers(int code)
{
        switch (code) {
        case LDAP_OPERATIONS_ERROR:
        case LDAP_PROTOCOL_ERROR:
        case LDAP_TIMELIMIT_EXCEEDED:
        case LDAP_AUTH_METHOD_NOT_SUPPORTED:
        case LDAP_STRONG_AUTH_REQUIRED:
        case LDAP_ADMINLIMIT_EXCEEDED:
        case LDAP_UNAVAILABLE_CRITICAL_EXTENSION:
        case LDAP_CONFIDENTIALITY_REQUIRED:
        case LDAP_BUSY:
        case LDAP_UNAVAILABLE:
        case LDAP_LOOP_DETECT:
        case LDAP_OTHER: return true;
        case LDAP_FILTER_ERROR: return false; /* libldap's own, of what it was to ask */
        default: return code < 0;             /* and of the connection */
        }
}
