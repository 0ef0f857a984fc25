/* SPDX-License-Identifier: BSD-2-Clause */
#include "database_watch.h"

#include "proto/cleanup.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CHANGES                                                                                    \
        (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |          \
                IN_MOVED_TO)
#define ENDS      (IN_DELETE_SELF | IN_MOVE_SELF) /* of what the path consists of */
#define LOSSES    (ENDS | IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW)
#define LINKS_MAX 40u /* as path_resolution(7) */

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

/* Besides what is watched there already. */
static int add(int fd, const char *path, uint32_t events)
{
        return inotify_add_watch(fd, path, events | IN_MASK_ADD) < 0 ? -errno : 0;
}

static int watch_directory(int fd, const char *path)
{
        char copy[PATH_MAX];

        return add(fd, dirname(strcpy(copy, path)), CHANGES);
}

/* Where a link leads, from where it stands. Returns 1, 0 if it is none, or -ENAMETOOLONG. */
static int read_link(const char *path, char target[PATH_MAX])
{
        char content[PATH_MAX], copy[PATH_MAX];
        ssize_t size = readlink(path, content, sizeof(content) - 1);
        int length;

        if (size <= 0)
                return 0;
        content[size] = '\0';
        if (content[0] == '/')
                length = snprintf(target, PATH_MAX, "%s", content);
        else
                length = snprintf(target, PATH_MAX, "%s/%s", dirname(strcpy(copy, path)), content);
        return length < PATH_MAX ? 1 : -ENAMETOOLONG;
}

static int watch_way(int fd, const char *path, unsigned links);

/* A link is read again once it is watched, so that it cannot come to lead elsewhere in between. A
 * file is not watched by itself: another may well be put in its place. */
static int watch_part(int fd, const char *path, unsigned links)
{
        char target[PATH_MAX];
        bool is_link = read_link(path, target) != 0;
        int r = add(fd, path, ENDS | IN_DONT_FOLLOW | (is_link ? 0 : IN_ONLYDIR));

        if (!is_link)
                return r == -ENOTDIR || r == -ENOENT ? 0 : r;
        if (r == 0)
                r = read_link(path, target);
        if (r <= 0)
                return r;
        return links > 0 ? watch_way(fd, target, links - 1) : -ELOOP;
}

/* All directories and links of a path, and of where the links lead: with another in the place of
 * one of them, the path means another file. */
static int watch_way(int fd, const char *path, unsigned links)
{
        char part[PATH_MAX];
        int r = 0;

        for (size_t i = 1; r == 0 && path[i - 1] != '\0'; i++) {
                if (path[i - 1] == '/' || (path[i] != '/' && path[i] != '\0'))
                        continue;
                memcpy(part, path, i);
                part[i] = '\0';
                r = watch_part(fd, part, links);
        }
        return r;
}

/* Where a link stands, and where what it points to does. */
static int watch_database(int fd, const char *path)
{
        char target[PATH_MAX];
        int r;

        if (strlen(path) >= sizeof(target))
                return -ENAMETOOLONG;
        r = watch_way(fd, path, LINKS_MAX);
        if (r == 0)
                r = watch_directory(fd, path);
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

static bool hold_loss(const char *events, ssize_t size)
{
        const struct inotify_event *event;

        for (; size > 0; events += sizeof(*event) + event->len,
                size -= (ssize_t)(sizeof(*event) + event->len)) {
                event = (const struct inotify_event *)events;
                if (event->mask & LOSSES)
                        return true;
        }
        return false;
}

DatabaseNews database_watch_read(int fd)
{
        char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        DatabaseNews news = DATABASE_SAME;
        ssize_t size;

        while (fd >= 0 && (size = read(fd, events, sizeof(events))) > 0)
                if (news != DATABASE_LOST)
                        news = hold_loss(events, size) ? DATABASE_LOST : DATABASE_CHANGED;
        return news;
}
