/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* FrontMemory: what outlives a front, so that the next one goes on where it was. */

#include "daemon/bulletin.h"
#include "daemon/digest.h"
#include "daemon/history.h"
#include "daemon/last_errors.h"
#include "daemon/penalty_table.h"
#include "daemon/statistics.h"

typedef struct FrontMemory {
        Digester *digester; /* the table's keys are made with it */
        PenaltyTable *penalties;
        History *history;
        LastErrors *errors;
        Statistics *statistics;
        BulletinBoard *bulletin; /* for the fronts to read */
} FrontMemory;

/* Prepares the memory of all fronts to come. Returns 0 or -ENOMEM; front_memory_deinit() is due in
 * any case. */
int front_memory_init(FrontMemory *memory);
void front_memory_deinit(FrontMemory *memory);

/* Keeps all memory of the process that calls from being swapped out: passwords pass through, and
 * libcrypto has the digester's key. Where that is limited, allocations could fail of it, and only
 * the counters are kept. */
void front_memory_lock(const FrontMemory *memory);
