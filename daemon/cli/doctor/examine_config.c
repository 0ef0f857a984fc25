/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h"
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/output.h"
#include "daemon/config_file.h"
#include "daemon/drop_in.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

/* ConfigComplain has no place for it. */
static Diagnosis *complaints;

/* The command that opens the place of FILE:LINE:COLUMN: TEXT. */
static char *edit(const char *complaint)
{
        Bytes rest = bytes_from_string(complaint);
        Bytes file = scan_part(&rest, ':'), line = scan_part(&rest, ':');
        uint64_t number;

        if (!scan_number(line, &number))
                return output_format("${EDITOR:-vi} %.*s", (int)file.size, (const char *)file.data);
        return output_format("${EDITOR:-vi} +%.*s %.*s\nsaslward check && saslward reload",
                (int)line.size, (const char *)line.data, (int)file.size, (const char *)file.data);
}

static void complain(int priority, const char *text)
{
        bool is_error = priority == LOG_ERR;

        diagnosis_add(complaints,
                (Fault){.severity = is_error ? SEVERITY_ERROR : SEVERITY_WARNING,
                        .name = "config",
                        .what = output_format("%s", text),
                        .why = output_format(
                                is_error ? "The daemon does not take up a configuration "
                                           "with errors, and keeps the one it had."
                                         : "The rules mean it as it is written, which "
                                           "may not be what was wanted."),
                        .remedy = edit(text)});
}

static bool read_file(Config *config, Diagnosis *diagnosis)
{
        diagnosis_look(diagnosis);
        if (access(config->path, F_OK) < 0 && errno == ENOENT) {
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_ERROR,
                                .name = "no-config",
                                .what = output_format("There is no %s.", config->path),
                                .why = output_format(
                                        "Without rules nobody can be let in, and saslwardd does "
                                        "not start, unless with -a as saslauthd; then say doctor "
                                        "-a, too."),
                                .remedy = output_format(
                                        "install -m 644 %s/saslward.conf %s\n"
                                        "${EDITOR:-vi} %s\n"
                                        "saslward check && systemctl restart saslwardd",
                                        DOCUMENT_DIRECTORY, config->path, config->path)});
                return false;
        }
        complaints = diagnosis;
        return config_file_read(config, RUN_DIRECTORY, complain) == 0;
}

static bool build_drop_in(Config *config)
{
        if (!config->directory)
                config->directory = output_format("%s", RUN_DIRECTORY);
        if (drop_in_build(config) < 0)
                output_no_memory();
        return true;
}

static void examine_user(Diagnosis *diagnosis)
{
        diagnosis_look(diagnosis);
        if (getpwnam(UNPRIVILEGED_USER))
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_WARNING,
                        .name = "no-user",
                        .what = output_format("There is no user %s.", UNPRIVILEGED_USER),
                        .why = output_format("The processes without rights then run as nobody, as "
                                             "others on this machine may, too."),
                        .remedy = output_format("useradd --system --no-create-home --shell "
                                                "/usr/sbin/nologin %s\nsystemctl restart saslwardd",
                                UNPRIVILEGED_USER)});
}

bool examine_config(Config *config, Diagnosis *diagnosis)
{
        examine_user(diagnosis);
        return config->drop_in ? build_drop_in(config) : read_file(config, diagnosis);
}
