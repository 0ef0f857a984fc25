/* SPDX-License-Identifier: BSD-2-Clause */
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Linux-PAM looks into the first two, and distributions with a vendor directory into the third
 * (libpam/pam_handlers.c, pam_private.h). */
static const char *const directories[] = {"/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d"};

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
