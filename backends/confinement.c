/* SPDX-License-Identifier: BSD-2-Clause */
#include "confinement.h"

#include "proto/cleanup.h"

#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

bool confinement_parse(const char *value, int *descriptor)
{
        char *end;
        long number = strtol(value, &end, 10);

        *descriptor = (int)number;
        return end != value && *end == '\0' && number >= 0 && number <= INT_MAX;
}

int confinement_enter(int descriptor)
{
        _cleanup_(close_fd) int fd = descriptor;
        struct sock_filter filter[BPF_MAXINSNS];
        struct sock_fprog program = {.filter = filter};
        ssize_t size;

        if (fd < 0)
                return 0;
        size = read(fd, filter, sizeof(filter)); /* a pipe's whole content: its writer has left */
        if (size < 0)
                return -errno;
        program.len = (unsigned short)((size_t)size / sizeof(filter[0]));
        /* refused calls appear in the kernel's log, where that is switched on */
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                    SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, &program) < 0)
                return -errno;
        return 0;
}
