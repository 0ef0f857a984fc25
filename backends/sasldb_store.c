/* SPDX-License-Identifier: BSD-2-Clause */
#include "sasldb_store.h"

#include "backends/sasldb_library.h"

#include <sasl/sasl.h>
#include <stdio.h>
#include <sys/stat.h>

/* The realm is the conn's: then the plugin splits no login at "@" (_plug_parseuser() in
 * plugins/plugin_common.c). */
static int set_password(
        const char *login, const char *realm, Bytes password, unsigned flags, const char **detail)
{
        sasl_conn_t *conn = NULL;
        int code = sasl_server_new("saslward", realm, realm, NULL, NULL, NULL, 0, &conn);

        if (code == SASL_OK)
                code = sasl_setpass(conn, login, (const char *)password.data,
                        (unsigned)password.size, NULL, 0, flags);
        *detail = sasl_errstring(code, NULL, NULL);
        sasl_dispose(&conn);
        return code;
}

static void tell_failure(const char *path, const char *detail, char *reason, size_t size)
{
        const char *complaint = sasldb_library_complaint();

        if (!sasldb_library_has_plugin())
                (void)snprintf(reason, size,
                        "libsasl2 has no sasldb plugin; install it (Debian: libsasl2-modules-db)");
        else
                (void)snprintf(reason, size, "%s: %s", path, complaint ? complaint : detail);
}

static bool store(const char *path, const char *login, const char *realm, Bytes password,
        unsigned flags, char *reason, size_t size)
{
        const char *detail = "libsasl2 does not start";
        mode_t mask = umask(077); /* a new database has passwords in it, as they are */
        int code = SASL_FAIL;

        if (sasldb_library_init(path) == 0)
                code = set_password(login, realm, password, flags, &detail);
        (void)umask(mask);
        if (code != SASL_OK)
                tell_failure(path, detail, reason, size);
        sasl_server_done();
        return code == SASL_OK;
}

bool sasldb_set_password(const char *path, const char *login, const char *realm, Bytes password,
        char *reason, size_t size)
{
        return store(path, login, realm, password, SASL_SET_CREATE, reason, size);
}

bool sasldb_delete_user(
        const char *path, const char *login, const char *realm, char *reason, size_t size)
{
        return store(path, login, realm, BYTES_EMPTY, SASL_SET_DISABLE, reason, size);
}
