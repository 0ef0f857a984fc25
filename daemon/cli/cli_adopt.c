/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_adopt.h"

#include "build-config.h"
#include "daemon/cli/adopted_config.h"
#include "daemon/cli/adopted_units.h"
#include "daemon/cli/command.h"
#include "daemon/cli/kept_file.h"
#include "daemon/cli/output.h"
#include "daemon/cli/pam_services.h"
#include "daemon/config_file.h"
#include "proto/cleanup.h"

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
};

static const struct option long_options[] = {
        {"write", no_argument, NULL, OPTION_WRITE},
        {"help", no_argument, NULL, 'h'},
        {},
};

/* A file that is to be. */
typedef struct AdoptedFile {
        const char *path;
        char *text; /* NULL: not needed */
        size_t size;
        char *kept; /* the name of the one that was there, or NULL */
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
                "usage: saslward adopt [--write]\n"
                "\n"
                "Makes a configuration that does what saslauthd does on this machine, of\n"
                "/etc/default/saslauthd and the files beside it that Debian's init script reads,\n"
                "or of /etc/sysconfig/saslauthd. Shows what it would write, and how to put\n"
                "saslwardd in saslauthd's place and back. Starts and stops nothing.\n"
                "\n"
                "  --write  writes " CONFIG_FILE ", and what systemd has to know of\n"
                "           sockets and directories; a file that is already there is kept\n"
                "           beside the new one, as FILE.before-adopt\n"
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

static void show_text(AdoptedFile *file)
{
        const char *line = file->text;

        file->kept = kept_file_find(file->path, file->text);
        (void)printf("%s would be:\n\n", file->path);
        for (const char *end; (end = strchr(line, '\n')); line = end + 1)
                (void)printf("%*s%.*s\n", end > line ? 4 : 0, "", (int)(end - line), line);
        (void)putchar('\n');
}

static bool write_file(AdoptedFile *file)
{
        switch (kept_file_write(file->path, file->text, &file->kept)) {
        case KEPT_FILE_WRITTEN:
                (void)printf("%s is written%s%s\n", file->path, file->kept ? "; before: " : "",
                        file->kept ? file->kept : "");
                return true;
        case KEPT_FILE_SAME: (void)printf("%s is so already\n", file->path); return true;
        default:
                (void)fprintf(stderr, "saslward adopt: %s cannot be written: %s\n", file->path,
                        strerror(errno));
                return false;
        }
}

/* Of another time, or somebody else's. */
static void show_superfluous(const AdoptedFile *file)
{
        if (access(file->path, F_OK) == 0)
                (void)printf("%s is not needed with these settings; remove it\n", file->path);
}

static bool handle_files(Adoption *adoption, bool writes)
{
        for (int i = 0; i < FILES; i++) {
                AdoptedFile *file = &adoption->files[i];

                if (!file->text)
                        show_superfluous(file);
                else if (!writes)
                        show_text(file);
                else if (!write_file(file))
                        return false;
        }
        return true;
}

/* Some are in packages of their own. */
static void show_missing_backends(const SaslauthdSettings *settings)
{
        for (size_t i = 0; i < settings->count; i++) {
                const char *program = settings->instances[i].options.drop_in->program;
                _cleanup_(free_pointer) char *path = output_format(WORKER_DIRECTORY "/%s", program);

                if (access(WORKER_DIRECTORY, F_OK) == 0 && access(path, X_OK) < 0)
                        (void)printf("First install the package saslward-%s, which has\n%s.\n",
                                program, path);
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

static void show_removal(const AdoptedFile *file)
{
        if (file->kept)
                (void)printf("    mv %s %s\n", file->kept, file->path);
        else if (file->text)
                (void)printf("    rm %s\n", file->path);
}

/* "enable --now" does nothing for init scripts. */
static void show_steps(const Adoption *adoption, bool written)
{
        (void)printf("\n");
        if (!written)
                (void)printf("Nothing is written; saslward adopt --write does it.\n");
        show_missing_backends(&adoption->settings);
        show_pam_services(&adoption->settings);
        (void)printf("Then, to have saslwardd answer instead of saslauthd:\n"
                     "\n"
                     "    systemctl daemon-reload\n"
                     "    systemctl disable saslauthd\n"
                     "    systemctl stop saslauthd\n");
        if (adoption->files[FILE_DIRECTORIES].text) /* now as at the next boot */
                (void)printf("    systemd-tmpfiles --create " DIRECTORIES_FILE "\n");
        (void)printf("    systemctl enable --now saslwardd\n"
                     "\n"
                     "And back, at any time:\n"
                     "\n"
                     "    systemctl disable --now saslwardd.service saslwardd.socket\n"
                     "    systemctl enable saslauthd\n"
                     "    systemctl start saslauthd\n"
                     "\n"
                     "saslauthd's files are as they were. What is written here does not disturb\n"
                     "it, and can go then:\n"
                     "\n");
        for (int i = 0; i < FILES; i++)
                show_removal(&adoption->files[i]);
}

static void adoption_deinit(Adoption *adoption)
{
        for (int i = 0; i < FILES; i++) {
                free(adoption->files[i].text);
                free(adoption->files[i].kept);
        }
        saslauthd_settings_deinit(&adoption->settings);
}

static int adopt(bool writes)
{
        _cleanup_(adoption_deinit) Adoption adoption = {};

        if (!saslauthd_settings_read(&adoption.settings))
                return CLI_NO;
        make_texts(&adoption);
        if (!check_config(&adoption.files[FILE_CONFIG]))
                return CLI_NO;
        if (!handle_files(&adoption, writes))
                return CLI_ERROR;
        show_steps(&adoption, writes);
        return command_finish(CLI_YES);
}

int cli_adopt(int argc, char **argv)
{
        bool writes = false;
        int option;

        while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
                switch (option) {
                case OPTION_WRITE: writes = true; break;
                case 'h': return help();
                default: return command_usage(COMMAND, "wrong usage");
                }
        if (optind < argc)
                return command_usage(COMMAND, "%s: an argument too many", argv[optind]);
        return adopt(writes);
}
