/* SPDX-License-Identifier: BSD-2-Clause */
#include "unix_socket.h"

#include "proto/cleanup.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

bool unix_socket_set_timeout(int fd, unsigned timeout_sec)
{
        const struct timeval timeout = {timeout_sec, 0};

        return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
               setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0;
}

int unix_socket_connect(const char *path, unsigned timeout_sec)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_(close_fd) int fd = -1;

        if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
                (int)sizeof(address.sun_path)) {
                errno = ENAMETOOLONG;
                return -1;
        }
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || !unix_socket_set_timeout(fd, timeout_sec) ||
                connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
                return -1;
        return take_fd(&fd);
}
