/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_adopt.h"

#include "build-config.h"
#include "daemon/cli/adopted_config.h"
#include "daemon/cli/adopted_units.h"
#include "daemon/cli/command.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/kept_file.h"
#include "daemon/cli/output.h"
#include "daemon/cli/pam_services.h"
#include "daemon/config_file.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define COMMAND "adopt"
#define DROP_IN "/etc/systemd/system/saslwardd.socket.d/adopt.conf"
#define DIRECTORIES_FILE                                                                           \
        "/etc/tmpfiles.d/saslauthd-directory.conf" /* counts before saslward.conf */
#define DESCRIPTORS   "/proc/self/fd/"
#define STATOVERRIDES "dpkg-statoverride --list 2>/dev/null" /* nothing where there is no dpkg */

enum {
        OPTION_WRITE = 256,
        OPTION_JSON,
};

static const struct option long_options[] = {
        {"write", no_argument, NULL, OPTION_WRITE},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {},
};

#define START_COMMANDS 6 /* and the end */

/* "enable --now" does nothing for init scripts. */
static const char *const back_commands[] = {
        "systemctl disable --now saslwardd.service saslwardd.socket", "systemctl enable saslauthd",
        "systemctl start saslauthd", NULL};

/* A file that is to be. */
typedef struct AdoptedFile {
        const char *path;
        char *text; /* NULL: not needed */
        size_t size;
        KeptFileOutcome outcome; /* once it has been written */
        char *kept;              /* the name of the one that was there, or NULL */
} AdoptedFile;

enum {
        FILE_DIRECTORIES,
        FILE_DROP_IN,
        FILE_CONFIG, /* the last: it is what counts */
        FILES,
};

typedef struct Adoption {
        SaslauthdSettings settings;
        AdoptedFile files[FILES];
} Adoption;

static int help(void)
{
        (void)printf(
                "usage: saslward adopt [--write] [--json]\n"
                "\n"
                "Makes a configuration that does what saslauthd does on this machine, of\n"
                "/etc/default/saslauthd and the files beside it that Debian's init script reads,\n"
                "or of /etc/sysconfig/saslauthd. Shows what it would write, and how to put\n"
                "saslwardd in saslauthd's place and back. Starts and stops nothing.\n"
                "\n"
                "  --write  writes " CONFIG_FILE ", and what systemd has to know of\n"
                "           sockets and directories; a file that is already there is kept\n"
                "           beside the new one, as FILE.before-adopt\n"
                "  --json   for programs\n"
                "\n"
                "Exit status: 0 done; 1 saslauthd's settings are wrong, not in use, or cannot\n"
                "be had here; 2 wrong usage, or a file that cannot be written.\n");
        return command_finish(CLI_YES);
}

static FILE *open_text(AdoptedFile *file)
{
        FILE *stream = open_memstream(&file->text, &file->size);

        if (!stream)
                output_no_memory();
        return stream;
}

static void close_text(AdoptedFile *file, FILE *stream, bool needed)
{
        if (fclose(stream) != 0)
                output_no_memory();
        if (needed)
                return;
        free(file->text);
        file->text = NULL;
}

/* Returns the command's output, owned by the caller. */
static char *read_statoverrides(void)
{
        FILE *stream = popen(STATOVERRIDES, "re"); /* NOLINT(cert-env33-c): a constant */
        char *table = NULL;
        size_t room = 0;

        if (stream && getdelim(&table, &room, '\0', stream) < 0) {
                free(table);
                table = NULL;
        }
        if (stream)
                (void)pclose(stream);
        return table;
}

