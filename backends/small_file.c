/* SPDX-License-Identifier: BSD-2-Clause */
#include "small_file.h"

#include "proto/cleanup.h"

#include <fcntl.h>
#include <sys/stat.h>

int small_file_read(int fd, void *buffer, size_t size, Bytes *content)
{
        size_t used = 0;

        for (;;) {
                char more;
                ssize_t n = used < size ? read(fd, (char *)buffer + used, size - used)
                                        : read(fd, &more, 1);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n > 0 && used == size)
                        return -EFBIG;
                if (n == 0)
                        break;
                used += (size_t)n;
        }
        *content = (Bytes){buffer, used};
        return 0;
}

int small_file_load(const char *path, void *buffer, size_t size, Bytes *content)
{
        _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

        if (fd < 0)
                return -errno;
        return small_file_read(fd, buffer, size, content);
}

static bool is_roots(const struct stat *status)
{
        return status->st_uid == 0 && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int small_file_open_directory(const char *path)
{
        _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        if (!is_roots(&status))
                return -EPERM;
        return take_fd(&fd);
}

int small_file_open(int directory, const char *name, int flags)
{
        _cleanup_(close_fd) int fd =
                openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
        struct stat status;

        if (fd < 0 || fstat(fd, &status) < 0)
                return -errno;
        if (!S_ISREG(status.st_mode))
                return -EINVAL;
        if (!is_roots(&status))
                return -EPERM;
        return take_fd(&fd);
}

bool small_file_is_roots(int directory, const char *name)
{
        struct stat status;

        return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISREG(status.st_mode) && is_roots(&status);
}

const char *small_file_error(int error)
{
        if (error == -EPERM)
                return "others than root may change it";
        if (error == -EINVAL)
                return "not a regular file";
        return strerror(-error);
}
