/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_check.h"

#include "backends/ldap_group.h"
#include "backends/ldap_password.h"

#include <stdio.h>

#define NOBODY "cn=nobody"

typedef void Judge(int code, const char *text, LdapPolicy policy, LdapOutcome *outcome);

/* What the server said to a bind. An account's state is told only to who knows the password where
 * the directory does so. */
static LdapStep judge_bind(LdapQuestion *question, const LdapReply *reply, Judge *judge)
{
        LdapOutcome *outcome = &question->outcome;

        judge(reply->code, reply->text, reply->policy, outcome);
        if (outcome->is_server)
                return ldap_question_blame(question, "bind", reply);
        return outcome->result == RESULT_OK ? LDAP_STEP_ON : LDAP_STEP_ANSWERED;
}

static LdapStep bind_as(LdapQuestion *question, const char *dn, Bytes password)
{
        LdapConnection *connection = ldap_server_user(question->server, question->until);
        LdapReply reply;

        if (!connection)
                return LDAP_STEP_SERVER;
        if (!ldap_connection_bind(connection, dn, password, question->until, &reply))
                return ldap_question_blame(question, "bind", &reply);
        return judge_bind(question, &reply, ldap_outcome_of_bind);
}

static LdapStep compare(LdapQuestion *question, const LdapUser *user, Bytes password)
{
        char scheme[32];
        LdapPasswordMatch worst = LDAP_PASSWORD_DIFFERENT;

        if (!user->passwords || !user->passwords[0])
                return ldap_question_settle(question, RESULT_DENIED,
                        "%.300s has no %.64s that may "
                        "be read",
                        user->dn, question->config->password_attr);
        for (struct berval **each = user->passwords; *each; each++) {
                const Bytes stored = {(const uint8_t *)(*each)->bv_val, (*each)->bv_len};
                LdapPasswordMatch match = ldap_password_match(password, stored);

                if (match == LDAP_PASSWORD_SAME)
                        return LDAP_STEP_ON;
                if (match > worst) {
                        worst = match;
                        (void)ldap_password_scheme(stored, scheme, sizeof(scheme));
                }
        }
        if (worst == LDAP_PASSWORD_LOCKED)
                return ldap_question_settle(question, RESULT_DENIED, "the account is locked");
        if (worst == LDAP_PASSWORD_SCHEME)
                return ldap_question_settle(question, RESULT_DENIED,
                        "a password in a form that is not known: %s", scheme);
        return ldap_question_settle(question, RESULT_MISMATCH, "wrong password");
}

/* The filter is the DN; who is bound may usually read his own entry, and so his name. */
static LdapStep bind_fast(LdapQuestion *question, Bytes password, LdapUser *user)
{
        char dn[LDAP_TEMPLATE_TEXT_MAX];
        LdapStep step = ldap_question_expand(
                question, question->config->filter, LDAP_PLACE_DN, dn, sizeof(dn));

        if (step == LDAP_STEP_ON)
                step = bind_as(question, dn, password);
        if (step == LDAP_STEP_ON)
                step = ldap_user_read(question, &question->server->user, dn, user);
        if (step == LDAP_STEP_ON && !user->dn)
                step = ldap_user_self(question, &question->server->user, user);
        if (step == LDAP_STEP_ON)
                step = ldap_user_check_vm(question, question->config->filter, user);
        return step;
}

/* A mechanism without a password would let everybody in as whom the server takes this process for,
 * by its certificate or its uid. */
static LdapStep bind_with(
        LdapQuestion *question, LdapConnection *connection, LdapSaslAnswers *answers)
{
        LdapReply reply;
        LdapStep step;

        if (!ldap_connection_bind_sasl(connection, answers, question->until, &reply))
                return ldap_question_blame(question, "SASL bind", &reply);
        step = judge_bind(question, &reply, ldap_outcome_of_sasl_bind);
        if (reply.code != LDAP_SUCCESS && reply.code != LDAP_INVALID_CREDENTIALS)
                ldap_connection_close(connection); /* slapd may say the same to the next user */
        if (step != LDAP_STEP_ON || answers->password_asked)
                return step;
        ldap_connection_close(connection);
        return ldap_question_settle(
                question, RESULT_DENIED, "the SASL mechanism does not use the password");
}

