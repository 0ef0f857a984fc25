/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Generation: a configuration with all that serves it: its sockets, its front, its workers. A
 * reload makes a new one, which relieves the one before as soon as it can serve; listening sockets
 * that both have are never closed in between. A front that dies is started again, unless its
 * generation never served or is leaving.
 */

#include "daemon/config.h"
#include "daemon/front_process.h"
#include "daemon/process_table.h"
#include "daemon/sockets.h"

typedef struct Generation Generation;

/* What the supervisor is told of its generations. */
typedef struct GenerationEvents {
        void (*serves)(Generation *generation, void *userdata); /* also after its front's restart */
        void (*retired)(Generation *generation, void *userdata); /* takes no further connection */
        void (*gone)(Generation *generation, void *userdata);    /* no process left: free it */
        void (*reload)(void *userdata); /* its front passes on that somebody wants it */
        void *userdata;
} GenerationEvents;

/* What all generations have in common. Nothing is owned. */
typedef struct GenerationHost {
        sd_event *event;
        const Privilege *privilege;
        const FrontMemory *memory;
        int control; /* listening socket for administrators, or -1 */
        GenerationEvents events;
} GenerationHost;

typedef enum GenerationState {
        GENERATION_STARTING, /* its front does not serve yet, nor did one of its own before */
        GENERATION_SERVING,
        GENERATION_RETIRING, /* another serves, but the front may still take connections */
        GENERATION_LEAVING,  /* what was accepted is finished */
} GenerationState;

struct Generation {
        const GenerationHost *host;
        unsigned number; /* from 1 */
        Config config;
        Sockets sockets;
        Shared *shared;
        GenerationState state;
        bool relieves; /* another serves while it starts */
        ProcessTable workers;
        FrontProcess front;
        unsigned front_failures;
        sd_event_source *restart;  /* of the front */
        sd_event_source *check;    /* of its heartbeat */
        sd_event_source *patience; /* while leaving */
};

/* A generation without processes and sockets, with an empty configuration to be filled in. The host
 * must outlive it. Returns NULL without memory. */
Generation *generation_new(const GenerationHost *host, unsigned number);

/* Closes its sockets, unless another has them; forgets its processes. Returns NULL. */
Generation *generation_free(Generation *generation);

/* Sees whether the configuration can be served, and opens the sockets; those that the generation
 * before it has, whether it serves or came to nothing, are shared (NULL: it is the first). Returns
 * 0 or a negative errno (logged): -EBUSY if somebody else listens there, *owner is its process
 * identifier then, or 0. */
int generation_prepare(Generation *generation, const Generation *before, pid_t *owner);

/* Starts its front. Returns 0 or a negative errno. */
int generation_start(Generation *generation);

/* Leaves to the heir, which serves: "retired" and "gone" follow, possibly at once. */
void generation_retire(Generation *generation, const Generation *heir);

/* Ends, with nobody to come after: whoever has connected is answered, then "gone" follows, possibly
 * at once. */
void generation_stop(Generation *generation);
