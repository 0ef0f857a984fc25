/* SPDX-License-Identifier: BSD-2-Clause */
#include "file_limit.h"

#include "build-config.h"
#include "proto/cleanup.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* All that the first version knows of: from executing to making a link (landlock(7)). */
#define EVERYTHING ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* The directory, or -1. */
static int open_directory(const char *path)
{
        char real[PATH_MAX];

        if (!realpath(path, real) && snprintf(real, sizeof(real), "%s", path) >= (int)sizeof(real))
                return -1;
        return open(dirname(real), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Whether it is for want of Landlock: in the kernel, at its start, or in a service's filter. */
static bool is_missing(int error)
{
        return error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

int file_limit_enter(const char *path)
{
        const struct landlock_ruleset_attr attributes = {.handled_access_fs = EVERYTHING};
        _cleanup_(close_fd) int directory = open_directory(path);
        _cleanup_(close_fd) int rules = -1;
        struct landlock_path_beneath_attr rule = {READING, directory};

        if (directory < 0)
                return -ENOENT;
        if (!SANDBOX)
                return 0;
        rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
        if (rules < 0)
                return is_missing(errno) ? 0 : -errno;
        if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ||
                syscall(SYS_landlock_restrict_self, rules, 0) < 0)
                return -errno;
        return 0;
}
