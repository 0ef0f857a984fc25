/* SPDX-License-Identifier: BSD-2-Clause */
#include "saslauthd_instance.h"

#include "build-config.h"
#include "daemon/cli/output.h"
#include "daemon/options.h"
#include "proto/cleanup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define ARGUMENTS_MAX 64u
#define BLANKS        " \t\n"

/* What Debian's init script takes where OPTIONS is empty. */
#define OPTIONS_OF_DEBIAN "-c -m /var/run/saslauthd"

typedef struct Arguments {
        char *words[ARGUMENTS_MAX + 1];
        int count;
        char *text; /* that words point into */
} Arguments;

/* What the distributions' files have, and the option it stands behind; NULL: it is options. An
 * empty one is left out, as by Debian's init script. */
static const struct {
        const char *variable;
        const char *option;
} parts[] = {
        {"SOCKETDIR", "-m"},                          /* Fedora */
        {"MECHANISMS", "-a"},                         /* Debian */
        {"MECH", "-a"},                               /* Fedora */
        {"SASLAUTHD_AUTHMECH", "-a"},                 /* openSUSE */
        {"MECH_OPTIONS", "-O"},                       /* Debian */
        {"OPTIONS", NULL},                            /* Debian */
        {"FLAGS", NULL},                              /* Fedora */
        {"PARAMS", NULL}, {"SASLAUTHD_PARAMS", NULL}, /* openSUSE */
        {"THREADS", "-n"},                            /* Debian */
        {"SASLAUTHD_THREADS", "-n"},                  /* openSUSE */
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

bool saslauthd_instance_is_started(SettingsKind kind, const ShellSettings *settings)
{
        return kind != SETTINGS_DEFAULT ||
               strcmp(shell_settings_get(settings, "START"), "yes") == 0;
}

static const char *value_of(SettingsKind kind, const ShellSettings *settings, const char *name)
{
        const char *value = shell_settings_get(settings, name);

        return kind == SETTINGS_DEFAULT && strcmp(name, "OPTIONS") == 0 && !value[0]
                       ? OPTIONS_OF_DEBIAN
                       : value;
}

static char *make_command_line(SettingsKind kind, const ShellSettings *settings)
{
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        if (!stream)
                output_no_memory();
        (void)fputs("saslauthd", stream);
        for (size_t i = 0; i < PART_COUNT; i++) {
                const char *value = value_of(kind, settings, parts[i].variable);

                if (value[strspn(value, BLANKS)] == '\0')
                        continue;
                if (parts[i].option)
                        (void)fprintf(stream, " %s", parts[i].option);
                (void)fprintf(stream, " %s", value);
        }
        if (fclose(stream) != 0)
                output_no_memory();
        return text;
}

/* At blanks, and without regard to quotes: values are what the shell has already read. */
static bool split(Arguments *arguments, const char *command_line)
{
        char *rest = NULL;

        arguments->text = output_format("%s", command_line);
        for (char *word = strtok_r(arguments->text, BLANKS, &rest); word;
                word = strtok_r(NULL, BLANKS, &rest)) {
                if (arguments->count == ARGUMENTS_MAX)
                        return false;
                arguments->words[arguments->count++] = word;
        }
        return true;
}

static bool read_options(SaslauthdInstance *instance, const char *command_line)
{
        Arguments arguments = {};
        bool good = split(&arguments, command_line);

        optind = 0; /* glibc: from the beginning */
        good = good &&
               options_parse(arguments.count, arguments.words, &instance->options) == OPTIONS_RUN;
        free(arguments.text);
        return good && instance->options.drop_in;
}

/* /var/run is /run, and systemd says so: its sockets are compared by their names. */
static char *make_socket_path(const char *directory)
{
        size_t length = strlen(directory);

        while (length > 1 && directory[length - 1] == '/')
                length--;
        if (length >= 8 && strncmp(directory, "/var/run", 8) == 0 &&
                (length == 8 || directory[8] == '/'))
                return output_format("%.*s/mux", (int)(length - 4), directory + 4);
        return output_format("%.*s/mux", (int)length, directory);
}

/* In one line. */
static char *make_readable(const char *command_line)
{
        char *safe = output_safe(bytes_from_string(command_line));

        for (char *blank = safe; (blank = strpbrk(blank, "\t\n"));)
                *blank = ' ';
        return safe;
}

static void complain(const SaslauthdInstance *instance)
{
        (void)fprintf(stderr,
                "saslward adopt: %s: this cannot be done here: %s\n"
                "Set there what can, or write " CONFIG_FILE " by hand.\n",
                instance->path, instance->command_line);
}

bool saslauthd_instance_init(SaslauthdInstance *instance, const char *path, SettingsKind kind,
        const ShellSettings *settings)
{
        _cleanup_(free_pointer) char *command_line = make_command_line(kind, settings);
        const char *slash = strrchr(path, '/');

        *instance = (SaslauthdInstance){
                .path = path,
                .name = slash ? slash + 1 : path,
                .command_line = make_readable(command_line),
        };
        config_init(&instance->options);
        if (!read_options(instance, command_line)) {
                complain(instance);
                return false;
        }
        if (!instance->options.directory)
                instance->options.directory = output_format(RUN_DIRECTORY);
        instance->socket = make_socket_path(instance->options.directory);
        return true;
}

void saslauthd_instance_deinit(SaslauthdInstance *instance)
{
        free(instance->command_line);
        free(instance->socket);
        config_deinit(&instance->options);
}

bool saslauthd_instance_is_alike(const SaslauthdInstance *a, const SaslauthdInstance *b)
{
        const Config *first = &a->options, *second = &b->options;
        const char *option = first->mech_option ? first->mech_option : "";

        return first->drop_in == second->drop_in &&
               strcmp(option, second->mech_option ? second->mech_option : "") == 0 &&
               first->workers == second->workers && first->jobs_limit == second->jobs_limit &&
               first->cache_usec == second->cache_usec &&
               first->append_realm == second->append_realm;
}
