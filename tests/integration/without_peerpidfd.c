/* SPDX-License-Identifier: BSD-2-Clause */

/* Preloaded: a kernel before Linux 6.5, which does not know SO_PEERPIDFD. */

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

__attribute__((visibility("default"))) int getsockopt(
        int fd, int level, int name, void *restrict value, socklen_t *restrict size)
{
        if (level == SOL_SOCKET && name == SO_PEERPIDFD) {
                errno = ENOPROTOOPT;
                return -1;
        }
        return (int)syscall(SYS_getsockopt, fd, level, name, value, size);
}
