/* SPDX-License-Identifier: BSD-2-Clause */
#include "service.h"

#include "build-config.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const char *const directories[] = {PAM_DIRECTORIES};

bool service_is_configured(const char *name)
{
        char path[SERVICE_NAME_MAX + 64];
        bool has_directory = false;

        for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
                (void)snprintf(path, sizeof(path), "%s/%s", directories[i], name);
                if (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR))
                        return true;
                has_directory = has_directory || access(directories[i], F_OK) == 0;
        }
        return !has_directory && access("/etc/pam.conf", F_OK) == 0; /* where PAM looks instead */
}
