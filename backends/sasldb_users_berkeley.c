/* SPDX-License-Identifier: BSD-2-Clause */
#include "backends/database.h"
#include "backends/sasldb_key.h"
#include "backends/sasldb_users.h"

#include <db.h>
#include <errno.h>
#include <stdio.h>

/* What goes wrong is our caller's to say, not the library's. */
static void be_silent(const DB_ENV *environment, const char *prefix, const char *message)
{
        (void)environment;
        (void)prefix;
        (void)message;
}

/* Of the values, which are passwords, nothing is taken. Returns 0 or an error of the library. */
static int read_keys(DB *database, SasldbUserFunction *function, void *userdata)
{
        DBC *cursor;
        DBT key = {};
        DBT value = {.flags = DB_DBT_PARTIAL};
        Bytes login, realm;
        int code = database->cursor(database, NULL, &cursor, 0);

        if (code != 0)
                return code;
        while ((code = cursor->get(cursor, &key, &value, DB_NEXT)) == 0)
                if (sasldb_key_is_user((Bytes){key.data, key.size}, &login, &realm))
                        function(userdata, login, realm);
        (void)cursor->close(cursor);
        return code == DB_NOTFOUND ? 0 : code;
}

bool sasldb_users_each(
        const char *path, SasldbUserFunction *function, void *userdata, char *reason, size_t size)
{
        Database file;
        DB *database;
        int code;

        if (!database_look(path, &file, reason, size))
                return false;
        code = db_create(&database, NULL, 0);
        if (code == 0) {
                database->set_errcall(database, be_silent);
                code = database->open(database, NULL, path, NULL, DB_HASH, DB_RDONLY, 0);
                if (code == 0)
                        code = read_keys(database, function, userdata);
                (void)database->close(database, DB_NOSYNC);
        }
        if (code == EINVAL) /* of open() */
                (void)snprintf(reason, size, "%s: no Berkeley DB, as libsasl2 keeps here", path);
        else if (code != 0)
                (void)snprintf(reason, size, "%s: %s", path, db_strerror(code));
        return code == 0;
}
