/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Front: the process that serves the clients. It takes every untrusted byte and every decision, has
 * no privilege, opens no file and never blocks. It ends when it is told to (CHANNEL_RETIRE,
 * CHANNEL_STOP) or the supervisor is gone, after it has answered what it accepted.
 */

#include "daemon/config.h"
#include "daemon/front_memory.h"
#include "daemon/privilege.h"
#include "daemon/shared.h"

#include <stddef.h>

/* A listening socket. */
typedef struct FrontListener {
        int fd;
        const ListenConfig *config;
        bool drain; /* nobody listens after us: answer also who is still in the backlog */
} FrontListener;

/* What a front inherits from the supervisor. Nothing is owned. */
typedef struct FrontInheritance {
        const Config *config;
        unsigned generation; /* its number */
        const Privilege *privilege;
        Shared *shared;
        const FrontMemory *memory;
        const FrontListener *listeners; /* at most CONFIG_LISTENS_MAX */
        size_t listener_count;
        bool relieves;      /* another front serves meanwhile: wait for workers to be ready */
        int database_watch; /* or -1 */
        int control;        /* listening socket for administrators, or -1 */
        int channel;        /* to the supervisor */
} FrontInheritance;

/* Drops privileges and serves. Returns the process's exit status. */
int front_run(const FrontInheritance *inheritance);
