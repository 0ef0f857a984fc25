/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * History: the last decisions, in memory that outlives a front, so that each can be explained by
 * its number after the configuration was changed. Numbers go on from the clock at the daemon's
 * start, in milliseconds: as long as there are not a thousand decisions a second on average, no
 * later daemon gives one of them again.
 */

#include "daemon/record.h"

typedef struct History History;

/* A copy of a decision. */
typedef struct PastDecision {
        uint64_t number;
        uint64_t time;  /* microseconds, CLOCK_REALTIME */
        uint64_t count; /* of the answers that it was */
        Record record;
} PastDecision;

/* Maps memory for the children to come. Returns NULL without memory. Free with history_free(). */
History *history_new(void);
History *history_free(History *history);

/* A number that no other decision has. */
uint64_t history_number(History *history);

/* Keeps a decision, in the place of an old one. */
void history_keep(History *history, uint64_t number, const Record *record);

/* Counts another answer of a decision, if it is still kept. */
void history_count(History *history, uint64_t number);

/* Finds a decision. Returns false if it is not kept, or not kept any more. */
bool history_find(const History *history, uint64_t number, PastDecision *found);
