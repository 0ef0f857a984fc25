/* SPDX-License-Identifier: BSD-2-Clause */
#include "control_socket.h"

#include "build-config.h"
#include "daemon/log.h"
#include "proto/cleanup.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char *make_path(const Config *config)
{
        char *path;

        if (!config->directory_given)
                return strdup(CONTROL_SOCKET);
        return asprintf(&path, "%s/control", config->directory) < 0 ? NULL : path;
}

/* A service manager or tmpfiles.d makes it otherwise. */
static void make_directory(const char *path)
{
        _cleanup_(free_pointer) char *copy = strdup(path);
        const char *directory = copy ? dirname(copy) : NULL; /* which changes what it is given */

        if (directory && mkdir(directory, 0755) == 0)
                (void)chmod(directory, 0755);
}

Listener *control_socket_open(const Config *config, const Privilege *privilege)
{
        _cleanup_(free_pointer) char *path = make_path(config);
        ListenerAccess access = {.mode = 0600, .uid = (uid_t)-1, .gid = (gid_t)-1};
        Listener *listener = NULL;
        pid_t owner;
        int r;

        if (privilege->administrators > 0) {
                access.mode = 0660;
                access.gid = privilege->administrators;
        }
        if (!path)
                return NULL;
        make_directory(path);
        r = listener_open(&listener, path, &access, &owner);
        if (r < 0)
                log_line(LOG_WARNING, "control",
                        "cannot make the socket %s: %s; \"saslward status\" and its like have "
                        "nobody to ask",
                        path, r == -EBUSY ? "another daemon has it" : strerror(-r));
        return listener;
}
