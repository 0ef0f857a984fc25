/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What the real libsasl2 sends for sasl_checkpass() is, byte for byte, what mux_request_encode()
 * makes of the fields we think it sends, and decodes to them.
 */

#include "proto/request.h"

#include "proto/cleanup.h"

#include "recorder.h"
#include "table.h"

#include <sasl/sasl.h>
#include <stdio.h>

static Recorder *recorder;
static char greatest_password[4097]; /* that we accept */
static char longest_password[8150];  /* that libsasl2 sends with "alice", "spice" and "vmA" */

static int get_option(void *context, const char *plugin, const char *option, const char **result,
        unsigned *length)
{
        (void)context;
        (void)plugin;
        if (strcmp(option, "pwcheck_method") == 0)
                *result = "saslauthd";
        else if (strcmp(option, "saslauthd_path") == 0)
                *result = recorder_path(recorder);
        else
                return SASL_FAIL;
        if (length)
                *length = (unsigned)strlen(*result);
        return SASL_OK;
}

/* Where libsasl2 looks for plugins and configuration: there are none. */
static int get_path(void *context, const char **path)
{
        (void)context;
        *path = recorder_directory(recorder);
        return SASL_OK;
}

static int drop_log(void *context, int level, const char *message)
{
        (void)context;
        (void)level;
        (void)message;
        return SASL_OK;
}

/* sasl_callback_t holds every callback as int (*)(void). */
#define CALLBACK(function) ((int (*)(void))(void (*)(void))(function))

static const sasl_callback_t callbacks[] = {
        {SASL_CB_GETOPT, CALLBACK(get_option), NULL},
        {SASL_CB_GETPATH, CALLBACK(get_path), NULL},
        {SASL_CB_LOG, CALLBACK(drop_log), NULL},
        {SASL_CB_LIST_END, NULL, NULL},
};

static void free_connection(sasl_conn_t **connection)
{
        sasl_dispose(connection);
}

static int check_password(
        const char *service, const char *realm, const char *user, const char *password)
{
        _cleanup_(free_connection) sasl_conn_t *connection = NULL;
        int r = sasl_server_new(service, "host.test", realm, NULL, NULL, NULL, 0, &connection);

        if (r != SASL_OK)
                return r;
        return sasl_checkpass(
                connection, user, (unsigned)strlen(user), password, (unsigned)strlen(password));
}

typedef struct Row {
        const char *name;
        const char *service, *realm, *user; /* as the program hands them to libsasl2 */
        const char *password;
        const char *login, *sent_realm; /* as they arrive */
} Row;

static const Row rows[] = {
        {"plain", "imap", NULL, "alice", "secret", "alice", ""},
        {"spice, plain", "spice", NULL, "alice", "secret", "alice", ""},
        {"vnc, plain", "vnc", NULL, "alice", "secret", "alice", ""},
        {"one byte each", "x", NULL, "a", "b", "a", ""},
        {"a@b", "spice", NULL, "a@b", "secret", "a", "b"},
        {"a@b@vm1", "spice", NULL, "a@b@vm1", "secret", "a@b", "vm1"},
        {"@vm1", "spice", NULL, "@vm1", "secret", "", "vm1"},
        {"@", "spice", NULL, "@", "secret", "", ""},
        {"alice@", "spice", NULL, "alice@", "secret", "alice", ""},
        {"alice@vmA@", "spice", NULL, "alice@vmA@", "secret", "alice@vmA", ""},
        {"alice@@vmA", "spice", NULL, "alice@@vmA", "secret", "alice@", "vmA"},
        {"eve @x", "spice", NULL, "eve @x", "secret", "eve ", "x"},
        {"eve@ x", "spice", NULL, "eve@ x", "secret", "eve", " x"},
        {"blanks at both ends are stripped", "spice", NULL, " eve ", "secret", "eve", ""},
        {"tabs at both ends are stripped", "spice", NULL, "\teve\t", "secret", "eve", ""},
        {"blank inside", "spice", NULL, "eve adams", "secret", "eve adams", ""},
        {"case stays", "spice", NULL, "EVE@VMa", "secret", "EVE", "VMa"},
        {"UTF-8", "spice", NULL, "m\303\274ller@\351\226\213", "gr\303\274n", "m\303\274ller",
                "\351\226\213"},
        {"not UTF-8", "spice", NULL, "\377\376@\200", "\301", "\377\376", "\200"},
        {"control bytes inside", "spice", NULL, "al\1\177ice", "a\tb\nc", "al\1\177ice", ""},
        {"realm of the program", "memcached", "host.test", "alice", "secret", "alice", "host.test"},
        {"typed realm and realm of the program", "svn", "repository", "alice@vmA", "secret",
                "alice", "vmA"},
        {"service with odd bytes", "a b/../c", NULL, "alice", "secret", "alice", ""},
        {"password of one byte", "spice", NULL, "alice", "x", "alice", ""},
        {"empty password", "spice", NULL, "alice", "", "alice", ""},
        {"password with @ and blanks", "spice", NULL, "alice", " p@ss ", "alice", ""},
        {"password of 4096 bytes", "spice", NULL, "alice@vmA", greatest_password, "alice", "vmA"},
        {"the most that libsasl2 sends", "spice", NULL, "alice@vmA", longest_password, "alice",
                "vmA"},
};

static void assert_decodes(Bytes bytes, const MuxRequest *expected)
{
        MuxRequest request;
        const char *reason;
        MuxRequestState state = mux_request_decode(bytes, &request, &reason);

        assert_int_not_equal(state, MUX_REQUEST_INCOMPLETE);
        if (expected->password.size > MUX_PASSWORD_MAX) {
                assert_string_equal(reason, "password too long");
                return;
        }
        assert_bytes_equal(request.login, expected->login);
        assert_bytes_equal(request.password, expected->password);
        assert_bytes_equal(request.service, expected->service);
        assert_bytes_equal(request.realm, expected->realm);
        assert_bytes_equal(request.client, BYTES_EMPTY);
}

static void test_row(void **state)
{
        static uint8_t wire[8192];
        const Row *row = *state;
        MuxRequest expected = {bytes_from_string(row->login), bytes_from_string(row->password),
                bytes_from_string(row->service), bytes_from_string(row->sent_realm), BYTES_EMPTY};
        size_t size = mux_request_encode(&expected, wire, sizeof(wire));
        Bytes sent;
        int r;

        assert_int_not_equal(size, 0);
        assert_int_equal(recorder_start(recorder, size), 0);
        r = check_password(row->service, row->realm, row->user, row->password);
        sent = recorder_finish(recorder);

        assert_bytes_equal(sent, (Bytes){wire, size});
        assert_int_equal(r, SASL_OK);
        assert_decodes(sent, &expected);
}

int main(void)
{
        static Table table;
        int failures;

        memset(greatest_password, 'p', sizeof(greatest_password) - 1);
        memset(longest_password, 'p', sizeof(longest_password) - 1);
        recorder = recorder_new();
        if (!recorder || sasl_server_init(callbacks, "recorder") != SASL_OK) {
                perror("cannot begin");
                return 99;
        }
        table_add_rows(&table, test_row, ROWS(rows));
        failures = table_run(&table, "libsasl-bytes");
        sasl_done();
        recorder_free(recorder);
        return failures;
}
