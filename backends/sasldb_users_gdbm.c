/* SPDX-License-Identifier: BSD-2-Clause */
#include "backends/database.h"
#include "backends/sasldb_key.h"
#include "backends/sasldb_users.h"

#include <gdbm.h>
#include <stdio.h>
#include <stdlib.h>

static void read_keys(GDBM_FILE database, SasldbUserFunction *function, void *userdata)
{
        datum key = gdbm_firstkey(database);
        Bytes login, realm;

        while (key.dptr) {
                datum next = gdbm_nextkey(database, key);

                if (sasldb_key_is_user(
                            (Bytes){(const uint8_t *)key.dptr, (size_t)key.dsize}, &login, &realm))
                        function(userdata, login, realm);
                free(key.dptr);
                key = next;
        }
}

bool sasldb_users_each(
        const char *path, SasldbUserFunction *function, void *userdata, char *reason, size_t size)
{
        Database file;
        GDBM_FILE database;

        if (!database_look(path, &file, reason, size))
                return false;
        database = gdbm_open(path, 0, GDBM_READER, 0, NULL);
        if (!database) {
                (void)snprintf(reason, size, "%s: %s", path, gdbm_strerror(gdbm_errno));
                return false;
        }
        read_keys(database, function, userdata);
        (void)gdbm_close(database);
        return true;
}
