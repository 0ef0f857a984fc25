/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Supervisor: the first process, root if it was started so. It reads the configuration, at the
 * start and at each SIGHUP, and makes generations that serve it. It never reads a byte from a
 * client and decides nothing.
 */

#include "daemon/config.h"

enum {
        SUPERVISOR_ALREADY_RUNNING = 2, /* saslauthd's exit status for it */
};

/* Serves what the options say until SIGTERM or SIGINT. ready_fd, if not negative, is written one
 * byte and closed once the daemon serves. Returns the process's exit status. */
int supervisor_run(const Config *options, int ready_fd);
