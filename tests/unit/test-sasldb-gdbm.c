/* SPDX-License-Identifier: BSD-2-Clause */

/* The users of a sasldb as libsasl2 keeps it where it was built with gdbm. */

#include "backends/sasldb_users.h"

#include "table.h"

#include <fcntl.h>
#include <gdbm.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Seen {
        unsigned count;
        unsigned alices; /* in vmA or vmB */
} Seen;

static void see(void *userdata, Bytes login, Bytes realm)
{
        Seen *seen = userdata;

        seen->count++;
        if (bytes_equal_string(login, "alice") &&
                (bytes_equal_string(realm, "vmA") || bytes_equal_string(realm, "vmB")))
                seen->alices++;
}

static void store(GDBM_FILE database, Bytes key)
{
        static char password[] = "secret";

        assert_int_equal(gdbm_store(database, (datum){(char *)(uintptr_t)key.data, (int)key.size},
                                 (datum){password, sizeof(password) - 1}, GDBM_INSERT),
                0);
}

static void test_users(void **state)
{
        char path[] = "/tmp/swu-gdbm-XXXXXX", reason[256] = "";
        int fd = mkstemp(path);
        Seen seen = {};
        GDBM_FILE database;

        (void)state;
        assert_true(fd >= 0);
        assert_false(sasldb_users_each(path, see, &seen, reason, sizeof(reason)));
        assert_non_null(strstr(reason, "empty file"));
        assert_int_equal(write(fd, "no database, but text\n", 22), 22);
        assert_false(sasldb_users_each(path, see, &seen, reason, sizeof(reason)));
        assert_non_null(strstr(reason, path));
        (void)close(fd);

        database = gdbm_open(path, 0, GDBM_NEWDB, 0600, NULL);
        assert_non_null(database);
        store(database, BYTES("alice\0vmA\0userPassword"));
        store(database, BYTES("alice\0vmB\0userPassword"));
        store(database, BYTES("alice\0vmA\0cmusaslsecretOTP"));
        (void)gdbm_close(database);
        assert_true(sasldb_users_each(path, see, &seen, reason, sizeof(reason)));
        assert_int_equal(seen.count, 2);
        assert_int_equal(seen.alices, 2);
        (void)unlink(path);
}

int main(void)
{
        static Table table;

        table_add(&table, "users", test_users, NULL);
        return table_run(&table, "sasldb-gdbm");
}
