/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Writes to a sasldb through libsasl2:  setpass DATABASE REALM USER [PROPERTY] <VALUE
 * Without PROPERTY it is a password, which saslpasswd2 would cut at 2047 bytes.
 */

#include <sasl/prop.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdio.h>
#include <string.h>

static const char *database;

static int get_option(
        void *context, const char *plugin, const char *option, const char **value, unsigned *length)
{
        (void)context;
        (void)plugin;
        if (strcmp(option, "auxprop_plugin") == 0)
                *value = "sasldb";
        else if (strcmp(option, "sasldb_path") == 0)
                *value = database;
        else
                return SASL_FAIL;
        if (length)
                *length = (unsigned)strlen(*value);
        return SASL_OK;
}

static const sasl_callback_t callbacks[] = {
        {SASL_CB_GETOPT, (int (*)(void))(void (*)(void))get_option, NULL},
        {SASL_CB_LIST_END, NULL, NULL},
};

static int store(sasl_conn_t *conn, const char *user, const char *property, const char *value,
        unsigned length)
{
        struct propctx *properties = prop_new(0);
        const char *names[] = {property, NULL};
        int code = prop_request(properties, names);

        if (code == SASL_OK)
                code = prop_set(properties, property, value, (int)length);
        if (code == SASL_OK)
                code = sasl_auxprop_store(conn, properties, user);
        prop_dispose(&properties);
        return code;
}

int main(int argc, char **argv)
{
        static char password[16384];
        sasl_conn_t *conn = NULL;
        size_t length;
        int code;

        if (argc != 4 && argc != 5)
                return 2;
        database = argv[1];
        length = fread(password, 1, sizeof(password) - 1, stdin);
        if (sasl_server_init(callbacks, NULL) != SASL_OK)
                return 2;
        code = sasl_server_new("setpass", argv[2], argv[2], NULL, NULL, NULL, 0, &conn);
        if (code == SASL_OK && argc == 5)
                code = store(conn, argv[3], argv[4], password, (unsigned)length);
        else if (code == SASL_OK)
                code = sasl_setpass(
                        conn, argv[3], password, (unsigned)length, NULL, 0, SASL_SET_CREATE);
        (void)printf("%d %s\n", code, sasl_errstring(code, NULL, NULL));
        sasl_dispose(&conn);
        sasl_server_done();
        return code == SASL_OK ? 0 : 1;
}
