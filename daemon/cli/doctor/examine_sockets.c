/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/examine.h"
#include "daemon/cli/doctor/socket_unit.h"
#include "daemon/cli/output.h"
#include "daemon/cli/unix_socket.h"
#include "proto/cleanup.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define CONNECT_TIMEOUT_SEC 3u

/* Whoever can write a directory on the way can put a socket of his own there. */
static void examine_directories(const char *path, Diagnosis *diagnosis)
{
        _cleanup_(free_pointer) char *directory = output_format("%s", path);
        struct stat status;
        char *slash;

        while ((slash = strrchr(directory, '/')) && slash != directory) {
                *slash = '\0';
                diagnosis_look(diagnosis);
                if (stat(directory, &status) < 0 || !(status.st_mode & S_IWOTH))
                        continue;
                diagnosis_add(diagnosis,
                        (Fault){.severity = SEVERITY_ERROR,
                                .name = "mux-directory",
                                .what = output_format(
                                        "Everybody may write to %s, above the socket %s.",
                                        directory, path),
                                .why = output_format(
                                        "Whoever writes there can put a socket of his own into its "
                                        "place, and is told every password."),
                                .remedy = output_format("chmod o-w %s", directory)});
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

static void examine_listen(const char *path, bool answers, Diagnosis *diagnosis)
{
        _cleanup_(close_fd) int fd = -1;

        examine_directories(path, diagnosis);
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
        for (size_t i = 0; i < patient->config->listen_count; i++)
                examine_listen(
                        patient->config->listens[i].path, patient->status != NULL, diagnosis);
}