static void make_texts(Adoption *adoption)
{
        static const char *const paths[FILES] = {DIRECTORIES_FILE, DROP_IN, CONFIG_FILE};
        _cleanup_(free_pointer) char *table = read_statoverrides();
        const SaslauthdSettings *settings = &adoption->settings;
        FILE *streams[FILES];

        for (int i = 0; i < FILES; i++) {
                adoption->files[i].path = paths[i];
                streams[i] = open_text(&adoption->files[i]);
        }
        adopted_config_write(settings->instances, settings->count, streams[FILE_CONFIG]);
        close_text(&adoption->files[FILE_CONFIG], streams[FILE_CONFIG], true);
        close_text(&adoption->files[FILE_DROP_IN], streams[FILE_DROP_IN],
                adopted_units_write_socket(settings, streams[FILE_DROP_IN]));
        close_text(&adoption->files[FILE_DIRECTORIES], streams[FILE_DIRECTORIES],
                adopted_units_write_directories(
                        settings, bytes_from_string(table), streams[FILE_DIRECTORIES]));
}

/* What is read has no name yet. */
static void complain(int priority, const char *text)
{
        bool is_ours = strncmp(text, DESCRIPTORS, strlen(DESCRIPTORS)) == 0;

        (void)priority;
        (void)fprintf(stderr, "%s%s\n", is_ours ? "what would be " CONFIG_FILE : "",
                is_ours ? strchr(text, ':') : text);
}

/* Reads the new configuration as the daemon would; what is wrong can be in files that it names. */
static bool check_config(const AdoptedFile *file)
{
        _cleanup_(config_deinit) Config config;
        _cleanup_(close_fd) int fd = memfd_create("saslward.conf", MFD_CLOEXEC);
        bool good;

        config_init(&config);
        config.check_only = true;
        config.path = output_format(DESCRIPTORS "%d", fd);
        good = fd >= 0 && fchmod(fd, 0600) == 0 &&
               write(fd, file->text, file->size) == (ssize_t)file->size &&
               config_file_read(&config, RUN_DIRECTORY, complain) == 0;
        if (!good)
                (void)fprintf(stderr,
                        "saslward adopt: with this the daemon would not start; nothing is "
                        "written\n");
        return good;
}

static void show_text(const AdoptedFile *file)
{
        const char *line = file->text;

        (void)printf("%s would be:\n\n", file->path);
        for (const char *end; (end = strchr(line, '\n')); line = end + 1)
                (void)printf("%*s%.*s\n", end > line ? 4 : 0, "", (int)(end - line), line);
        (void)putchar('\n');
}

static void show_written(const AdoptedFile *file, FILE *out)
{
        if (file->outcome == KEPT_FILE_SAME)
                (void)fprintf(out, "%s is so already\n", file->path);
        else
                (void)fprintf(out, "%s is written%s%s\n", file->path,
                        file->kept ? "; before: " : "", file->kept ? file->kept : "");
}

/* What writing would do to the files that are there. */
static void plan_files(Adoption *adoption)
{
        for (int i = 0; i < FILES; i++)
                if (adoption->files[i].text)
                        adoption->files[i].kept =
                                kept_file_find(adoption->files[i].path, adoption->files[i].text);
}

static bool write_files(Adoption *adoption)
{
        for (int i = 0; i < FILES; i++) {
                AdoptedFile *file = &adoption->files[i];

                if (!file->text)
                        continue;
                file->outcome = kept_file_write(file->path, file->text, &file->kept);
                if (file->outcome != KEPT_FILE_FAILED)
                        continue;
                (void)fprintf(stderr, "saslward adopt: %s cannot be written: %s\n", file->path,
                        strerror(errno));
                for (int k = 0; k < i; k++)
                        if (adoption->files[k].text)
                                show_written(&adoption->files[k], stderr);
                return false;
        }
        return true;
}

/* One that is not needed, of another time, or somebody else's. */
static bool is_superfluous(const AdoptedFile *file)
{
        return !file->text && access(file->path, F_OK) == 0;
}

static void show_files(const Adoption *adoption, bool written)
{
        for (int i = 0; i < FILES; i++) {
                const AdoptedFile *file = &adoption->files[i];

                if (is_superfluous(file))
                        (void)printf(
                                "%s is not needed with these settings; remove it\n", file->path);
                else if (file->text && written)
                        show_written(file, stdout);
                else if (file->text)
                        show_text(file);
        }
}

