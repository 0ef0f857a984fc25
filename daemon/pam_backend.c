/* SPDX-License-Identifier: BSD-2-Clause */
#include "pam_backend.h"

#include "proto/scan.h"

#include <stdio.h>
#include <string.h>

bool pam_backend_service(
        const BackendConfig *backend, Bytes service, char name[static SERVICE_NAME_MAX + 1])
{
        return service_expand(backend_argument(backend, "service"), service, name);
}

bool pam_backend_lists(const BackendConfig *backend, const char *name)
{
        return service_is_listed(backend_argument(backend, "services"), name);
}

bool pam_backend_asked_as(const BackendConfig *backend, Bytes name, Bytes *service)
{
        const char *template = backend_argument(backend, "service");
        const char *token = template ? strstr(template, "%s") : NULL;
        Bytes before;

        *service = template && !token ? BYTES_EMPTY : name;
        if (!token)
                return !template || bytes_equal_string(name, template);
        before = (Bytes){(const uint8_t *)template, (size_t)(token - template)};
        if (name.size < before.size || !bytes_equal((Bytes){name.data, before.size}, before))
                return false;
        scan_skip(service, before.size);
        return scan_suffix(service, token + 2) && service->size > 0;
}

bool pam_backend_bars(
        const Config *config, const Rule *rule, Bytes service, char reason[static PAM_REASON_SIZE])
{
        char name[SERVICE_NAME_MAX + 1];
        const BackendConfig *backend;

        if (rule->backend_count == 0 || rule->backends[0] >= config->backend_count)
                return false;
        backend = &config->backends[rule->backends[0]];
        if (!backend->mechanism || strcmp(backend->mechanism->name, "pam") != 0)
                return false;
        if (!pam_backend_service(backend, service, name))
                (void)snprintf(reason, PAM_REASON_SIZE, "not a name of a PAM service");
        else if (!pam_backend_lists(backend, name))
                (void)snprintf(reason, PAM_REASON_SIZE,
                        "PAM service %s is not served here: services= of backend %s at %s:%u does "
                        "not name it",
                        name, backend->name, config_file(config, backend->place),
                        backend->place.line);
        else
                return false;
        return true;
}
