/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The backend "sasldb": passwords in the database that saslpasswd2(8) writes, read by libsasl2's
 * own sasldb plugin, since the file's format differs from distribution to distribution.
 */

#include "backends/database.h"
#include "backends/runtime.h"
#include "proto/cleanup.h"
#include "proto/secret.h"

#include <errno.h>
#include <limits.h>
#include <sasl/sasl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PLUGIN              "sasldb"
#define PLUGIN_FILE         "libsasldb."
#define HOST_NAME_MAX_BYTES 256
#define READS_MAX           5 /* of a database that is being written */

/* libsasl2 keeps callbacks of every kind as one type; void (*)(void) is the cast compilers trust.
 */
#define ANY_FUNCTION(function) ((int (*)(void))(void (*)(void))(function))

static struct {
        char path[PATH_MAX];
        char default_realm[HOST_NAME_MAX_BYTES];
        char complaint[512]; /* libsasl2's last error message */
} state;

static int get_option(
        void *context, const char *plugin, const char *option, const char **value, unsigned *length)
{
        const char *const options[][2] = {
                {"pwcheck_method", "auxprop"},
                {"auxprop_plugin", PLUGIN},
                {"sasldb_path", state.path},
        };

        (void)context;
        (void)plugin;
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
                if (strcmp(option, options[i][0]) == 0) {
                        *value = options[i][1];
                        if (length)
                                *length = (unsigned)strlen(options[i][1]);
                        return SASL_OK;
                }
        return SASL_FAIL;
}

static int take_message(void *context, int level, const char *message)
{
        (void)context;
        if (level <= SASL_LOG_WARN)
                (void)snprintf(state.complaint, sizeof(state.complaint), "%s", message);
        return SASL_OK;
}

/* Of the plugins on the machine only sasldb is loaded: the mechanisms are of no use here. */
static int verify_file(void *context, const char *file, sasl_verify_type_t type)
{
        const char *name = strrchr(file, '/');

        (void)context;
        name = name ? name + 1 : file;
        if (type == SASL_VRFY_PLUGIN && strncmp(name, PLUGIN_FILE, strlen(PLUGIN_FILE)) != 0)
                return SASL_CONTINUE;
        return SASL_OK;
}

static const sasl_callback_t callbacks[] = {
        {SASL_CB_GETOPT, ANY_FUNCTION(get_option), NULL},
        {SASL_CB_LOG, ANY_FUNCTION(take_message), NULL},
        {SASL_CB_VERIFYFILE, ANY_FUNCTION(verify_file), NULL},
        {SASL_CB_LIST_END, NULL, NULL},
};

static bool set(const char *key, const char *value)
{
        if (strcmp(key, "path") == 0)
                return snprintf(state.path, sizeof(state.path), "%s", value) <
                       (int)sizeof(state.path);
        if (strcmp(key, "default-realm") == 0)
                return snprintf(state.default_realm, sizeof(state.default_realm), "%s", value) <
                       (int)sizeof(state.default_realm);
        return false;
}

static int init(void)
{
        if (state.default_realm[0] == '\0' &&
                gethostname(state.default_realm, sizeof(state.default_realm) - 1) < 0)
                return -errno;
        return sasl_server_init(callbacks, NULL) == SASL_OK ? 0 : -ELIBACC;
}

static void deinit(void)
{
        sasl_server_done();
}

/* libsasl2 works on the name of the conn: it strips blanks, appends "@" and the realm, and its
 * sasldb plugin takes what stands before and behind the first "@" for user and realm of the key. So
 * the key is the one that was asked for if, and only if, that name is exactly login@realm and the
 * login has no "@" in it. */
static bool is_key_asked_for(sasl_conn_t *conn, const char *login, const char *realm)
{
        const void *name = NULL;
        size_t length = strlen(login);

        return sasl_getprop(conn, SASL_USERNAME, &name) == SASL_OK && name && !strchr(login, '@') &&
               strncmp(name, login, length) == 0 && ((const char *)name)[length] == '@' &&
               strcmp((const char *)name + length + 1, realm) == 0;
}

static void explain_failure(Answer *answer, int code)
{
        if (code == SASL_NOMECH)
                answer_set(answer, RESULT_UNAVAILABLE,
                        "libsasl2 has no sasldb plugin; install it (Debian: libsasl2-modules-db, "
                        "openSUSE: cyrus-sasl-sqlauxprop or cyrus-sasl)");
        else
                answer_set(answer, RESULT_UNAVAILABLE, "%s: %s", state.path,
                        state.complaint[0] ? state.complaint : sasl_errstring(code, NULL, NULL));
}

