/* SPDX-License-Identifier: BSD-2-Clause */
#include "instance.h"

#include "proto/cleanup.h"

#include <fcntl.h>
#include <stdio.h>

#define FILE_NAME "saslauthd.pid"

static pid_t lock_owner(int fd)
{
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
                return 0;
        return lock.l_pid;
}

static int write_pid(int fd)
{
        if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", getpid()) < 0)
                return -errno;
        return 0;
}

int instance_claim(Instance *instance, const char *directory, pid_t *owner)
{
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        _cleanup_(free_pointer) char *path = NULL;
        _cleanup_(close_fd) int fd = -1;
        int r;

        *instance = (Instance){.fd = -1};
        *owner = 0;
        if (asprintf(&path, "%s/" FILE_NAME, directory) < 0)
                return -ENOMEM;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return -errno;
        if (fcntl(fd, F_SETLK, &lock) < 0) {
                if (errno != EAGAIN && errno != EACCES)
                        return -errno;
                *owner = lock_owner(fd);
                return -EBUSY;
        }
        r = write_pid(fd);
        if (r < 0)
                return r;
        *instance = (Instance){TAKE_PTR(path), take_fd(&fd)};
        return 0;
}

void instance_release(Instance *instance)
{
        if (!instance->path)
                return;
        (void)unlink(instance->path);
        close_fd(&instance->fd);
        free(instance->path);
        instance->path = NULL;
}
