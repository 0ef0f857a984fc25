/* SPDX-License-Identifier: BSD-2-Clause */
#include "trusted_file.h"

#include "proto/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define SIZE_MAX_BYTES (64u * 1024u * 1024u)

/* Whoever can write it decides who gets in; whoever can read a secret knows it. */
static const char *check_status(const struct stat *status, mode_t forbidden)
{
        if (!S_ISREG(status->st_mode))
                return "is no regular file; name one";
        if (status->st_uid != 0 && status->st_uid != geteuid())
                return "belongs neither to root nor to you; chown it";
        if (status->st_mode & forbidden & TRUSTED_FILE_WRITE)
                return "can be written by others; chmod go-w it";
        return status->st_mode & forbidden ? "can be read by others; chmod go-rwx it" : NULL;
}

static const char *check_content(const struct stat *status)
{
        return status->st_size > SIZE_MAX_BYTES ? "is larger than 64 MiB; write a shorter one"
                                                : NULL;
}

static void explain_errno(char *why)
{
        int saved = errno;

        (void)snprintf(why, TRUSTED_FILE_TEXT_MAX, "cannot be read: %s", strerror(saved));
        errno = saved;
}

int trusted_file_open(const char *path, mode_t forbidden, struct stat *status, char *why)
{
        _cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        const char *wrong;

        if (fd < 0 || fstat(fd, status) < 0) {
                explain_errno(why);
                return -1;
        }
        wrong = check_status(status, forbidden);
        if (!wrong)
                wrong = check_content(status);
        if (!wrong)
                return take_fd(&fd);
        (void)snprintf(why, TRUSTED_FILE_TEXT_MAX, "%s", wrong);
        errno = EPERM;
        return -1;
}

bool trusted_file_may_run(const char *path, char *why)
{
        const char *wrong = NULL;
        struct stat status;

        if (stat(path, &status) == 0)
                wrong = check_status(&status, TRUSTED_FILE_WRITE);
        if (!wrong && access(path, X_OK) == 0)
                return true;
        (void)snprintf(why, TRUSTED_FILE_TEXT_MAX, "%s%s",
                wrong ? wrong : "cannot be run: ", wrong ? "" : strerror(errno));
        return false;
}

Secret *trusted_file_slurp(int fd, size_t expected)
{
        _cleanup_(secret_freep) Secret *content = secret_new(expected + 1);

        while (content) {
                size_t space;
                uint8_t *buffer = secret_space(content, &space);
                ssize_t size = read(fd, buffer, space);

                if (size == 0 && space > 0)
                        return TAKE_PTR(content);
                if (size == 0)
                        errno = EBUSY; /* it is being written */
                if (size == 0 || (size < 0 && errno != EINTR))
                        return NULL;
                if (size > 0)
                        secret_commit(content, (size_t)size);
        }
        errno = ENOMEM;
        return NULL;
}

Secret *trusted_file_read(const char *path, mode_t forbidden, char *why)
{
        struct stat status;
        _cleanup_(close_fd) int fd = trusted_file_open(path, forbidden, &status, why);
        Secret *content;

        if (fd < 0)
                return NULL;
        content = trusted_file_slurp(fd, (size_t)status.st_size);
        if (!content)
                explain_errno(why);
        return content;
}