/* A key that is not the one asked for is nobody's, right password or not. */
static void judge(Answer *answer, int code, bool asked_for, const char *login, const char *realm)
{
        if (code != SASL_OK && code != SASL_BADAUTH && code != SASL_NOUSER && code != SASL_BUFOVER)
                explain_failure(answer, code);
        else if (code == SASL_OK && asked_for) {
                answer_set(answer, RESULT_OK, "%s", "");
                (void)snprintf(answer->account, sizeof(answer->account), "%s", login);
        } else if (code == SASL_BADAUTH && asked_for)
                answer_set(answer, RESULT_MISMATCH, "wrong password");
        else
                answer_set(answer, RESULT_UNKNOWN, "no such user in realm %.512s", realm);
}

/* One look-up, in a conn of its own: a conn used again keeps properties, and gets slower. */
static void look_up(const char *login, const char *realm, const char *password, Answer *answer)
{
        sasl_conn_t *conn = NULL;
        int code;

        state.complaint[0] = '\0';
        code = sasl_server_new("saslward", state.default_realm, realm, NULL, NULL, NULL, 0, &conn);
        if (code == SASL_OK)
                code = sasl_checkpass(
                        conn, login, (unsigned)strlen(login), password, (unsigned)strlen(password));
        judge(answer, code, conn && is_key_asked_for(conn, login, realm), login, realm);
        sasl_dispose(&conn);
}

/* File times move with the kernel's tick (4 ms at CONFIG_HZ=250): a file that changed just now may
 * have changed once more without showing it. */
static bool is_settled(const Database *database)
{
        const int64_t settled_msec = 20;
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return ((int64_t)now.tv_sec - database->changed.tv_sec) * 1000 +
                       (now.tv_nsec - database->changed.tv_nsec) / 1000000 >
               settled_msec;
}

static bool is_unchanged(const Database *before)
{
        char reason[ANSWER_TEXT_MAX];
        Database after;

        return is_settled(before) && database_look(state.path, &after, reason, sizeof(reason)) &&
               database_equal(before, &after);
}

/* saslpasswd2 writes the file in place and locks nobody out. What was read meanwhile may be half of
 * one state and half of the next, so a refusal is believed only from a file that did not change. */
static void look_up_consistently(
        const char *login, const char *realm, const char *password, Answer *answer)
{
        const struct timespec pause = {.tv_nsec = 5000000};

        for (int i = 0; i < READS_MAX; i++) {
                Database before;

                if (i > 0)
                        (void)nanosleep(&pause, NULL);
                answer->result = RESULT_UNAVAILABLE;
                if (!database_look(state.path, &before, answer->reason, sizeof(answer->reason)))
                        return;
                look_up(login, realm, password, answer);
                if (answer->result == RESULT_OK || is_unchanged(&before))
                        return;
        }
        if (answer->result == RESULT_UNAVAILABLE)
                return;
        answer_set(answer, RESULT_UNAVAILABLE, "%s: changes while it is read", state.path);
}

static char *to_string(Bytes bytes, char *out, size_t size)
{
        if (bytes.size >= size || bytes_contain(bytes, 0))
                return NULL;
        if (bytes.size > 0)
                memcpy(out, bytes.data, bytes.size);
        out[bytes.size] = '\0';
        return out;
}

static void check(const Job *job, Answer *answer)
{
        char login_buffer[2048 + 2], realm_buffer[1024 + 1];
        const char *login = to_string(job->login, login_buffer, sizeof(login_buffer));
        const char *realm = to_string(job->realm, realm_buffer, sizeof(realm_buffer));
        _cleanup_(secret_freep) Secret *password = secret_new(job->password.size + 1);
        size_t space;
        char *text;

        if (!password)
                return;
        text = (char *)secret_space(password, &space);
        secret_commit(password, space);
        if (!login || !realm || !to_string(job->password, text, space)) {
                answer_set(answer, RESULT_DENIED, "a name or password that no sasldb can hold");
                return;
        }
        look_up_consistently(login, realm[0] ? realm : state.default_realm, text, answer);
}

static const Backend backend = {"sasldb", set, init, check, deinit};

int main(int argc, char **argv)
{
        return backend_run(&backend, argc, argv);
}
