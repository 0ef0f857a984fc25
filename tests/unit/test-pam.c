/* SPDX-License-Identifier: BSD-2-Clause */

/* What PAM's return codes mean, and which services may be asked for. */

#include "pam/codes.h"
#include "pam/service.h"

#include "table.h"

#include <security/pam_appl.h>
#include <string.h>

typedef struct CodeRow {
        const char *name;
        int code;
        Result authenticate;
        Result account;
} CodeRow;

/* All that is not UNAVAILABLE at both stages. */
static const CodeRow code_rows[] = {
        {"PAM_SUCCESS", PAM_SUCCESS, RESULT_OK, RESULT_OK},
        {"PAM_PERM_DENIED", PAM_PERM_DENIED, RESULT_DENIED, RESULT_DENIED},
        {"PAM_AUTH_ERR", PAM_AUTH_ERR, RESULT_MISMATCH, RESULT_DENIED},
        {"PAM_USER_UNKNOWN", PAM_USER_UNKNOWN, RESULT_UNKNOWN, RESULT_UNKNOWN},
        {"PAM_MAXTRIES", PAM_MAXTRIES, RESULT_DENIED, RESULT_DENIED},
        {"PAM_NEW_AUTHTOK_REQD", PAM_NEW_AUTHTOK_REQD, RESULT_DENIED, RESULT_DENIED},
        {"PAM_ACCT_EXPIRED", PAM_ACCT_EXPIRED, RESULT_DENIED, RESULT_DENIED},
        {"PAM_CRED_EXPIRED", PAM_CRED_EXPIRED, RESULT_DENIED, RESULT_DENIED},
        {"PAM_AUTHTOK_EXPIRED", PAM_AUTHTOK_EXPIRED, RESULT_DENIED, RESULT_DENIED},
};

static void test_code(void **state)
{
        const CodeRow *row = *state;
        const char *reason = NULL;

        assert_int_equal(
                pam_code_to_result(PAM_STAGE_AUTHENTICATE, row->code, &reason), row->authenticate);
        assert_int_equal(pam_code_to_result(PAM_STAGE_ACCOUNT, row->code, &reason), row->account);
        assert_int_equal(pam_code_to_result(PAM_STAGE_START, row->code, &reason),
                row->code == PAM_SUCCESS ? RESULT_OK : RESULT_UNAVAILABLE);
        assert_non_null(reason);
}

static bool is_in_table(int code)
{
        for (size_t i = 0; i < sizeof(code_rows) / sizeof(code_rows[0]); i++)
                if (code_rows[i].code == code)
                        return true;
        return false;
}

static void test_all_others(void **state)
{
        (void)state;
        for (int code = -2; code < _PAM_RETURN_VALUES + 3; code++) {
                const char *reason = NULL;

                if (is_in_table(code))
                        continue;
                assert_int_equal(pam_code_to_result(PAM_STAGE_AUTHENTICATE, code, &reason),
                        RESULT_UNAVAILABLE);
                assert_int_equal(
                        pam_code_to_result(PAM_STAGE_ACCOUNT, code, &reason), RESULT_UNAVAILABLE);
                assert_true(reason && strlen(reason) > 3);
        }
}

typedef struct NameRow {
        const char *name;
        bool valid;
} NameRow;

static const NameRow name_rows[] = {
        {"imap", true},
        {"smtp-submission", true},
        {"a.b", true},
        {"x_1", true},
        {"", false},
        {"IMAP", false},
        {"imaP", false},
        {"a/b", false},
        {"/imap", false},
        {"..", false},
        {".", false},
        {".imap", false},
        {"a..b", false},
        {"im\x7f", false},
};

static void test_name(void **state)
{
        const NameRow *row = *state;

        assert_int_equal(service_is_valid(row->name), row->valid);
}

/* a row's name cannot have one: it is printed */
static void test_line_break(void **state)
{
        (void)state;
        assert_false(service_is_valid("im\nap"));
}

static void test_length(void **state)
{
        char name[SERVICE_NAME_MAX + 2];

        (void)state;
        memset(name, 'a', sizeof(name));
        name[SERVICE_NAME_MAX + 1] = '\0';
        assert_false(service_is_valid(name));
        name[SERVICE_NAME_MAX] = '\0';
        assert_true(service_is_valid(name));
}

static void test_configured(void **state)
{
        (void)state;
        assert_true(service_is_configured("other"));
        assert_false(service_is_configured("saslward-test-of-no-service"));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_code, ROWS(code_rows));
        table_add(&table, "all other codes are UNAVAILABLE", test_all_others, NULL);
        table_add_rows(&table, test_name, ROWS(name_rows));
        table_add(&table, "a line break", test_line_break, NULL);
        table_add(&table, "the longest name", test_length, NULL);
        table_add(&table, "a service with and without a file", test_configured, NULL);
        return table_run(&table, "pam");
}
