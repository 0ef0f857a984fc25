/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/as_user.h"
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/socket_unit.h"
#include "daemon/cli/doctor/tmpfiles.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A way from a program to the mux that it asks. */
typedef struct Reach {
        const SaslProgram *program;
        AsUser user;
        char path[SETTING_MAX]; /* as the program sees it */
        char *host_path;        /* as we do */
} Reach;

/* Written, not the default one: that is gone once a line is written. */
static bool has_written_listen(const Config *config)
{
        return config->listen_count > 0 && config->listens[0].place.line > 0;
}

/* Commands that have the configuration name the path, too. */
static char *write_listen(const Config *config, const char *path)
{
        const char *file = config_file(config, (Place){});

        if (has_written_listen(config) || config->listen_count == 0)
                return output_format("echo 'listen %s' >>%s", path, file);
        return output_format("echo 'listen %s' >>%s\necho 'listen %s' >>%s",
                config->listens[0].path, file, path, file);
}

/* Commands that have the daemon listen there, too. */
static char *listen_there(const Reach *reach, const Config *config)
{
        const char *path = reach->host_path, *slash = strrchr(path, '/');
        _cleanup_(free_pointer) char *lines = write_listen(config, path), *unit = NULL;

        /* Its own unit lets the daemon make none outside of its directory. */
        if (!socket_unit_exists())
                return output_format("mkdir -p -m 755 %.*s\n%s\nsaslward reload",
                        (int)(slash ? slash - path : 0), path, lines);
        unit = socket_unit_set(reach->program->app, "ListenStream", path);
        return output_format("%s\n%s", lines, unit);
}

static bool is_listen(const Config *config, const char *path)
{
        for (size_t i = 0; i < config->listen_count; i++)
                if (strcmp(config->listens[i].path, path) == 0)
                        return true;
        return false;
}

/* Whether the path leads to a socket of the daemon, if perhaps by another name. */
static bool leads_to_listen(const Config *config, const char *path)
{
        struct stat status, other;

        for (size_t i = 0; i < config->listen_count && stat(path, &status) == 0; i++)
                if (stat(config->listens[i].path, &other) == 0 && status.st_dev == other.st_dev &&
                        status.st_ino == other.st_ino)
                        return true;
        return false;
}

static void report_elsewhere(const Reach *reach, const Config *config, Diagnosis *diagnosis)
{
        char value[SETTING_MAX];
        bool is_told = !reach->program->root && config->listen_count > 0 &&
                       sasl_program_setting(reach->program, "saslauthd_path", value);

        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "mux-elsewhere",
                        .what = output_format("%s asks on %s, and the daemon does not listen "
                                              "there.",
                                reach->program->title, reach->host_path),
                        .why = output_format("\"cannot connect to saslauthd server\": every login "
                                             "is refused.%s",
                                reach->program->root ? " The program is confined to a directory "
                                                       "(chroot), where paths begin."
                                                     : ""),
                        .remedy = is_told ? sasl_program_remedy(reach->program, "saslauthd_path",
                                                    config->listens[0].path)
                                          : listen_there(reach, config)});
}

/* The first directory on the way that the user cannot pass through, as he sees it, without a slash
 * at its end; for the caller, or NULL: it is the socket itself. */
static char *find_barrier(const Reach *reach)
{
        for (size_t i = 0; reach->path[i]; i++) {
                _cleanup_(free_pointer) char *directory = NULL;

                if (reach->path[i] != '/')
                        continue;
                directory = output_format("%.*s", (int)i, reach->path);
                if (as_user_run(&reach->user, try_search, i == 0 ? "/" : directory) == EACCES)
                        return TAKE_PTR(directory);
        }
        return NULL;
}

static char *set_mode(const Config *config, const ListenConfig *listen)
{
        return output_format("sed -i '%us/mode=[0-7]*/mode=0666/' %s\n"
                             "saslward reload",
                listen->place.line, config_file(config, listen->place));
}

/* Commands that open the socket itself: its mode is that of its line, but the service manager goes
 * by its unit's. */
