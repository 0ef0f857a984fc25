/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_library.h"

#include <ldap.h>
#include <stdio.h>

_Static_assert(LDAP_BELOW_BASE == LDAP_SCOPE_BASE && LDAP_BELOW_ONE == LDAP_SCOPE_ONELEVEL &&
                       LDAP_BELOW_SUB == LDAP_SCOPE_SUBTREE,
        "scopes as libldap's");
_Static_assert(LDAP_DEREFERENCE_NEVER == LDAP_DEREF_NEVER &&
                       LDAP_DEREFERENCE_SEARCH == LDAP_DEREF_SEARCHING &&
                       LDAP_DEREFERENCE_FIND == LDAP_DEREF_FINDING &&
                       LDAP_DEREFERENCE_ALWAYS == LDAP_DEREF_ALWAYS,
        "dereferencing as libldap's");

typedef struct Setting {
        const char *name; /* for the log */
        int option;
        const void *value; /* NULL = stays as it is */
} Setting;

static bool set_all(const Setting *settings, size_t count, char *error, size_t size)
{
        for (size_t i = 0; i < count; i++)
                if (settings[i].value && ldap_set_option(NULL, settings[i].option,
                                                 settings[i].value) != LDAP_OPT_SUCCESS) {
                        (void)snprintf(error, size, "libldap does not take %s", settings[i].name);
                        return false;
                }
        return true;
}

#define SET_ALL(settings, error, size)                                                             \
        set_all((settings), sizeof(settings) / sizeof((settings)[0]), (error), (size))

/* A client's context is made here, once: it holds all CA certificates. */
static bool init_tls(const LdapConfig *config, char *error, size_t size)
{
        static const int is_server = 0;
        const int check = config->tls_check_peer ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER;
        const Setting settings[] = {
                {"ldap_tls_check_peer", LDAP_OPT_X_TLS_REQUIRE_CERT,
                        config->tls_check_peer < 0 ? NULL : &check},
                {"ldap_tls_cacert_file", LDAP_OPT_X_TLS_CACERTFILE, config->tls_cacert_file},
                {"ldap_tls_cacert_dir", LDAP_OPT_X_TLS_CACERTDIR, config->tls_cacert_dir},
                {"ldap_tls_cert", LDAP_OPT_X_TLS_CERTFILE, config->tls_cert},
                {"ldap_tls_key", LDAP_OPT_X_TLS_KEYFILE, config->tls_key},
                {"ldap_tls_ciphers", LDAP_OPT_X_TLS_CIPHER_SUITE, config->tls_ciphers},
                {"the ldap_tls_… parameters together (is a file missing, or no PEM?)",
                        LDAP_OPT_X_TLS_NEWCTX, &is_server},
        };

        return SET_ALL(settings, error, size);
}

static void set_switch(int option, bool on)
{
        (void)ldap_set_option(NULL, option, on ? LDAP_OPT_ON : LDAP_OPT_OFF);
}

bool ldap_library_init(const LdapConfig *config, char *error, size_t size)
{
        const Setting settings[] = {
                {"ldap_debug", LDAP_OPT_DEBUG_LEVEL, config->debug ? &config->debug : NULL},
                {"ldap_version", LDAP_OPT_PROTOCOL_VERSION, &config->version},
                {"ldap_deref", LDAP_OPT_DEREF, &config->deref},
                {"ldap_size_limit", LDAP_OPT_SIZELIMIT, &config->size_limit},
                {"ldap_time_limit", LDAP_OPT_TIMELIMIT, &config->time_limit},
        };

        set_switch(LDAP_OPT_REFERRALS, config->referrals && !ldap_config_uses_tls(config));
        set_switch(LDAP_OPT_RESTART, config->restart);
        return SET_ALL(settings, error, size) &&
               (!ldap_config_uses_tls(config) || init_tls(config, error, size));
}
