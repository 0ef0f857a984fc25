/* SPDX-License-Identifier: BSD-2-Clause */
#include "as_user.h"

#include "daemon/cli/unix_socket.h"
#include "proto/cleanup.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>

#define CONNECT_TIMEOUT_SEC 3u
#define EXIT_NOT_BECOME     255

bool as_user_find(const char *name, AsUser *user)
{
        const struct passwd *entry = getpwnam(name);
        char *end;
        unsigned long number;

        if (!entry) {
                number = strtoul(name[0] == '+' ? name + 1 : name, &end, 10);
                entry = *end == '\0' && end != name ? getpwuid((uid_t)number) : NULL;
        }
        if (!entry)
                return false;
        *user = (AsUser){.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid};
        return true;
}

static bool become(const AsUser *user)
{
        return initgroups(user->name, user->gid) == 0 &&
               (!user->root || (chroot(user->root) == 0 && chdir("/") == 0)) &&
               setresgid(user->gid, user->gid, user->gid) == 0 &&
               setresuid(user->uid, user->uid, user->uid) == 0;
}

int as_user_run(const AsUser *user, int (*try)(const char *path), const char *path)
{
        pid_t pid = fork();
        int status;

        if (pid < 0)
                return -errno;
        if (pid == 0)
                _exit(become(user) ? try(path) : EXIT_NOT_BECOME);
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        if (!WIFEXITED(status) || WEXITSTATUS(status) == EXIT_NOT_BECOME)
                return -EPERM;
        return WEXITSTATUS(status);
}

int try_connect(const char *path)
{
        _cleanup_(close_fd) int fd = unix_socket_connect(path, CONNECT_TIMEOUT_SEC);

        return fd < 0 ? errno : 0;
}

int try_read(const char *path)
{
        return access(path, R_OK) < 0 ? errno : 0;
}

int try_search(const char *path)
{
        return access(path, X_OK) < 0 ? errno : 0;
}
