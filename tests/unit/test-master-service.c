/* SPDX-License-Identifier: BSD-2-Clause */

/* Postfix's master.cf, as postconf -M and -P would show it. */

#include "daemon/cli/doctor/master_service.h"
#include "proto/cleanup.h"

#include "table.h"

typedef struct ServiceRow {
        const char *name;
        Bytes content;
        bool is_confined;
        const char *value; /* of "key", or NULL */
        bool is_there;     /* an smtpd */
} ServiceRow;

#define SMTPD "smtp inet n - y - - smtpd"

static const ServiceRow rows[] = {
        {"plain", LIT(SMTPD "\n"), true, NULL, true},
        {"no newline at the end", LIT(SMTPD), true, NULL, true},
        {"outside of the chroot", LIT("smtp inet n - n - - smtpd\n"), false, NULL, true},
        {"the default is outside", LIT("smtp inet n - - - - smtpd\n"), false, NULL, true},
        {"tabs", LIT("smtp\tinet\tn\t-\ty\t-\t-\tsmtpd\t-o\tkey=v\n"), true, "v", true},
        {"behind it", LIT(SMTPD " -o key=v -v\n"), true, "v", true},
        {"in a further line", LIT(SMTPD "\n  -o key=v\n"), true, "v", true},
        {"behind comments", LIT(SMTPD "\n# c\n\n   # d\n -v\n -o key=v\n"), true, "v", true},
        {"a comment", LIT(SMTPD "\n#  -o key=v\n"), true, NULL, true},
        {"the last counts", LIT(SMTPD " -o key=v -o key=w\n"), true, "w", true},
        {"of another key", LIT(SMTPD " -o keys=v -o ke=y -o key\n"), true, NULL, true},
        {"as one word", LIT(SMTPD " -okey=v\n"), true, "v", true},
        {"in braces", LIT(SMTPD " -o { key = v }\n"), true, "v", true},
        {"in close braces", LIT(SMTPD " -o {key=v}\n"), true, "v", true},
        {"in a brace without end", LIT(SMTPD " -o { key = v\n"), true, "v", true},
        {"empty", LIT(SMTPD " -o key=\n"), true, "", true},
        {"no word behind it", LIT(SMTPD " -o\n"), true, NULL, true},
        {"of another service", LIT("x unix n - n - - pipe\n -o key=v\n" SMTPD "\n"), true, NULL,
                true},
        {"the columns in two lines", LIT("smtp inet n -\n y - - smtpd -o key=v\n"), true, "v",
                true},
        {"too few columns", LIT("smtp inet n - y - -\n"), false, NULL, false},
        {"a comment alone", LIT("#" SMTPD "\n"), false, NULL, false},
        {"nothing", LIT(""), false, NULL, false},
};

static void test_service(void **state)
{
        const ServiceRow *row = *state;
        _cleanup_(exact_free) Bytes content = exact_copy(row->content);
        Bytes rest = content;
        MasterService service;
        char value[16];
        bool found = false;

        while (!found && master_service_next(&rest, &service))
                found = bytes_equal_string(service.command, "smtpd");
        assert_int_equal(found, row->is_there);
        if (!found)
                return;
        assert_int_equal(service.is_confined, row->is_confined);
        assert_int_equal(
                master_service_setting(&service, "key", value, sizeof(value)), row->value != NULL);
        if (row->value)
                assert_string_equal(value, row->value);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_service, ROWS(rows));
        return table_run(&table, "master-service");
}
