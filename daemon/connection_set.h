/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* ConnectionSet: what the open client connections of a front have in common. */

#include "daemon/deadline.h"
#include "daemon/dispatcher.h"
#include "daemon/log.h"
#include "daemon/shared.h"

typedef struct ConnectionHandlers {
        DeadlineHandler *reading;
        DeadlineHandler *closing;
        DeadlineHandler *lingering;
} ConnectionHandlers;

typedef struct ConnectionSet {
        sd_event *event; /* not owned */
        const Config *config;
        Dispatcher *dispatcher;
        Shared *shared;
        size_t count;            /* open connections */
        bool is_full;            /* the asker with most of them gets no more */
        DeadlineQueue reading;   /* those whose request is not complete, the oldest first */
        DeadlineQueue closing;   /* those that have had their answer for less than a moment */
        DeadlineQueue lingering; /* those that have their answer and have not closed */
        LogLimit incomplete;     /* lines about requests that never became complete */
} ConnectionSet;

/* Prepares an empty set; the handlers are called with the connection's deadline when it passes in
 * one of the three queues. Returns 0 or a negative errno. */
int connection_set_init(ConnectionSet *set, sd_event *event, const Config *config,
        Dispatcher *dispatcher, Shared *shared, const ConnectionHandlers *handlers);

/* The set must be empty. */
void connection_set_deinit(ConnectionSet *set);
