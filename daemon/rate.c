/* SPDX-License-Identifier: BSD-2-Clause */
#include "rate.h"

#include "daemon/duration.h"

#include <stdatomic.h>
#include <stddef.h>

#define COUNT_BITS 32u
#define COUNT_MASK UINT32_MAX

void rate_count(Rate *rate, uint64_t now)
{
        const uint64_t second = now / USEC_PER_SEC;
        _Atomic uint64_t *slot = &rate->seconds[second % RATE_SECONDS];
        uint64_t before = atomic_load(slot), after;

        do {
                after = before >> COUNT_BITS == second ? before + 1 : second << COUNT_BITS | 1;
        } while (!atomic_compare_exchange_weak(slot, &before, after));
}

uint64_t rate_sum(const Rate *rate, uint64_t now, unsigned seconds)
{
        const uint64_t last = now / USEC_PER_SEC;
        uint64_t sum = 0;

        for (size_t i = 0; i < RATE_SECONDS; i++) {
                uint64_t found = atomic_load(&rate->seconds[i]), second = found >> COUNT_BITS;

                if (second <= last && last - second < seconds)
                        sum += found & COUNT_MASK;
        }
        return sum;
}
