/* SPDX-License-Identifier: BSD-2-Clause */
#include "mechanism.h"

#include "daemon/system_calls.h"
#include "proto/ldap_parameter.h"
#include "proto/scan.h"
#include "proto/service_name.h"

#include <stdio.h>
#include <string.h>

static const char *check_path(const char *key, const char *value)
{
        (void)key;
        return value[0] == '/' ? NULL : "an absolute path";
}

static const char *check_word(const char *key, const char *value)
{
        (void)key;
        return value[0] && !strpbrk(value, " \t,") ? NULL : "one word";
}

static const char *check_yes_no(const char *key, const char *value)
{
        (void)key;
        return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0 ? NULL : "yes or no";
}

/* As the worker will have it; a blank in one is more likely meant to separate two. */
static bool is_service(Bytes name)
{
        char text[SERVICE_NAME_MAX + 1];

        return bytes_to_string(name, text, sizeof(text)) && service_is_valid(text) &&
               !strchr(text, ' ');
}

static const char *check_services(const char *key, const char *value)
{
        Bytes rest = bytes_from_string(value);
        bool is_right = value[0] != '\0' && value[rest.size - 1] != ',';

        (void)key;
        while (is_right && rest.size > 0)
                is_right = is_service(scan_part(&rest, ','));
        return is_right ? NULL : "names of files in /etc/pam.d, in lower case, separated by commas";
}

/* Whether it can become a service's name depends on its own parts alone. */
static const char *check_service_template(const char *key, const char *value)
{
        char name[SERVICE_NAME_MAX + 2];
        const char *token = strchr(value, '%');

        (void)key;
        if (token && (token[1] != 's' || strchr(token + 1, '%')))
                return "a service name, with at most one %s for the service that is asked for";
        (void)snprintf(name, sizeof(name), "%.*s%s%s", (int)strcspn(value, "%"), value,
                token ? "a" : "", token ? token + 2 : "");
        return is_service(bytes_from_string(name)) ? NULL : "a service name in lower case";
}

static const char *check_milliseconds(const char *key, const char *value)
{
        (void)key;
        return value[0] && value[0] != '0' && strspn(value, "0123456789") == strlen(value) &&
                               strlen(value) < 9
                       ? NULL
                       : "a number of milliseconds";
}

/* As the worker will read it. */
static const char *check_parameter(const char *key, const char *value)
{
        return ldap_parameter_check(ldap_parameter_find(key), bytes_from_string(value));
}

static const MechanismOption sasldb_options[] = {
        {"path", check_path, NULL},
        {"default-realm", check_word, NULL},
        {},
};

static const MechanismOption pam_options[] = {
        {"services", check_services, "imap,smtp"},
        {"service", check_service_template, NULL},
        {"pin", check_yes_no, NULL},
        {MECHANISM_SITE_MODULES, check_yes_no, NULL},
        {},
};

/* Everybody can read a command line, and more can read the configuration than may know a password.
 */
#define REFUSAL_SECRET "does not belong here; write ldap_password_file=PATH"

#define PARAMETER(name, kind, member)                                                              \
        {"ldap_" name, check_parameter, NULL,                                                      \
                LDAP_PARAMETER_##kind == LDAP_PARAMETER_SECRET ? REFUSAL_SECRET : NULL},

static const MechanismOption ldap_options[] = {
        {"config", check_path, NULL},
        {"name-attr", check_word, NULL},
        {"deadline-ms", check_milliseconds, NULL},
        LDAP_PARAMETERS(PARAMETER){},
};

static const MechanismOption program_options[] = {
        {MECHANISM_COMMAND, check_path, "/usr/libexec/mine"},
        {},
};

_Static_assert(sizeof(ldap_options) / sizeof(ldap_options[0]) <= MECHANISM_OPTIONS_MAX + 1,
        "MECHANISM_OPTIONS_MAX is too small");

static const Mechanism mechanisms[] = {
        {
                .name = "sasldb",
                .program = "sasldb",
                .argument = "path=/etc/sasldb2",
                .option_key = "path",
                .jobs_per_worker = 10000,
                .calls = &system_calls_sasldb,
                .realm_keyed = true,
                .watched = true,
                .options = sasldb_options,
        },
        {
                .name = "pam",
                .program = "pam",
                .jobs_per_worker = 100, /* modules leak */
                .rights = RIGHTS_MODULES,
                .warning =
                        "any service in /etc/pam.d may be asked for; note that pam_rootok, as in "
                        "\"su\", lets everybody in when root asks",
                .options = pam_options,
        },
        {
                .name = "ldap",
                .program = "ldap",
                .argument = "default-config=/etc/saslauthd.conf",
                .option_key = "config",
                .jobs_per_worker = 10000,
                .calls = &system_calls_ldap,
                .has_groups = true,
                .reads_saslauthd_conf = true, /* which says whether it is realm_keyed */
                .options = ldap_options,
        },
        {
                .name = "shadow",
                .program = "shadow",
                .argument = "source=shadow",
                .jobs_per_worker = 1000,
                .calls = &system_calls_shadow,
        },
        {
                .name = "getpwent",
                .program = "shadow",
                .argument = "source=passwd",
                .jobs_per_worker = 1000,
                .calls = &system_calls_shadow,
        },
        {
                .name = "program",
                .option_key = MECHANISM_COMMAND,
                .jobs_per_worker = 1000,
                .rights = RIGHTS_NONE,
                .may_be_realm_keyed = true,
                .has_groups = true, /* or leaves when it is asked: that is no answer */
                .options = program_options,
        },
        {
                .name = "resolve",
                .program = "resolve",
                .jobs_per_worker = 10000,
                .rights = RIGHTS_NONE,
                .calls = &system_calls_resolve,
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

bool mechanism_needs_realm(const Mechanism *mechanism)
{
        return mechanism->realm_keyed || mechanism->may_be_realm_keyed;
}

const MechanismOption *mechanism_option(const Mechanism *mechanism, const char *key)
{
        for (const MechanismOption *option = mechanism->options; option && option->key; option++)
                if (strcmp(option->key, key) == 0)
                        return option;
        return NULL;
}