/* HMAC, and so SCRAM and CRAM-MD5, does not tell a password from the same with NULs behind it (RFC
 * 2104, section 2). */
static LdapStep bind_sasl(LdapQuestion *question, Bytes password, LdapUser *user)
{
        char id[LDAP_USER_NAME_SIZE], realm[LDAP_USER_NAME_SIZE];
        LdapSaslAnswers answers = {.id = id, .realm = realm, .password = password};
        LdapConnection *connection;
        LdapStep step;

        if (!bytes_to_string(question->names.login, id, sizeof(id)) ||
                !bytes_to_string(question->names.realm, realm, sizeof(realm)))
                return ldap_question_settle(
                        question, RESULT_UNKNOWN, "a name that no SASL mechanism takes");
        if (bytes_contain(password, 0))
                return ldap_question_settle(question, RESULT_MISMATCH, "a NUL in the password");
        if (realm[0] == '\0')
                answers.realm = question->config->sasl_realm;
        connection = ldap_server_user(question->server, question->until);
        if (!connection)
                return LDAP_STEP_SERVER;
        step = bind_with(question, connection, &answers);
        if (step == LDAP_STEP_ON)
                step = ldap_user_self(question, connection, user);
        if (ldap_connection_has_layer(connection))
                ldap_connection_close(connection); /* which is this user's */
        return step;
}

/* As one whose password is wrong, for a user who is not there; what comes of it is nothing to us.
 * What time the server takes to compute a hash remains its own. */
static void bind_as_nobody(LdapQuestion *question, Bytes password)
{
        const char *template = question->config->search_base;
        LdapConnection *connection = ldap_server_user(question->server, question->until);
        char base[LDAP_TEMPLATE_TEXT_MAX], dn[sizeof(base) + sizeof(NOBODY)];
        LdapOutcome outcome = question->outcome;
        LdapReply reply;

        if (connection && ldap_question_expand(question, template ? template : "", LDAP_PLACE_DN,
                                  base, sizeof(base)) == LDAP_STEP_ON) {
                (void)snprintf(dn, sizeof(dn), "%s%s%s", NOBODY, base[0] ? "," : "", base);
                if (!ldap_connection_bind(connection, dn, password, question->until, &reply))
                        ldap_connection_close(connection);
        }
        question->outcome = outcome;
}

static bool is_unknown(const LdapQuestion *question, LdapStep step)
{
        return step == LDAP_STEP_ANSWERED && question->outcome.result == RESULT_UNKNOWN;
}

static LdapStep check_password(LdapQuestion *question, Bytes password, LdapUser *user)
{
        LdapStep step;

        switch ((LdapMethod)question->config->method) {
        case LDAP_METHOD_FASTBIND:
                return ldap_config_filter_is_dn(question->config)
                               ? bind_fast(question, password, user)
                               : bind_sasl(question, password, user);
        case LDAP_METHOD_BIND:
                step = ldap_user_find(question, user);
                if (is_unknown(question, step))
                        bind_as_nobody(question, password);
                return step == LDAP_STEP_ON ? bind_as(question, user->dn, password) : step;
        case LDAP_METHOD_CUSTOM:
                step = ldap_user_find(question, user);
                if (is_unknown(question, step))
                        ldap_password_match_nobody(password);
                return step == LDAP_STEP_ON ? compare(question, user, password) : step;
        }
        return ldap_question_settle(question, RESULT_UNAVAILABLE, "no such method");
}

/* An empty password would be an unauthenticated bind (RFC 4513, section 5.1.2), which succeeds. */
LdapStep ldap_check(LdapQuestion *question, Bytes password, LdapUser *user)
{
        LdapStep step;

        if (password.size == 0)
                return ldap_question_settle(question, RESULT_MISMATCH, "empty password");
        step = check_password(question, password, user);
        if (step == LDAP_STEP_ON)
                step = ldap_group_require(question, user);
        return step == LDAP_STEP_ON ? ldap_question_settle(question, RESULT_OK, "%s", "") : step;
}
