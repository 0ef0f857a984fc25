/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>

static void close_directory(DIR **directory)
{
        if (*directory)
                (void)closedir(*directory);
}

static bool is_saslauthd(const char *pid)
{
        _cleanup_(free_pointer) char *path = output_format("/proc/%s/comm", pid);
        _cleanup_(free_pointer) char *name = host_file_read(path);

        return name && strcmp(name, "saslauthd\n") == 0;
}

void examine_others(const Patient *patient, Diagnosis *diagnosis)
{
        _cleanup_(close_directory) DIR *directory = opendir("/proc");
        const struct dirent *entry;

        (void)patient;
        if (diagnosis_has(diagnosis, "mux-taken"))
                return;
        diagnosis_look(diagnosis);
        while (directory && (entry = readdir(directory))) {
                if (!isdigit((unsigned char)entry->d_name[0]) || !is_saslauthd(entry->d_name))
                        continue;
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_WARNING,
                                .name = "saslauthd-running",
                                .what = output_format(
                                        "saslauthd runs, too (PID %s).", entry->d_name),
                                .why = output_format("Programs that ask on its socket get by the "
                                                     "rules, and at the next start of the machine "
                                                     "the two may fight for the same one."),
                                .remedy = output_format("systemctl disable --now saslauthd")});
                return;
        }
}
