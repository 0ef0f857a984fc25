/* SPDX-License-Identifier: BSD-2-Clause */
#include "sasldb_library.h"

#include <errno.h>
#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <stdio.h>
#include <string.h>

#define PLUGIN      "sasldb"
#define PLUGIN_FILE "libsasldb."

/* libsasl2 keeps callbacks of every kind as one type; void (*)(void) is the cast compilers trust.
 */
#define ANY_FUNCTION(function) ((int (*)(void))(void (*)(void))(function))

static struct {
        const char *path;
        bool has_plugin;
        char complaint[512];
} state;

static int get_option(
        void *context, const char *plugin, const char *option, const char **value, unsigned *length)
{
        (void)context;
        (void)plugin;
        if (strcmp(option, "auxprop_plugin") == 0)
                *value = PLUGIN;
        else if (strcmp(option, "sasldb_path") == 0)
                *value = state.path;
        else
                return SASL_FAIL;
        if (length)
                *length = (unsigned)strlen(*value);
        return SASL_OK;
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
        const char *slash = strrchr(file, '/');

        (void)context;
        if (type != SASL_VRFY_PLUGIN)
                return SASL_OK;
        return strncmp(slash ? slash + 1 : file, PLUGIN_FILE, strlen(PLUGIN_FILE)) == 0
                       ? SASL_OK
                       : SASL_CONTINUE;
}

static const sasl_callback_t callbacks[] = {
        {SASL_CB_GETOPT, ANY_FUNCTION(get_option), NULL},
        {SASL_CB_LOG, ANY_FUNCTION(take_message), NULL},
        {SASL_CB_VERIFYFILE, ANY_FUNCTION(verify_file), NULL},
        {SASL_CB_LIST_END, NULL, NULL},
};

static void see_plugin(
        sasl_auxprop_plug_t *plugin, sasl_info_callback_stage_t stage, void *userdata)
{
        (void)plugin;
        (void)userdata;
        state.has_plugin = state.has_plugin || stage == SASL_INFO_LIST_MECH;
}

static int load(void)
{
        if (sasl_server_init(callbacks, NULL) != SASL_OK)
                return -ELIBACC;
        (void)auxprop_plugin_info(NULL, see_plugin, NULL);
        return 0;
}

/* libsasl2 says nothing of a plugin that it could not load, be it for want of memory, and never
 * tries again by itself. */
int sasldb_library_init(const char *path)
{
        state.path = path;
        if (load() < 0)
                return -ELIBACC;
        if (state.has_plugin)
                return 0;
        sasl_server_done();
        return load();
}

bool sasldb_library_has_plugin(void)
{
        return state.has_plugin;
}

const char *sasldb_library_complaint(void)
{
        return state.complaint[0] ? state.complaint : NULL;
}

void sasldb_library_forget(void)
{
        state.complaint[0] = '\0';
}
