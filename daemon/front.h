/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Front: the process that serves the clients. It takes every untrusted byte and every decision, has
 * no privilege, opens no file and never blocks. It ends when it is told to (CHANNEL_STOP) or the
 * supervisor is gone, after it has answered what it accepted.
 */

#include "daemon/config.h"
#include "daemon/privilege.h"
#include "daemon/shared.h"

#include <stddef.h>

#define FRONT_LISTENERS_MAX 16u

/* What a front inherits from the supervisor. Nothing is owned. */
typedef struct FrontInheritance {
        const Config *config;
        const Privilege *privilege;
        Shared *shared;
        const int *listeners; /* listening sockets, at most FRONT_LISTENERS_MAX */
        size_t listener_count;
        bool drain_backlog; /* nobody listens after us: answer also who is still in the backlog */
        int channel;        /* to the supervisor */
} FrontInheritance;

/* Drops privileges and serves. Returns the process's exit status. */
int front_run(const FrontInheritance *inheritance);
