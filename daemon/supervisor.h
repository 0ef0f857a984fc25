/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Supervisor: the first process, root if it was started so. It holds the listening sockets, starts
 * the front and the workers, and starts them again. It never reads a byte from a client and decides
 * nothing.
 */

#include "daemon/config.h"

enum {
        SUPERVISOR_ALREADY_RUNNING = 2, /* saslauthd's exit status for it */
};

/* Runs until SIGTERM or SIGINT. ready_fd, if not negative, is written one byte and closed once the
 * daemon serves. Returns the process's exit status. */
int supervisor_run(const Config *config, int ready_fd);
