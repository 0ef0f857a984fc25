/* SPDX-License-Identifier: BSD-2-Clause */
#include "build-config.h"
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/socket_unit.h"
#include "daemon/cli/output.h"
#include "daemon/cli/unix_socket.h"
#include "proto/cleanup.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define CONNECT_TIMEOUT_SEC 3u

/* Whether only root and the daemon have a say in what belongs to that user. */
static bool is_ours(uid_t uid)
{
        const struct passwd *user = getpwnam(UNPRIVILEGED_USER);

        return uid == 0 || (user && user->pw_uid == uid);
}

/* In a directory with the sticky bit everybody may make files, but nobody may put one into
 * another's place, unless one of the two belongs to him. */
static bool is_kept(const struct stat *directory, const char *child)
{
        struct stat status;

        return (directory->st_mode & S_ISVTX) && is_ours(directory->st_uid) &&
               lstat(child, &status) == 0 && is_ours(status.st_uid);
}

static bool is_common(const char *directory)
{
        return strcmp(directory, "/tmp") == 0 || strcmp(directory, "/var/tmp") == 0 ||
               strcmp(directory, "/dev/shm") == 0;
}

/* Commands that have the daemon listen in its own directory instead. */
static char *move_socket(const Config *config, const ListenConfig *listen)
{
        if (listen->place.line == 0)
                return output_format("# start the daemon with -m " RUN_DIRECTORY);
        return output_format("sed -i '%us|%s|" RUN_DIRECTORY "/mux-%u|' %s\n"
                             "saslward reload\n"
                             "# and saslauthd_path: " RUN_DIRECTORY "/mux-%u for what asks there",
                listen->place.line, listen->path, listen->place.line,
                config_file(config, listen->place), listen->place.line);
}

/* The machine needs its common directories open. */
static char *close_directory(const Config *config, const ListenConfig *listen,
        const char *directory, const struct stat *status)
{
        if (status->st_mode & S_ISVTX)
                return move_socket(config, listen);
        return is_common(directory) ? output_format("chmod +t %s", directory)
                                    : output_format("chmod o-w %s", directory);
}

static void examine_directory(const Config *config, const ListenConfig *listen,
        const char *directory, const char *child, Diagnosis *diagnosis)
{
        struct stat status;

        diagnosis_look(diagnosis);
        if (stat(directory, &status) < 0 || !(status.st_mode & S_IWOTH) || is_kept(&status, child))
                return;
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "mux-directory",
                        .what = output_format("Everybody may write to %s, above the socket %s.",
                                directory, listen->path),
                        .why = output_format(
                                "Whoever writes there, or has what is below, can put a "
                                "socket of his own into its place, and is told every "
                                "password."),
                        .remedy = close_directory(config, listen, directory, &status)});
}

/* Whoever can write a directory on the way can put a socket of his own there. */
static void examine_directories(
        const Config *config, const ListenConfig *listen, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *directory = output_format("%s", listen->path);
        _cleanup_(free_pointer) char *child = output_format("%s", listen->path);
        char *slash;

        while ((slash = strrchr(directory, '/')) && slash != directory) {
                *slash = '\0';
                examine_directory(config, listen, directory, child, diagnosis);
                child[slash - directory] = '\0';
        }
}

static void report_missing(const char *path, int error, Diagnosis *diagnosis)
{
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "mux-missing",
                        .what = output_format("Nobody can connect to %s, on which the daemon "
                                              "should listen: %s.",
                                path, strerror(error)),
                        .why = output_format("Programs that ask there refuse every login."),
                        .remedy = socket_unit_restart()});
}

/* The name of the process that listens at the other end, for the caller, or NULL. */
static char *name_of_peer(int fd, pid_t *pid)
{
        struct ucred peer;
        socklen_t size = sizeof(peer);
        _cleanup_(free_pointer) char *path = NULL;
        char *name;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid <= 0)
                return NULL;
        *pid = peer.pid;
        path = output_format("/proc/%d/comm", peer.pid);
        name = host_file_read(path);
        if (name)
                name[strcspn(name, "\n")] = '\0';
        return name;
}

static void examine_owner(int fd, const char *path, Diagnosis *diagnosis)
{
        pid_t pid;
        _cleanup_(free_pointer) char *name = name_of_peer(fd, &pid);
        _cleanup_(free_pointer) char *restart = NULL;

        diagnosis_look(diagnosis);
        if (!name || strcmp(name, "saslauthd") != 0)
                return;
        restart = socket_unit_restart();
        diagnosis_add(diagnosis,
                (Fault){.severity = SEVERITY_ERROR,
                        .name = "mux-taken",
                        .what = output_format("saslauthd (PID %d) answers on %s.", pid, path),
                        .why = output_format(
                                "It knows no rules: every valid user opens every console."),
                        .remedy = output_format("systemctl disable --now saslauthd\n%s", restart)});
}

static void examine_listen(
        const Config *config, const ListenConfig *listen, bool answers, Diagnosis *diagnosis)
{
        const char *path = listen->path;
        _cleanup_(close_fd) int fd = -1;

        examine_directories(config, listen, diagnosis);
        diagnosis_look(diagnosis);
        fd = unix_socket_connect(path, CONNECT_TIMEOUT_SEC);
        if (fd >= 0)
                examine_owner(fd, path, diagnosis);
        else if (errno == EACCES)
                diagnosis_untried(
                        diagnosis, output_format("%s: permission denied; run it as root", path));
        else if (answers)
                report_missing(path, errno, diagnosis);
}

void examine_sockets(const Patient *patient, Diagnosis *diagnosis)
{
        const Config *config = patient->config;

        for (size_t i = 0; i < config->listen_count; i++)
                examine_listen(config, &config->listens[i], patient->status != NULL, diagnosis);
}