static bool asks_pam(const SaslauthdSettings *settings)
{
        for (size_t i = 0; i < settings->count; i++)
                if (strcmp(settings->instances[i].options.drop_in->name, "pam") == 0)
                        return true;
        return false;
}

/* Without a word about it, programs with other names would find out by being refused. */
static void show_pam_services(const SaslauthdSettings *settings)
{
        _cleanup_(free_pointer) char *others = pam_services_find(ADOPTED_PAM_SERVICES);

        if (!asks_pam(settings))
                return;
        (void)printf("saslauthd asked PAM for every service, and here these alone are asked for:\n"
                     "\n"
                     "    " ADOPTED_PAM_SERVICES "\n"
                     "\n"
                     "What else your programs call themselves is refused until it stands in\n"
                     "services= in " CONFIG_FILE ", too.");
        if (others[0]) {
                (void)printf(" There are files in " PAM_DIRECTORY " for\n\n");
                output_wrapped(stdout, "    ", 4, others);
                (void)putchar('\n');
        } else {
                (void)printf("\n\n");
        }
}

/* The worker program that an instance needs, some of which are in packages of their own; NULL: it
 * is here. */
static const char *missing_program(const SaslauthdInstance *instance)
{
        const char *program = instance->options.drop_in->program;
        _cleanup_(free_pointer) char *path = output_format(WORKER_DIRECTORY "/%s", program);

        return access(WORKER_DIRECTORY, F_OK) == 0 && access(path, X_OK) < 0 ? program : NULL;
}

static void show_missing_backends(const SaslauthdSettings *settings)
{
        for (size_t i = 0; i < settings->count; i++) {
                const char *program = missing_program(&settings->instances[i]);

                if (program)
                        (void)printf("First install the package saslward-%s, which "
                                     "has\n" WORKER_DIRECTORY "/%s.\n",
                                program, program);
        }
}

/* The command that undoes a file, owned, or NULL. */
static char *removal(const AdoptedFile *file)
{
        if (file->kept)
                return output_format("mv %s %s", file->kept, file->path);
        return file->text ? output_format("rm %s", file->path) : NULL;
}

/* The commands that put saslwardd in saslauthd's place, ended by a NULL. */
static void start_commands(const Adoption *adoption, const char *commands[START_COMMANDS])
{
        size_t count = 0;

        commands[count++] = "systemctl daemon-reload";
        commands[count++] = "systemctl disable saslauthd";
        commands[count++] = "systemctl stop saslauthd";
        if (adoption->files[FILE_DIRECTORIES].text) /* now as at the next boot */
                commands[count++] = "systemd-tmpfiles --create " DIRECTORIES_FILE;
        commands[count++] = "systemctl enable --now saslwardd";
        commands[count] = NULL;
}

static void show_commands(const char *const *commands)
{
        (void)putchar('\n');
        for (; *commands; commands++)
                (void)printf("    %s\n", *commands);
        (void)putchar('\n');
}

static void show_steps(const Adoption *adoption, bool written)
{
        const char *start[START_COMMANDS];

        (void)printf("\n");
        if (!written)
                (void)printf("Nothing is written; saslward adopt --write does it.\n");
        show_missing_backends(&adoption->settings);
        show_pam_services(&adoption->settings);
        start_commands(adoption, start);
        (void)printf("Then, to have saslwardd answer instead of saslauthd:\n");
        show_commands(start);
        (void)printf("And back, at any time:\n");
        show_commands(back_commands);
        (void)printf("saslauthd's files are as they were. What is written here does not disturb\n"
                     "it, and can go then:\n"
                     "\n");
        for (int i = 0; i < FILES; i++) {
                _cleanup_(free_pointer) char *command = removal(&adoption->files[i]);

                if (command)
                        (void)printf("    %s\n", command);
        }
}

static void show(const Adoption *adoption, bool written)
{
        const SaslauthdSettings *settings = &adoption->settings;

        for (size_t i = 0; i < settings->left_out_count; i++)
                (void)printf("%s: START is not \"yes\" there: left out\n", settings->left_out[i]);
        show_files(adoption, written);
        show_steps(adoption, written);
}

