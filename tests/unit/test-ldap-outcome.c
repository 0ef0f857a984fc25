/* SPDX-License-Identifier: BSD-2-Clause */

/* What directories answer to a bind. */

#include "backends/ldap_outcome.h"

#include "table.h"

#include <ldap.h>

#define AD(data)                                                                                   \
        "80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data " data       \
        ", v4563"

typedef struct BindRow {
        const char *name;
        int code;
        const char *text;
        LdapPolicy policy;
        Result result;
        bool is_server;
        const char *reason; /* begins so */
} BindRow;

#define NONE                                                                                       \
        {                                                                                          \
                LDAP_POLICY_NONE, -1                                                               \
        }
#define POLICY(error)                                                                              \
        {                                                                                          \
                (error), -1                                                                        \
        }

static const BindRow rows[] = {
        {"success", LDAP_SUCCESS, "", NONE, RESULT_OK, false, ""},
        {"wrong", LDAP_INVALID_CREDENTIALS, "", NONE, RESULT_MISMATCH, false, "wrong password"},
        {"locked", LDAP_INVALID_CREDENTIALS, "", POLICY(PP_accountLocked), RESULT_DENIED, false,
                "the account is locked"},
        {"expired", LDAP_INVALID_CREDENTIALS, "", POLICY(PP_passwordExpired), RESULT_DENIED, false,
                "the password has expired"},
        {"must change", LDAP_SUCCESS, "", POLICY(PP_changeAfterReset), RESULT_DENIED, false,
                "the password must be changed first"},
        {"grace", LDAP_SUCCESS, "", {LDAP_POLICY_NONE, 2}, RESULT_DENIED, false,
                "the password has expired; 2 grace logins"},
        {"the last grace login", LDAP_SUCCESS, "", {LDAP_POLICY_NONE, 0}, RESULT_DENIED, false,
                "the password has expired; 0 grace logins"},
        {"another policy error", LDAP_SUCCESS, "", POLICY(PP_passwordInHistory), RESULT_OK, false,
                ""},
        {"no such entry", LDAP_NO_SUCH_OBJECT, "", NONE, RESULT_UNKNOWN, false, "no such user"},
        {"no DN", LDAP_INVALID_DN_SYNTAX, "bad", NONE, RESULT_UNKNOWN, false, "no such user"},
        {"no password there", LDAP_INAPPROPRIATE_AUTH, "", NONE, RESULT_DENIED, false,
                "the account has no password"},
        {"unwilling", LDAP_UNWILLING_TO_PERFORM, "Account inactivated", NONE, RESULT_DENIED, false,
                "the directory refuses this account: Account inactivated"},
        {"tries", LDAP_CONSTRAINT_VIOLATION, "Exceed password retry limit", NONE, RESULT_DENIED,
                false, "the account is locked: Exceed"},
        {"busy", LDAP_BUSY, "", NONE, RESULT_UNAVAILABLE, true, "Server is busy"},
        {"wants TLS", LDAP_CONFIDENTIALITY_REQUIRED, "TLS please", NONE, RESULT_UNAVAILABLE, true,
                "Confidentiality required: TLS please"},
        {"a code from tomorrow", 4711, "", NONE, RESULT_UNAVAILABLE, true, ""},
        {"a policy does not make it good", LDAP_BUSY, "", POLICY(PP_changeAfterReset),
                RESULT_UNAVAILABLE, true, ""},
        {"Windows: wrong", LDAP_INVALID_CREDENTIALS, AD("52e"), NONE, RESULT_MISMATCH, false,
                "wrong password"},
        {"Windows: unknown", LDAP_INVALID_CREDENTIALS, AD("525"), NONE, RESULT_UNKNOWN, false,
                "no such user"},
        {"Windows: locked", LDAP_INVALID_CREDENTIALS, AD("775"), NONE, RESULT_DENIED, false,
                "the account is locked"},
        {"Windows: disabled", LDAP_INVALID_CREDENTIALS, AD("533"), NONE, RESULT_DENIED, false,
                "the account is disabled"},
        {"Windows: something else", LDAP_INVALID_CREDENTIALS, AD("1"), NONE, RESULT_MISMATCH, false,
                "wrong password"},
        {"not Windows", LDAP_INVALID_CREDENTIALS, "x, data 533", NONE, RESULT_MISMATCH, false,
                "wrong password: x, data 533"},
};

static void test_bind(void **state)
{
        const BindRow *row = *state;
        LdapOutcome outcome;

        ldap_outcome_of_bind(row->code, row->text, row->policy, &outcome);
        assert_int_equal(outcome.result, row->result);
        assert_int_equal(outcome.is_server, row->is_server);
        assert_memory_equal(outcome.reason, row->reason, strlen(row->reason));
}

static const BindRow sasl_rows[] = {
        {"SASL: success", LDAP_SUCCESS, "", NONE, RESULT_OK, false, ""},
        {"SASL: wrong", LDAP_INVALID_CREDENTIALS, "SASL(-13): authentication failure: x", NONE,
                RESULT_MISMATCH, false, "wrong password: SASL(-13)"},
        {"SASL: no such user", LDAP_OTHER,
                "SASL(-1): generic failure: unable to canonify user and get auxprops", NONE,
                RESULT_UNKNOWN, false, "no such user: SASL(-1)"},
        {"SASL: no such user, by PLAIN", LDAP_OTHER,
                "SASL(-1): generic failure: Password verification failed", NONE, RESULT_UNKNOWN,
                false, "no such user: SASL(-1)"},
        {"SASL: nothing said", LDAP_OTHER, "SASL(-1): generic failure: ", NONE, RESULT_MISMATCH,
                false, "no such user, or wrong password: SASL(-1)"},
        {"SASL: something else", LDAP_OTHER, "SASL(-1): generic failure: no memory", NONE,
                RESULT_UNAVAILABLE, false, "Other"},
        {"SASL: a NUL in the password", LDAP_OTHER, "SASL(-5): bad protocol / cancel: x", NONE,
                RESULT_MISMATCH, false, "a name or password that the mechanism does not take"},
        {"SASL: no reason", LDAP_OTHER, "", NONE, RESULT_UNAVAILABLE, false, "Other"},
        {"SASL: not libsasl2's words", LDAP_OTHER, "unable to canonify user", NONE,
                RESULT_UNAVAILABLE, false, "Other"},
        {"SASL: busy", LDAP_BUSY, "SASL(-1): generic failure: ", NONE, RESULT_UNAVAILABLE, true,
                "Server is busy"},
};

static void test_sasl_bind(void **state)
{
        const BindRow *row = *state;
        LdapOutcome outcome;

        ldap_outcome_of_sasl_bind(row->code, row->text, row->policy, &outcome);
        assert_int_equal(outcome.result, row->result);
        assert_int_equal(outcome.is_server, row->is_server);
        assert_memory_equal(outcome.reason, row->reason, strlen(row->reason));
}

static void test_servers(void **state)
{
        (void)state;
        assert_true(ldap_code_is_servers(LDAP_SERVER_DOWN));
        assert_true(ldap_code_is_servers(LDAP_BUSY));
        assert_false(ldap_code_is_servers(LDAP_NO_SUCH_OBJECT));
        assert_false(ldap_code_is_servers(LDAP_SUCCESS));
        assert_false(ldap_code_is_servers(LDAP_FILTER_ERROR));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_bind, ROWS(rows));
        table_add_rows(&table, test_sasl_bind, ROWS(sasl_rows));
        table_add(&table, "whose fault it is", test_servers, NULL);
        return table_run(&table, "ldap-outcome");
}
