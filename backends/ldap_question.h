/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LdapQuestion: one login, or one question for a group's member, while a server is asked. */

#include "backends/ldap_outcome.h"
#include "backends/ldap_server.h"
#include "proto/ldap_token.h"

/* How a step towards the answer ended. */
typedef enum LdapStep {
        LDAP_STEP_ON,       /* go on with the next */
        LDAP_STEP_ANSWERED, /* outcome is the answer */
        LDAP_STEP_SERVER,   /* the server failed, by ldap_server_fail() */
} LdapStep;

typedef struct LdapQuestion {
        const LdapConfig *config;
        const char *name_attr; /* that an account's own name is in */
        LdapNames names;
        LdapOutcome outcome;
        /* Of the attempt: */
        LdapServer *server;
        int64_t until;
} LdapQuestion;

/* Sets the answer. Returns LDAP_STEP_ANSWERED. */
LdapStep ldap_question_settle(LdapQuestion *question, Result result, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Sets the answer to what the server's reply says of itself. Returns LDAP_STEP_SERVER if the next
 * server may do better, else LDAP_STEP_ANSWERED. */
LdapStep ldap_question_blame(LdapQuestion *question, const char *step, const LdapReply *reply);

/* Expands a template of the configuration into out. Returns LDAP_STEP_ON if it could be. */
LdapStep ldap_question_expand(
        LdapQuestion *question, const char *template, LdapPlace place, char *out, size_t size);