static struct json_object *make_lines(const char *text)
{
        struct json_object *array = json_object_new_array();
        Bytes rest = bytes_from_string(text);

        while (rest.size > 0) {
                Bytes line = scan_part(&rest, '\n');
                _cleanup_(free_pointer) char *copy =
                        output_format("%.*s", (int)line.size, (const char *)line.data);

                json_append(array, copy);
        }
        return array;
}

static struct json_object *make_files(const Adoption *adoption)
{
        struct json_object *array = json_object_new_array();

        for (int i = 0; i < FILES; i++) {
                const AdoptedFile *file = &adoption->files[i];
                struct json_object *object = json_object_new_object();
                _cleanup_(free_pointer) char *command = removal(file);

                json_add(object, "path", file->path);
                (void)json_object_object_add(
                        object, "lines", file->text ? make_lines(file->text) : NULL);
                json_add(object, "before", file->kept);
                json_add(object, "undo", command);
                (void)json_object_object_add(
                        object, "superfluous", json_object_new_boolean(is_superfluous(file)));
                (void)json_object_array_add(array, object);
        }
        return array;
}

static struct json_object *make_commands(const char *const *commands)
{
        struct json_object *array = json_object_new_array();

        for (; *commands; commands++)
                json_append(array, *commands);
        return array;
}

/* As show_pam_services(). */
static void add_pam_services(struct json_object *object, const SaslauthdSettings *settings)
{
        _cleanup_(free_pointer) char *others = pam_services_find(ADOPTED_PAM_SERVICES);

        if (!asks_pam(settings))
                return;
        json_add(object, "pam_services", ADOPTED_PAM_SERVICES);
        json_add(object, "pam_services_left_out", others);
}

static void print_json(const Adoption *adoption, bool written)
{
        const char *start[START_COMMANDS];
        const SaslauthdSettings *settings = &adoption->settings;
        struct json_object *object = json_object_new_object();
        struct json_object *left_out = json_object_new_array(), *packages = json_object_new_array();

        for (size_t i = 0; i < settings->left_out_count; i++)
                json_append(left_out, settings->left_out[i]);
        for (size_t i = 0; i < settings->count; i++) {
                const char *program = missing_program(&settings->instances[i]);
                _cleanup_(free_pointer) char *package =
                        program ? output_format("saslward-%s", program) : NULL;

                if (package)
                        json_append(packages, package);
        }
        (void)json_object_object_add(object, "written", json_object_new_boolean(written));
        (void)json_object_object_add(object, "left_out", left_out);
        (void)json_object_object_add(object, "files", make_files(adoption));
        (void)json_object_object_add(object, "missing_packages", packages);
        add_pam_services(object, settings);
        start_commands(adoption, start);
        (void)json_object_object_add(object, "start", make_commands(start));
        (void)json_object_object_add(object, "back", make_commands(back_commands));
        json_write(object, stdout);
}

static void adoption_deinit(Adoption *adoption)
{
        for (int i = 0; i < FILES; i++) {
                free(adoption->files[i].text);
                free(adoption->files[i].kept);
        }
        saslauthd_settings_deinit(&adoption->settings);
}

static int adopt(bool writes, bool json)
{
        _cleanup_(adoption_deinit) Adoption adoption = {};

        if (!saslauthd_settings_read(&adoption.settings))
                return CLI_NO;
        make_texts(&adoption);
        if (!check_config(&adoption.files[FILE_CONFIG]))
                return CLI_NO;
        if (!writes)
                plan_files(&adoption);
        else if (!write_files(&adoption))
                return CLI_ERROR;
        (json ? print_json : show)(&adoption, writes);
        return command_finish(CLI_YES);
}

int cli_adopt(int argc, char **argv)
{
        bool writes = false, json = false;
        int option;

        while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
                switch (option) {
                case OPTION_WRITE: writes = true; break;
                case OPTION_JSON: json = true; break;
                case 'h': return help();
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        return adopt(writes, json);
}
