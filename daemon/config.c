/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "daemon/duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Mechanism mechanisms[] = {
        {
                .name = "sasldb",
                .program = "sasldb",
                .argument = "path=/etc/sasldb2",
                .option_key = "path",
                .jobs_per_worker = 10000,
        },
        {
                .name = "pam",
                .program = "pam",
                .jobs_per_worker = 100, /* modules leak */
                .as_root = true,        /* modules expect it */
                .warning =
                        "any service in /etc/pam.d may be asked for; note that pam_rootok, as in "
                        "\"su\", lets everybody in when root asks",
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
};

#define MECHANISM_COUNT (sizeof(mechanisms) / sizeof(mechanisms[0]))

void config_init(Config *config)
{
        *config = (Config){
                .workers = 5,
                .socket_mode = 0777,
                .deadline_usec = 3 * USEC_PER_SEC,
                .read_deadline_usec = 5 * USEC_PER_SEC,
        };
}

void config_deinit(Config *config)
{
        free(config->directory);
        free(config->mech_option);
}

const Mechanism *mechanism_find(const char *name)
{
        for (size_t i = 0; i < MECHANISM_COUNT; i++)
                if (strcasecmp(mechanisms[i].name, name) == 0)
                        return &mechanisms[i];
        return NULL;
}

const char *mechanism_names(void)
{
        static char names[128];
        size_t used = 0;

        for (size_t i = 0; i < MECHANISM_COUNT; i++)
                used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
                        i > 0 ? " " : "", mechanisms[i].name);
        return names;
}
