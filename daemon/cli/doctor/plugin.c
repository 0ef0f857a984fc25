/* SPDX-License-Identifier: BSD-2-Clause */
#include "plugin.h"

#include "daemon/cli/doctor/host_file.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <stdlib.h>
#include <string.h>

/* Which package brings it, by the program that installs it. */
static const struct {
        const char *name, *installer, *command;
} packages[] = {
        {"plain", "/usr/bin/apt-get", "apt-get install --reinstall libsasl2-modules"},
        {"plain", "/usr/bin/zypper", "zypper install --force cyrus-sasl-plain"},
        {"plain", "/usr/bin/dnf", "dnf install cyrus-sasl-plain"},
        {"sasldb", "/usr/bin/apt-get", "apt-get install --reinstall libsasl2-modules-db"},
        {"sasldb", "/usr/bin/zypper", "zypper install --force cyrus-sasl"},
        {"sasldb", "/usr/bin/dnf", "dnf install cyrus-sasl-lib"},
};

static bool is_installed(const char *name)
{
        static const char *const directories[] = {
                "/usr/lib/*/sasl2", "/usr/lib64/sasl2", "/usr/lib/sasl2"};

        for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
                _cleanup_(free_pointer) char *pattern =
                        output_format("%s/lib%s.so*", directories[i], name);
                _cleanup_(free_pointer) char *path = host_file_find(pattern);

                if (path)
                        return true;
        }
        return false;
}

static char *remedy(const char *name)
{
        for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
                if (strcmp(packages[i].name, name) == 0 && access(packages[i].installer, X_OK) == 0)
                        return output_format("%s", packages[i].command);
        return output_format("# install libsasl2's plugin lib%s.so", name);
}

bool plugin_examine(const char *name, const char *what, Diagnosis *diagnosis)
{
        diagnosis_look(diagnosis);
        if (is_installed(name))
                return true;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "no-plugin",
                        .what = output_format(
                                "libsasl2's plugin lib%s.so is not installed: %s.", name, what),
                        .why = output_format("Without it every login fails: \"no mechanism "
                                             "available\", \"no worthy mechs found\"."),
                        .remedy = remedy(name)});
        return false;
}
