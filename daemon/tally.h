/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Tally: results counted by name, in memory that fronts share. Clients can make up names, so there
 * are only so many; what comes under further ones is counted under TALLY_OTHER. */

#include "proto/bytes.h"
#include "proto/result.h"

#include <stdint.h>

#define TALLY_MAX      64u
#define TALLY_NAME_MAX 128u      /* bytes; longer names are counted under their beginning */
#define TALLY_OTHER    "(other)" /* no name of a domain or service has parentheses */
#define RESULTS        (RESULT_UNAVAILABLE + 1)

typedef struct TallyEntry {
        _Atomic uint32_t state; /* 0: free; the rest is tally.c's */
        uint32_t name_size;
        uint8_t name[TALLY_NAME_MAX];
        _Atomic uint64_t results[RESULTS];
} TallyEntry;

/* All zero: it is empty. */
typedef struct Tally {
        TallyEntry entries[TALLY_MAX + 1]; /* in the order in which names came, TALLY_OTHER last */
} Tally;

/* Counts a result under a name. */
void tally_count(Tally *tally, Bytes name, Result result);

/* The entry at *index or behind it that has a name, which *name is then, and *index that behind it;
 * or NULL: there is none. Two that came at once under one name may both be there. */
const TallyEntry *tally_next(const Tally *tally, size_t *index, Bytes *name);
