/* SPDX-License-Identifier: BSD-2-Clause */
#include "detach.h"

#include "proto/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>

static void wait_for_child(int pipe_end, pid_t child)
{
        int status = 0;
        char byte;

        if (read(pipe_end, &byte, 1) == 1)
                exit(EXIT_SUCCESS);
        (void)waitpid(child, &status, 0);
        (void)fputs("saslwardd: not started; the reason is above, or in the system log\n", stderr);
        exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EXIT_FAILURE);
}

int detach_begin(void)
{
        int ends[2];
        pid_t child;

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        child = fork();
        if (child < 0)
                return -errno;
        if (child > 0) {
                close_fd(&ends[1]);
                wait_for_child(ends[0], child);
        }
        close_fd(&ends[0]);
        if (setsid() < 0 || chdir("/") < 0)
                return -errno;
        return ends[1];
}

int detach_standard_io(void)
{
        _cleanup_(close_fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
                dup2(null, STDERR_FILENO) < 0)
                return -errno;
        return 0;
}
