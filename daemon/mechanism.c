/* SPDX-License-Identifier: BSD-2-Clause */
#include "mechanism.h"

#include <stdio.h>
#include <string.h>

static const char *check_path(const char *value)
{
        return value[0] == '/' ? NULL : "an absolute path";
}

static const char *check_word(const char *value)
{
        return value[0] && !strpbrk(value, " \t,") ? NULL : "one word";
}

static const char *check_yes_no(const char *value)
{
        return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0 ? NULL : "yes or no";
}

/* PAM lower-cases service names, so two spellings would be one file. */
static bool is_service(const char *name, size_t length)
{
        return length > 0 && strcspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ/ \t") >= length &&
               !(length >= 2 && name[0] == '.' && name[1] == '.');
}

static const char *check_services(const char *value)
{
        static const char expected[] =
                "names of files in /etc/pam.d, in lower case, separated by commas";

        for (;;) {
                size_t length = strcspn(value, ",");

                if (!is_service(value, length))
                        return expected;
                if (value[length] == '\0')
                        return NULL;
                value += length + 1;
        }
}

static const char *check_service_template(const char *value)
{
        const char *token = strchr(value, '%');

        if (token && (token[1] != 's' || strchr(token + 1, '%')))
                return "a service name, with at most one %s for the service that is asked for";
        return is_service(value, strlen(value)) ? NULL : "a service name in lower case";
}

static const char *check_text(const char *value)
{
        return value[0] ? NULL : "a value";
}

static const char *check_milliseconds(const char *value)
{
        return value[0] && value[0] != '0' && strspn(value, "0123456789") == strlen(value) &&
                               strlen(value) < 9
                       ? NULL
                       : "a number of milliseconds";
}

/* Everybody can read a command line, and more can read the configuration than may know it. */
static const char *refuse_password(const char *value)
{
        (void)value;
        return "ldap_password_file=PATH instead: a password does not belong here";
}

static const MechanismOption sasldb_options[] = {
        {"path", check_path, false},
        {"default-realm", check_word, false},
        {},
};

static const MechanismOption pam_options[] = {
        {"services", check_services, true},
        {"service", check_service_template, false},
        {"pin", check_yes_no, false},
        {},
};

/* Parameters are saslauthd's; their values are read by the worker. */
static const MechanismOption ldap_options[] = {
        {"config", check_path, false},
        {"name-attr", check_word, false},
        {"deadline-ms", check_milliseconds, false},
        {"ldap_servers", check_text, false},
        {"ldap_bind_dn", check_text, false},
        {"ldap_password", refuse_password, false},
        {"ldap_bind_pw", refuse_password, false},
        {"ldap_password_file", check_path, false},
        {"ldap_version", check_text, false},
        {"ldap_search_base", check_text, false},
        {"ldap_scope", check_text, false},
        {"ldap_filter", check_text, false},
        {"ldap_password_attr", check_text, false},
        {"ldap_auth_method", check_text, false},
        {"ldap_group_dn", check_text, false},
        {"ldap_group_attr", check_text, false},
        {"ldap_group_match_method", check_text, false},
        {"ldap_group_filter", check_text, false},
        {"ldap_group_search_base", check_text, false},
        {"ldap_group_scope", check_text, false},
        {"ldap_default_realm", check_text, false},
        {"ldap_default_domain", check_text, false},
        {"ldap_timeout", check_text, false},
        {"ldap_time_limit", check_text, false},
        {"ldap_size_limit", check_text, false},
        {"ldap_deref", check_text, false},
        {"ldap_referrals", check_text, false},
        {"ldap_restart", check_text, false},
        {"ldap_use_sasl", check_text, false},
        {"ldap_id", check_text, false},
        {"ldap_sasl_authc_id", check_text, false},
        {"ldap_authz_id", check_text, false},
        {"ldap_sasl_authz_id", check_text, false},
        {"ldap_realm", check_text, false},
        {"ldap_sasl_realm", check_text, false},
        {"ldap_mech", check_text, false},
        {"ldap_sasl_mech", check_text, false},
        {"ldap_sasl_secprops", check_text, false},
        {"ldap_start_tls", check_text, false},
        {"ldap_tls_check_peer", check_text, false},
        {"ldap_tls_cacert_file", check_path, false},
        {"ldap_tls_cacert_dir", check_path, false},
        {"ldap_tls_cert", check_path, false},
        {"ldap_tls_key", check_path, false},
        {"ldap_tls_ciphers", check_text, false},
        {"ldap_debug", check_text, false},
        {},
};

static const Mechanism mechanisms[] = {
        {
                .name = "sasldb",
                .program = "sasldb",
                .argument = "path=/etc/sasldb2",
                .option_key = "path",
                .jobs_per_worker = 10000,
                .realm_keyed = true,
                .watched = true,
                .options = sasldb_options,
        },
        {
                .name = "pam",
                .program = "pam",
                .jobs_per_worker = 100, /* modules leak */
                .rights = RIGHTS_ALL,   /* modules expect it */
                .warning =
                        "any service in /etc/pam.d may be asked for; note that pam_rootok, as in "
                        "\"su\", lets everybody in when root asks",
                .options = pam_options,
        },
        {
                /* realm_keyed where the filter holds %r or %d, which is not known here. */
                .name = "ldap",
                .program = "ldap",
                .argument = "default-config=/etc/saslauthd.conf",
                .option_key = "config",
                .jobs_per_worker = 100000, /* a new one does not know which servers hang */
                .has_groups = true,
                .options = ldap_options,
        },
        {
                .name = "shadow",
                .program = "shadow",
                .argument = "source=shadow",
                .jobs_per_worker = 1000,
        },
        {
                .name = "getpwent",
                .program = "shadow",
                .argument = "source=passwd",
                .jobs_per_worker = 1000,
        },
        {
                .name = "resolve",
                .program = "resolve",
                .jobs_per_worker = 10000,
                .rights = RIGHTS_NONE,
                .internal = true,
        },
};

#define MECHANISM_COUNT (sizeof(mechanisms) / sizeof(mechanisms[0]))

const Mechanism *mechanism_find(const char *name)
{
        for (size_t i = 0; i < MECHANISM_COUNT; i++)
                if (!mechanisms[i].internal && strcasecmp(mechanisms[i].name, name) == 0)
                        return &mechanisms[i];
        return NULL;
}

const Mechanism *mechanism_resolve(void)
{
        return &mechanisms[MECHANISM_COUNT - 1];
}

const char *mechanism_name_at(size_t index)
{
        for (size_t i = 0; i < MECHANISM_COUNT; i++)
                if (!mechanisms[i].internal && index-- == 0)
                        return mechanisms[i].name;
        return NULL;
}

const char *mechanism_names(void)
{
        static char names[128];
        size_t used = 0;

        for (size_t i = 0; i < MECHANISM_COUNT; i++)
                if (!mechanisms[i].internal)
                        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                                i > 0 ? " " : "", mechanisms[i].name);
        return names;
}

const MechanismOption *mechanism_option(const Mechanism *mechanism, const char *key)
{
        for (const MechanismOption *option = mechanism->options; option && option->key; option++)
                if (strcmp(option->key, key) == 0)
                        return option;
        return NULL;
}
