/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Commands: what administrators can ask a front over the control socket. */

#include "daemon/connection_set.h"
#include "daemon/control.h"

typedef struct Commands {
        ConnectionSet *connections; /* not owned */
        const FrontMemory *memory;  /* not owned */
        unsigned generation;        /* of the front */
        int channel;                /* to the supervisor */
        uint64_t promised;          /* number of the decision to which a "test" will lead */
} Commands;

/* The handlers of a control socket; commands has to live as long. */
ControlHandlers commands_handlers(Commands *commands);
