/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/output.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define TOLERANCE_SEC (60 * 60) /* between two machines' clocks */

/* A file from the future tells that the clock is behind, or was ahead. */
void examine_clock(const Patient *patient, Diagnosis *diagnosis)
{
        const Config *config = patient->config;
        time_t now = time(NULL);
        char date[32] = "";
        struct stat status;
        struct tm tm;

        for (size_t i = 0; i < config->file_count; i++) {
                if (stat(config->files[i], &status) < 0)
                        continue;
                diagnosis_look(diagnosis);
                if (status.st_mtime < now + TOLERANCE_SEC)
                        continue;
                if (localtime_r(&now, &tm))
                        (void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm);
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_WARNING,
                                .name = "clock",
                                .what = output_format("The clock says %s, and %s was changed after "
                                                      "that.",
                                        date, config->files[i]),
                                .why = output_format(
                                        "A wrong clock makes rules with until=, certificates, and "
                                        "accounts that expire hold at the wrong time."),
                                .remedy = output_format("timedatectl set-ntp true\n"
                                                        "touch %s  # once the clock is right",
                                        config->files[i])});
                return;
        }
}
