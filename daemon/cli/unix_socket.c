/* SPDX-License-Identifier: BSD-2-Clause */
#include "unix_socket.h"

#include "proto/cleanup.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

int unix_socket_connect(const char *path, unsigned timeout_sec)
{
        const struct timeval timeout = {timeout_sec, 0};
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_(close_fd) int fd = -1;

        if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
                (int)sizeof(address.sun_path)) {
                errno = ENAMETOOLONG;
                return -1;
        }
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
                setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
                connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -1;
        return take_fd(&fd);
}
