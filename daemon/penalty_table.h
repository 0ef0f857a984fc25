/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * PenaltyTable: who has tried how many different wrong passwords, and when he may have the next one
 * checked. It holds a bounded number of entries in memory that fronts share: it outlives each of
 * them. Keys and passwords are digests.
 */

#include "daemon/digest.h"
#include "daemon/penalty.h"

typedef struct PenaltyTable PenaltyTable;

/* A password on its way to the backends. */
typedef struct PenaltyAttempt {
        Digest key;      /* of who tries, as whom, however that is written */
        Digest name;     /* of the user as he is written */
        Digest password; /* that he tries */
        bool counted;    /* among the wrong ones, by this attempt */
} PenaltyAttempt;

/* Maps a table for the children to come. Returns NULL without memory. Free with
 * penalty_table_free(). */
PenaltyTable *penalty_table_new(void);
PenaltyTable *penalty_table_free(PenaltyTable *table);

/* Keeps the table from being swapped out, where RLIMIT_MEMLOCK allows; a child has to say so anew.
 */
void penalty_table_lock(PenaltyTable *table);

/* Whether the password may be checked now (microseconds, CLOCK_MONOTONIC). It then counts as a
 * wrong one until it is cleared or withdrawn: of many that come at once not all must be checked
 * just because no answer is there yet. */
bool penalty_table_admit(
        PenaltyTable *table, PenaltyAttempt *attempt, const PenaltyLimits *limits, uint64_t now);

/* The password was right: what was tried under that very name is not held against whoever has it
 * any more. It may be another user's who has the same key, and there is more to be tried. */
void penalty_table_clear(PenaltyTable *table, const PenaltyAttempt *attempt);

/* It could not be told whether the password is wrong: it does not count. */
void penalty_table_withdraw(PenaltyTable *table, const PenaltyAttempt *attempt);

/* How many there are that have come to their limit and are not forgotten. */
unsigned penalty_table_count(const PenaltyTable *table, uint64_t now);