static char *open_socket(const Config *config, const char *path)
{
        for (size_t i = 0; i < config->listen_count; i++) {
                const ListenConfig *listen = &config->listens[i];

                if (strcmp(listen->path, path) == 0 && (listen->mode & 0666) != 0666)
                        return set_mode(config, listen);
        }
        return socket_unit_exists() ? socket_unit_set("zz-mode", "SocketMode", "0666")
                                    : output_format("chmod 666 %s", path);
}

/* Commands that open a directory, and keep it open. */
static char *open_directory(const char *directory, mode_t mode)
{
        _cleanup_(free_pointer) char *later = tmpfiles_set_mode(directory, mode | 0111);

        return output_format("chmod a+x %s%s%s", directory, later ? "\n" : "", later ? later : "");
}

static void report_denied(const Reach *reach, const Config *config, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *barrier = find_barrier(reach);
        _cleanup_(free_pointer) char *shut =
                barrier ? output_format("%s%s", reach->user.root ? reach->user.root : "", barrier)
                        : output_format("%s", reach->host_path);
        struct stat status = {};

        (void)stat(shut, &status);
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "mux-denied",
                        .what = output_format("%s, which runs as %s, cannot %s %s (mode %04o).",
                                reach->program->title, reach->user.name,
                                barrier ? "pass through the directory" : "open the socket", shut,
                                status.st_mode & 07777),
                        .why = output_format("\"cannot connect to saslauthd server: Permission "
                                             "denied\": every login is refused. Who gets in is the "
                                             "rules' matter; everybody may ask."),
                        .remedy = barrier ? open_directory(shut, status.st_mode & 07777)
                                          : open_socket(config, reach->host_path)});
}

/* That nobody listens where the daemon should is said of the daemon. */
static bool is_elsewhere(const Reach *reach, const Config *config, int error)
{
        if (error == 0)
                return !reach->user.root && !leads_to_listen(config, reach->host_path);
        return (error == ENOENT || error == ENOTDIR || error == ECONNREFUSED) &&
               !is_listen(config, reach->host_path);
}

static void examine(const Reach *reach, const Config *config, Diagnosis *diagnosis)
{
        int error = as_user_run(&reach->user, try_connect, reach->path);

        diagnosis_look(diagnosis);
        if (error == EACCES)
                report_denied(reach, config, diagnosis);
        else if (is_elsewhere(reach, config, error))
                report_elsewhere(reach, config, diagnosis);
        else if (error != 0 && error != ENOENT && error != ECONNREFUSED)
                diagnosis_untried(
                        diagnosis, output_format("whether %s reaches %s: %s", reach->user.name,
                                           reach->host_path, strerror(error < 0 ? -error : error)));
}

static bool asks_saslauthd(const SaslProgram *program)
{
        char value[SETTING_MAX];

        return sasl_program_setting(program, "pwcheck_method", value) && strstr(value, "saslauthd");
}

static void examine_program(const SaslProgram *program, const Config *config, Diagnosis *diagnosis)
{
        Reach reach = {.program = program};

        sasl_program_mux(program, reach.path);
        reach.host_path = output_format("%s%s", program->root ? program->root : "", reach.path);
        if (!program->user || !as_user_find(program->user, &reach.user))
                diagnosis_untried(diagnosis,
                        output_format("whether %s reaches %s: its user is not known here",
                                program->title, reach.host_path));
        else if (geteuid() != 0)
                diagnosis_untried(diagnosis,
                        output_format("whether %s, as user %s, reaches %s; run it as root",
                                program->title, program->user, reach.host_path));
        else {
                reach.user.root = program->root;
                examine(&reach, config, diagnosis);
        }
        free(reach.host_path);
}

void examine_reach(const Patient *patient, Diagnosis *diagnosis)
{
        for (size_t i = 0; i < patient->programs.count && patient->status; i++) {
                const SaslProgram *program = &patient->programs.programs[i];
                size_t before = diagnosis->count;

                if (asks_saslauthd(program))
                        examine_program(program, patient->config, diagnosis);
                if (program->is_foreign)
                        diagnosis_comment_out(diagnosis, before);
        }
}
