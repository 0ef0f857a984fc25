/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Rate: how many of something there were in the last seconds, counted in memory that fronts share.
 */

#include <stdint.h>

#define RATE_SECONDS 64u /* that it looks back at most */

/* All zero: there were none. */
typedef struct Rate {
        _Atomic uint64_t seconds[RATE_SECONDS]; /* which, and how many in it */
} Rate;

/* Counts one now; microseconds, CLOCK_MONOTONIC. */
void rate_count(Rate *rate, uint64_t now);

/* How many there were in the second of now and those before it, in so many in all. */
uint64_t rate_sum(const Rate *rate, uint64_t now, unsigned seconds);
