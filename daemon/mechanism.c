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

static const Mechanism mechanisms[] = {
        {
                .name = "sasldb",
                .program = "sasldb",
                .argument = "path=/etc/sasldb2",
                .option_key = "path",
                .jobs_per_worker = 10000,
                .realm_keyed = true,
                .watched = true,
                .options = {{"path", check_path, false}, {"default-realm", check_word, false}},
        },
        {
                .name = "pam",
                .program = "pam",
                .jobs_per_worker = 100, /* modules leak */
                .rights = RIGHTS_ALL,   /* modules expect it */
                .warning =
                        "any service in /etc/pam.d may be asked for; note that pam_rootok, as in "
                        "\"su\", lets everybody in when root asks",
                .options = {{"services", check_services, true},
                        {"service", check_service_template, false}, {"pin", check_yes_no, false}},
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
        for (size_t i = 0; i < MECHANISM_OPTIONS_MAX && mechanism->options[i].key; i++)
                if (strcmp(mechanism->options[i].key, key) == 0)
                        return &mechanism->options[i];
        return NULL;
}
