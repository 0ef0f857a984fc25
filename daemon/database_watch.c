/* SPDX-License-Identifier: BSD-2-Clause */
#include "database_watch.h"

#include "proto/cleanup.h"

#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>

#define CHANGES                                                                                    \
        (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |          \
                IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

#define PATH_KEY "path="

/* The path of a backend's database, or NULL: it is no sasldb. */
static const char *database_path(const BackendConfig *backend)
{
        const char *path = NULL;

        if (!backend->mechanism->watched)
                return NULL;
        if (backend->mechanism->argument)
                path = backend->mechanism->argument + strlen(PATH_KEY);
        for (size_t i = 0; i < backend->argument_count; i++)
                if (strncmp(backend->arguments[i], PATH_KEY, strlen(PATH_KEY)) == 0)
                        path = backend->arguments[i] + strlen(PATH_KEY);
        return path;
}

static int watch_directory(int fd, const char *path)
{
        char copy[PATH_MAX];

        if (strlen(path) >= sizeof(copy))
                return -ENAMETOOLONG;
        return inotify_add_watch(fd, dirname(strcpy(copy, path)), CHANGES) < 0 ? -errno : 0;
}

/* Where a link stands, and where what it points to does. */
static int watch_database(int fd, const char *path)
{
        char target[PATH_MAX];
        int r = watch_directory(fd, path);

        if (r == 0 && realpath(path, target))
                r = watch_directory(fd, target);
        return r;
}

int database_watch_open(const Config *config)
{
        _cleanup_(close_fd) int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        unsigned count = 0;

        if (fd < 0)
                return -errno;
        for (size_t i = 0; i < config->backend_count; i++) {
                const char *path = database_path(&config->backends[i]);
                int r = path ? watch_database(fd, path) : 0;

                if (r < 0)
                        return r;
                count += path != NULL;
        }
        return count > 0 ? take_fd(&fd) : -ENOENT;
}

bool database_watch_changed(int fd)
{
        char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        bool changed = false;

        while (fd >= 0 && read(fd, events, sizeof(events)) > 0)
                changed = true;
        return changed;
}
