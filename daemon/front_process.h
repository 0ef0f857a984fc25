/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* FrontProcess: the supervisor's end of the front: its process, its channel, its sign of life. */

#include "daemon/front.h"

#include <signal.h>
#include <systemd/sd-event.h>

typedef struct FrontProcess {
        pid_t pid;      /* 0 = there is none */
        int channel;    /* -1 = there is none */
        uint64_t since; /* CLOCK_MONOTONIC, microseconds */
        sd_event_source *messages;
        sd_event_source *exit;
} FrontProcess;

/* What the supervisor is told of its front. */
typedef struct FrontEvents {
        sd_event_io_handler_t message;
        sd_event_child_handler_t exit;
        void *userdata;
} FrontEvents;

/* Forks a front that serves what inherited says (whose channel is filled in here). Returns 0 in the
 * supervisor, or a negative errno; it does not return in the front. SIGCHLD must be blocked. */
int front_process_start(FrontProcess *front, sd_event *event, FrontInheritance inherited,
        const FrontEvents *events);

/* Forgets a front that has ended; also allowed where there is none. */
void front_process_drop(FrontProcess *front);

/* Whether its loop has stood still for longer than patience (microseconds). */
bool front_process_hangs(
        const FrontProcess *front, const Shared *shared, uint64_t now, uint64_t patience);
