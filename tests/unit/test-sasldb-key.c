/* SPDX-License-Identifier: BSD-2-Clause */

#include "backends/sasldb_key.h"

#include "table.h"

typedef struct Row {
        const char *name;
        Bytes key;
        const char *login, *realm; /* NULL: it is nobody's password */
} Row;

static const Row rows[] = {
        {"a user", LIT("alice\0vmA\0userPassword"), "alice", "vmA"},
        {"an empty realm", LIT("alice\0\0userPassword"), "alice", ""},
        {"an empty login", LIT("\0vmA\0userPassword"), "", "vmA"},
        {"a realm with an @", LIT("alice\0a@b\0userPassword"), "alice", "a@b"},
        {"another property", LIT("alice\0vmA\0cmusaslsecretOTP"), NULL, NULL},
        {"a property that begins so", LIT("alice\0vmA\0userPassword2"), NULL, NULL},
        {"a property cut short", LIT("alice\0vmA\0userPasswor"), NULL, NULL},
        {"a NUL behind it", LIT("alice\0vmA\0userPassword\0"), NULL, NULL},
        {"no property", LIT("alice\0vmA\0"), NULL, NULL},
        {"one NUL", LIT("alice\0userPassword"), NULL, NULL},
        {"no NUL", LIT("userPassword"), NULL, NULL},
        {"nothing", LIT(""), NULL, NULL},
        {"no memory", {NULL, 0}, NULL, NULL},
};

static void test_key(void **state)
{
        const Row *row = *state;
        Bytes login, realm;

        if (!row->login) {
                assert_false(sasldb_key_is_user(row->key, &login, &realm));
                return;
        }
        assert_true(sasldb_key_is_user(row->key, &login, &realm));
        assert_true(bytes_equal_string(login, row->login));
        assert_true(bytes_equal_string(realm, row->realm));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_key, ROWS(rows));
        return table_run(&table, "sasldb-key");
}
