/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Tally: results counted by name. Clients can make up names, so there are only so many; what comes
 * under further ones is counted under TALLY_OTHER. */

#include "proto/bytes.h"
#include "proto/result.h"

#include <stdint.h>
#include <uthash.h>

#define TALLY_MAX   64u
#define TALLY_OTHER "(other)" /* no name of a domain or service has parentheses */
#define RESULTS     (RESULT_UNAVAILABLE + 1)

typedef struct TallyEntry {
        UT_hash_handle hh;
        uint64_t results[RESULTS];
        size_t name_size;
        char name[];
} TallyEntry;

typedef struct Tally {
        TallyEntry *by_name; /* in the order in which they came */
} Tally;

void tally_deinit(Tally *tally);

/* Counts a result under a name; without memory it is not counted. */
void tally_count(Tally *tally, Bytes name, Result result);
