/* SPDX-License-Identifier: BSD-2-Clause */

#include "backends/crypt_method.h"

#include "table.h"

#include <crypt.h>

typedef struct Row {
        const char *name;
        const char *hash;
        const char *method; /* what the setting begins with, or NULL */
} Row;

#define DIGEST "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

static const Row rows[] = {
        {"yescrypt", "$y$j9T$saltsaltsaltsalt$" DIGEST, "$y$j9T$"},
        {"yescrypt at another cost", "$y$j75$saltsaltsaltsalt$" DIGEST, "$y$j75$"},
        {"SHA-512", "$6$saltsalt$" DIGEST, "$6$"},
        {"SHA-512 with rounds", "$6$rounds=9000$saltsalt$" DIGEST, "$6$rounds=9000$"},
        {"SHA-256", "$5$saltsalt$" DIGEST, "$5$"},
        {"MD5", "$1$salt$0123456789abcdefghijkl", "$1$"},
        {"bcrypt", "$2b$05$saltsaltsaltsaltsaltsuDIGESTDIGESTDIGESTDIGESTDIGEST", "$2b$05$"},
        {"DES", "abJnggxhB/yWI", NULL},
        {"locked", "!$6$saltsalt$" DIGEST, NULL},
        {"no password", "*", NULL},
        {"empty", "", NULL},
        {"a dollar", "$", NULL},
        {"two", "$$", NULL},
        {"an unknown method", "$xyzzy$salt$" DIGEST, NULL},
        {"a cost that is none", "$y$!$salt$" DIGEST, NULL},
        {"a long one", "$6$rounds=0123456789012345678901234567890123456789012345678901234567$s$x",
                NULL},
};

static void test_setting(void **state)
{
        static struct crypt_data data;
        const Row *row = *state;
        char setting[CRYPT_METHOD_SIZE];
        const char *computed;

        if (!row->method) {
                assert_false(crypt_method_setting(row->hash, setting));
                return;
        }
        assert_true(crypt_method_setting(row->hash, setting));
        assert_memory_equal(setting, row->method, strlen(row->method));
        assert_string_not_equal(setting, row->hash);
        computed = crypt_r("password", setting, &data);
        assert_non_null(computed);
        assert_memory_equal(computed, row->method, strlen(row->method));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_setting, ROWS(rows));
        return table_run(&table, "crypt-method");
}
