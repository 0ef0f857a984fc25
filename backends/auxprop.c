/* SPDX-License-Identifier: BSD-2-Clause */
#include "auxprop.h"

#include "backends/same_text.h"
#include "backends/sasldb_library.h"

#include <errno.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdio.h>
#include <string.h>

#define MECHANISM "SASLWARD"
#define PASSWORD  "*userPassword" /* "*": of the authentication identity (prop.h) */

static struct {
        const char *host;
        /* the question in hand: a plug-in is handed no context of a conn's maker */
        const char *login;
        const char *realm;
        const char *password;
        AuxpropOutcome outcome;
} state;

/* libsasl2 makes a name of login and realm: it strips blanks, and appends "@" and the realm where
 * the login has no "@". Its sasldb plugin takes what stands before and behind the first "@" of that
 * name for the two parts of the key (lib/canonusr.c, common/plugin_common.c). So the key is the one
 * that was asked for if, and only if, the name is exactly login@realm and the login has no "@". */
static bool is_key_asked_for(const sasl_out_params_t *params)
{
        size_t length = strlen(state.login);
        const char *name = params->authid;

        return name && !strchr(state.login, '@') && strncmp(name, state.login, length) == 0 &&
               name[length] == '@' && strcmp(name + length + 1, state.realm) == 0;
}

static AuxpropOutcome compare(sasl_server_params_t *params, const char **names)
{
        struct propval values[2];
        bool same;

        if (params->utils->prop_getnames(params->propctx, names, values) < 1 || !values[0].values ||
                !values[0].values[0])
                return AUXPROP_NO_USER;
        same = is_same_text(values[0].values[0], state.password);
        params->utils->prop_erase(params->propctx, names[0]);
        return same ? AUXPROP_MATCH : AUXPROP_MISMATCH;
}

/* The one step of our mechanism. Its answer is in state; libsasl2 is told that it failed, and so
 * has nothing more to do. */
static int step(void *conn, sasl_server_params_t *params, const char *input, unsigned input_length,
        const char **output, unsigned *output_length, sasl_out_params_t *out)
{
        static const char *names[] = {PASSWORD, NULL};
        int code = params->utils->prop_request(params->propctx, names);

        (void)conn;
        (void)input;
        (void)input_length;
        *output = NULL;
        *output_length = 0;
        if (code == SASL_OK)
                code = params->canon_user(params->utils->conn, state.login, 0, SASL_CU_AUTHID, out);
        if (code == SASL_OK)
                state.outcome = compare(params, names);
        else if (code == SASL_NOUSER || code == SASL_BUFOVER)
                state.outcome = AUXPROP_NO_USER;
        else if (code == SASL_NOMECH)
                state.outcome = AUXPROP_NO_PLUGIN;
        if (state.outcome == AUXPROP_MATCH || state.outcome == AUXPROP_MISMATCH)
                state.outcome = is_key_asked_for(out) ? state.outcome : AUXPROP_NO_USER;
        return SASL_FAIL;
}

static int new_context(void *global, sasl_server_params_t *params, const char *challenge,
        unsigned challenge_length, void **context)
{
        (void)global;
        (void)params;
        (void)challenge;
        (void)challenge_length;
        *context = NULL;
        return SASL_OK;
}

static int plug_in(
        const sasl_utils_t *utils, int max, int *version, sasl_server_plug_t **plugs, int *count)
{
        static sasl_server_plug_t plug = {
                .mech_name = MECHANISM,
                .mech_new = new_context,
                .mech_step = step,
        };

        (void)utils;
        if (max < SASL_SERVER_PLUG_VERSION)
                return SASL_BADVERS;
        *version = SASL_SERVER_PLUG_VERSION;
        *plugs = &plug;
        *count = 1;
        return SASL_OK;
}

int auxprop_init(const char *path, const char *host)
{
        state.host = host;
        if (sasldb_library_init(path) < 0 || sasl_server_add_plugin(MECHANISM, plug_in) != SASL_OK)
                return -ELIBACC;
        return 0;
}

void auxprop_deinit(void)
{
        sasl_server_done();
}

/* libsasl2 has room for that much of a name (CANON_BUF_SIZE in lib/saslint.h), and leaks a buffer
 * when login@realm is longer (_canonuser_internal() in lib/canonusr.c; seen with 2.1.28). */
#define NAME_MAX_LENGTH 1023u

static bool is_name_too_long(const char *login, const char *realm)
{
        return strlen(login) + 1 + strlen(realm) > NAME_MAX_LENGTH;
}

/* A conn of its own for each: a conn used again keeps properties, and gets slower. */
AuxpropOutcome auxprop_check(const char *login, const char *realm, const char *password)
{
        sasl_conn_t *conn = NULL;
        const char *output;
        unsigned output_length;

        if (is_name_too_long(login, realm))
                return AUXPROP_NO_USER;
        sasldb_library_forget();
        state.login = login;
        state.realm = realm;
        state.password = password;
        state.outcome = sasldb_library_has_plugin() ? AUXPROP_FAILED : AUXPROP_NO_PLUGIN;
        if (sasl_server_new("saslward", state.host, realm, NULL, NULL, NULL, 0, &conn) == SASL_OK)
                (void)sasl_server_start(conn, MECHANISM, NULL, 0, &output, &output_length);
        sasl_dispose(&conn);
        state.password = NULL;
        return state.outcome;
}

const char *auxprop_complaint(void)
{
        const char *complaint = sasldb_library_complaint();

        return complaint ? complaint : "libsasl2 could not read it";
}
