/* SPDX-License-Identifier: BSD-2-Clause */
#include "socket_unit.h"

#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#define UNIT     "saslwardd.socket"
#define DROP_INS "/etc/systemd/system/" UNIT ".d"

/* A socket of an active unit is listened on whether or not its path is still there, and a unit
 * cannot be started anew while its service runs. */
#define ANEW                                                                                       \
        "systemctl stop saslwardd.service " UNIT "\n"                                              \
        "systemctl start " UNIT " saslwardd.service"

/* The first counts; one that is masked is a link to /dev/null (systemd.unit(5)). */
bool socket_unit_exists(void)
{
        static const char *const directories[] = {"/etc/systemd/system", "/run/systemd/system",
                "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"};
        struct stat status;

        if (sd_booted() <= 0)
                return false;
        for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
                _cleanup_(free_pointer) char *path = output_format("%s/" UNIT, directories[i]);

                if (stat(path, &status) == 0)
                        return S_ISREG(status.st_mode) && status.st_size > 0;
        }
        return false;
}

char *socket_unit_restart(void)
{
        return output_format("%s", socket_unit_exists() ? ANEW : "systemctl restart saslwardd");
}

char *socket_unit_set(const char *name, const char *key, const char *value)
{
        return output_format("mkdir -p " DROP_INS "\n"
                             "printf '[Socket]\\n%s=%s\\n' >" DROP_INS "/%s.conf\n"
                             "systemctl daemon-reload\n" ANEW,
                key, value, name);
}
