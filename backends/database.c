/* SPDX-License-Identifier: BSD-2-Clause */
#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool explain(const char *path, int error, char *reason, size_t size)
{
        (void)snprintf(reason, size, "%s: %s", path, strerror(error));
        return false;
}

bool database_look(const char *path, Database *database, char *reason, size_t size)
{
        char pages[PATH_MAX];
        const char *file = path;
        struct stat status;

        if (stat(path, &status) < 0) {
                if (errno != ENOENT ||
                        snprintf(pages, sizeof(pages), "%s.pag", path) >= (int)sizeof(pages) ||
                        stat(pages, &status) < 0)
                        return explain(path, errno, reason, size);
                file = pages;
        }
        if (!S_ISREG(status.st_mode))
                return explain(file, EINVAL, reason, size);
        if (faccessat(AT_FDCWD, file, R_OK, AT_EACCESS) < 0)
                return explain(file, errno, reason, size);
        if (status.st_size == 0) {
                (void)snprintf(reason, size, "%s: empty file, no database", file);
                return false;
        }
        *database = (Database){status.st_dev, status.st_ino, status.st_size, status.st_ctim};
        return true;
}

bool database_equal(const Database *a, const Database *b)
{
        return a->device == b->device && a->inode == b->inode && a->size == b->size &&
               a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}
