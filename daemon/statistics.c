/* SPDX-License-Identifier: BSD-2-Clause */
#include "statistics.h"

#include "daemon/duration.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

Statistics *statistics_new(void)
{
        Statistics *statistics = mmap(NULL, sizeof(Statistics), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        struct timespec now;

        if (statistics == MAP_FAILED)
                return NULL;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        statistics->started = (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
        return statistics;
}

Statistics *statistics_free(Statistics *statistics)
{
        if (statistics)
                (void)munmap(statistics, sizeof(*statistics));
        return NULL;
}

uint64_t latency_bound(size_t index)
{
        static const uint64_t bounds[LATENCY_BOUNDS] = {50, 100, 200, 500, 1000, 2000, 5000, 10000,
                20000, 50000, 100000, 200000, 500000, 1000000, 3000000, 20000000};

        return index < LATENCY_BOUNDS ? bounds[index] : UINT64_MAX;
}

static void add(_Atomic uint64_t *number, uint64_t more)
{
        atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

static void count_refusal(Statistics *statistics, const Answer *answer)
{
        add(&statistics->refusals[answer->refusal], 1);
        rate_count(&statistics->refused, answer->now);
}

void statistics_count(Statistics *statistics, const Answer *answer)
{
        size_t i = 0;

        while (answer->usec > latency_bound(i))
                i++;
        add(&statistics->latency[i], 1);
        add(&statistics->latency_sum, answer->usec);
        add(&statistics->results[answer->result], 1);
        add(&statistics->sources[answer->source], 1);
        rate_count(&statistics->answered, answer->now);
        if (answer->result != RESULT_OK)
                count_refusal(statistics, answer);
        if (answer->backend.size > 0)
                tally_count(&statistics->backends, answer->backend, answer->result);
        if (answer->vm.size > 0)
                tally_count(&statistics->vms, answer->vm, answer->result);
        tally_count(&statistics->services, answer->service, answer->result);
}

void statistics_count_turned_away(Statistics *statistics, TurnedAway why)
{
        add(&statistics->turned_away[why], 1);
}

uint64_t statistics_total(const Statistics *statistics)
{
        uint64_t total = 0;

        for (size_t i = 0; i < RESULTS; i++)
                total += statistics->results[i];
        return total;
}

uint64_t statistics_quantile(const Statistics *statistics, unsigned per_mille)
{
        uint64_t total = statistics_total(statistics), seen = 0;

        for (size_t i = 0; i <= LATENCY_BOUNDS && total > 0; i++) {
                seen += statistics->latency[i];
                if (seen * 1000 >= total * per_mille)
                        return latency_bound(i);
        }
        return 0;
}
