/* SPDX-License-Identifier: BSD-2-Clause */
#include "drop_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET_MODE 0777 /* saslauthd's */

static int build_listen(Config *config)
{
        ListenConfig *listen = config_add_listen(config);

        if (!listen || asprintf(&listen->path, "%s/mux", config->directory) < 0)
                return -ENOMEM;
        listen->mode = SOCKET_MODE;
        return 0;
}

static int build_backend(Config *config)
{
        const Mechanism *mechanism = config->drop_in;
        BackendConfig *backend = config_add_backend(config);

        if (!backend)
                return -ENOMEM;
        backend->mechanism = mechanism;
        backend->realm_keyed = mechanism_needs_realm(mechanism);
        backend->name = strdup(mechanism->name);
        if (config->workers > 0)
                backend->workers = config->workers;
        backend->jobs_limit =
                config->jobs_limit > 0 ? config->jobs_limit : mechanism->jobs_per_worker;
        if (!backend->name)
                return -ENOMEM;
        if (!mechanism->option_key || !config->mech_option)
                return 0;
        return backend_add_argument(backend, mechanism->option_key, config->mech_option);
}

static int build_rule(Config *config)
{
        Rule *rule = config_add_rule(config);

        if (!rule)
                return -ENOMEM;
        rule->permit = true;
        rule->backends = calloc(1, sizeof(*rule->backends));
        rule->backend_count = 1;
        rule->as = config->append_realm ? strdup("%u%R") : NULL;
        return rule->backends && (rule->as || !config->append_realm) ? 0 : -ENOMEM;
}

int drop_in_build(Config *config)
{
        int r = config_add_file(config, "-a");

        if (r >= 0)
                r = build_listen(config);
        if (r >= 0)
                r = build_backend(config);
        if (r >= 0)
                r = build_rule(config);
        return r < 0 ? r : config_complete(config);
}
