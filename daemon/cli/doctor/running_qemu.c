/* SPDX-License-Identifier: BSD-2-Clause */
#include "running_qemu.h"

#include "backends/qemu_arguments.h"
#include "backends/small_file.h"
#include "daemon/cli/doctor/qemu_console.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <ctype.h>
#include <dirent.h>
#include <pwd.h>
#include <sys/stat.h>

#define PROC_TEXT_MAX (256u * 1024u)
#define VARIABLE      "SASL_CONF_PATH="

static void close_directory(DIR **directory)
{
        if (*directory)
                (void)closedir(*directory);
}

/* Reads /proc/PID/NAME into PROC_TEXT_MAX bytes. Returns whether it could be read. */
static bool load(const char *pid, const char *name, char *buffer, Bytes *content)
{
        _cleanup_(free_pointer) char *path = output_format("/proc/%s/%s", pid, name);

        return small_file_load(path, buffer, PROC_TEXT_MAX, content) == 0;
}

static char *copy(Bytes text)
{
        return output_format("%.*s", (int)text.size, (const char *)text.data);
}

static char *user_of(const char *pid)
{
        _cleanup_(free_pointer) char *path = output_format("/proc/%s", pid);
        const struct passwd *entry;
        struct stat status;

        if (stat(path, &status) < 0)
                return NULL;
        entry = getpwuid(status.st_uid);
        return entry ? output_format("%s", entry->pw_name) : output_format("%u", status.st_uid);
}

static void read_environment(RunningQemu *qemu, char *buffer)
{
        Bytes rest;

        qemu->is_readable = load(qemu->pid, "environ", buffer, &rest);
        while (qemu->is_readable && rest.size > 0 && !qemu->directories) {
                Bytes variable = scan_part(&rest, 0);

                if (scan_prefix(&variable, VARIABLE))
                        qemu->directories = copy(variable);
        }
}

static RunningQemu *add(RunningQemus *qemus)
{
        RunningQemu *grown = reallocarray(qemus->qemus, qemus->count + 1, sizeof(RunningQemu));

        if (!grown)
                output_no_memory();
        qemus->qemus = grown;
        grown[qemus->count] = (RunningQemu){};
        return &grown[qemus->count++];
}

static void examine(RunningQemus *qemus, const char *pid, char *buffer)
{
        QemuArguments arguments;
        QemuConsole console;
        RunningQemu *qemu;
        Bytes cmdline, rest;

        if (!load(pid, "cmdline", buffer, &cmdline))
                return;
        (void)qemu_arguments_parse(cmdline, &arguments);
        rest = cmdline;
        if (!arguments.is_qemu || !qemu_console_next(&rest, &console))
                return;
        qemu = add(qemus);
        qemu->pid = output_format("%s", pid);
        qemu->name = output_format("%s", arguments.name);
        qemu->user = user_of(pid);
        qemu->cmdline = malloc(cmdline.size);
        if (!qemu->cmdline)
                output_no_memory();
        memcpy(qemu->cmdline, cmdline.data, cmdline.size);
        qemu->cmdline_size = cmdline.size;
        read_environment(qemu, buffer);
}

void running_qemus_init(RunningQemus *qemus)
{
        _cleanup_(close_directory) DIR *directory = opendir("/proc");
        _cleanup_(free_pointer) char *buffer = malloc(PROC_TEXT_MAX);
        const struct dirent *entry;

        *qemus = (RunningQemus){};
        if (!buffer)
                output_no_memory();
        while (directory && (entry = readdir(directory)))
                if (isdigit((unsigned char)entry->d_name[0]))
                        examine(qemus, entry->d_name, buffer);
}

void running_qemus_deinit(RunningQemus *qemus)
{
        for (size_t i = 0; i < qemus->count; i++) {
                free(qemus->qemus[i].pid);
                free(qemus->qemus[i].name);
                free(qemus->qemus[i].user);
                free(qemus->qemus[i].cmdline);
                free(qemus->qemus[i].directories);
        }
        free(qemus->qemus);
}

bool running_qemu_has_sasl(const RunningQemu *qemu)
{
        Bytes cmdline = running_qemu_cmdline(qemu);
        QemuConsole console;

        while (qemu_console_next(&cmdline, &console))
                if (console.has_sasl)
                        return true;
        return false;
}
