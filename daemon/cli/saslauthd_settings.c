/* SPDX-License-Identifier: BSD-2-Clause */
#include "saslauthd_settings.h"

#include "daemon/cli/output.h"
#include "daemon/trusted_file.h"
#include "proto/cleanup.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_DIRECTORY "/etc/default"
#define SYSCONFIG_FILE    "/etc/sysconfig/saslauthd"
#define FILE_NAME         "saslauthd"
#define NAME_BYTES        "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* As the pattern of Debian's init script, so that no file of an editor or of dpkg is taken. */
static int is_settings_file(const struct dirent *entry)
{
        return strncmp(entry->d_name, FILE_NAME, strlen(FILE_NAME)) == 0 &&
               strspn(entry->d_name, NAME_BYTES) == strlen(entry->d_name);
}

static void add_path(SaslauthdSettings *settings, char *path)
{
        settings->paths =
                reallocarray(settings->paths, settings->path_count + 1, sizeof(*settings->paths));
        if (!settings->paths)
                output_no_memory();
        settings->paths[settings->path_count++] = path;
}

static void find_files(SaslauthdSettings *settings)
{
        struct dirent **entries;
        int count = scandir(DEFAULT_DIRECTORY, &entries, is_settings_file, alphasort);

        for (int i = 0; i < count; i++) {
                add_path(settings, output_format(DEFAULT_DIRECTORY "/%s", entries[i]->d_name));
                free(entries[i]);
        }
        if (count >= 0)
                free(entries);
        if (settings->path_count > 0 || access(SYSCONFIG_FILE, F_OK) < 0)
                return;
        settings->kind = SETTINGS_SYSCONFIG;
        add_path(settings, output_format(SYSCONFIG_FILE));
}

static bool read_file(const char *path, ShellSettings *variables)
{
        char why[TRUSTED_FILE_TEXT_MAX];
        _cleanup_(secret_freep) Secret *content = trusted_file_read(path, TRUSTED_FILE_WRITE, why);
        unsigned line;

        if (!content) {
                (void)fprintf(stderr, "saslward adopt: %s %s\n", path, why);
                return false;
        }
        line = shell_settings_read(variables, secret_bytes(content));
        if (line == 0)
                return true;
        (void)fprintf(stderr,
                "saslward adopt: %s:%u: only assignments, as THREADS=5, are understood there; put "
                "the value in, or write the configuration by hand\n",
                path, line);
        return false;
}

static bool read_instance(SaslauthdSettings *settings, const char *path, ShellSettings *variables)
{
        if (!read_file(path, variables))
                return false;
        if (saslauthd_instance_is_started(settings->kind, variables))
                return saslauthd_instance_init(
                        &settings->instances[settings->count++], path, settings->kind, variables);
        settings->left_out[settings->left_out_count++] = output_format("%s", path);
        return true;
}

/* Of two saslauthds there, the second does not start. */
static bool has_doubles(const SaslauthdSettings *settings)
{
        const SaslauthdInstance *instances = settings->instances;

        for (size_t i = 0; i < settings->count; i++)
                for (size_t before = 0; before < i; before++) {
                        if (strcmp(instances[before].socket, instances[i].socket) != 0)
                                continue;
                        (void)fprintf(stderr,
                                "saslward adopt: %s and %s both have their socket at %s; give one "
                                "of them another -m, or START=no\n",
                                instances[before].path, instances[i].path, instances[i].socket);
                        return true;
                }
        return false;
}

static void complain_of_nothing(const SaslauthdSettings *settings)
{
        if (settings->path_count == 0)
                (void)fprintf(stderr,
                        "saslward adopt: there is neither " DEFAULT_DIRECTORY "/" FILE_NAME
                        " nor " SYSCONFIG_FILE "; saslward.conf(5) says what to write without\n");
        else
                (void)fprintf(stderr,
                        "saslward adopt: no saslauthd is started here; where it should be all the "
                        "same, set START=yes in %s\n",
                        settings->paths[0]);
}

bool saslauthd_settings_read(SaslauthdSettings *settings)
{
        /* One for all: the init script reads one file after the other into the same shell. */
        _cleanup_(shell_settings_deinit) ShellSettings variables = {};

        *settings = (SaslauthdSettings){};
        find_files(settings);
        settings->instances = calloc(settings->path_count + 1, sizeof(*settings->instances));
        settings->left_out = calloc(settings->path_count + 1, sizeof(*settings->left_out));
        if (!settings->instances || !settings->left_out)
                output_no_memory();
        for (size_t i = 0; i < settings->path_count; i++)
                if (!read_instance(settings, settings->paths[i], &variables))
                        return false;
        if (settings->count == 0)
                complain_of_nothing(settings);
        return settings->count > 0 && !has_doubles(settings);
}

void saslauthd_settings_deinit(SaslauthdSettings *settings)
{
        for (size_t i = 0; i < settings->count; i++)
                saslauthd_instance_deinit(&settings->instances[i]);
        free(settings->instances);
        for (size_t i = 0; i < settings->left_out_count; i++)
                free(settings->left_out[i]);
        free(settings->left_out);
        for (size_t i = 0; i < settings->path_count; i++)
                free(settings->paths[i]);
        free(settings->paths);
}
