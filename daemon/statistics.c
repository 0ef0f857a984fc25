/* SPDX-License-Identifier: BSD-2-Clause */
#include "statistics.h"

void statistics_init(Statistics *statistics, uint64_t now)
{
        *statistics = (Statistics){.started = now};
}

void statistics_deinit(Statistics *statistics)
{
        tally_deinit(&statistics->backends);
        tally_deinit(&statistics->services);
        tally_deinit(&statistics->vms);
}

uint64_t latency_bound(size_t index)
{
        static const uint64_t bounds[LATENCY_BOUNDS] = {50, 100, 200, 500, 1000, 2000, 5000, 10000,
                20000, 50000, 100000, 200000, 500000, 1000000, 3000000, 20000000};

        return index < LATENCY_BOUNDS ? bounds[index] : UINT64_MAX;
}

void statistics_count(Statistics *statistics, const Answer *answer)
{
        size_t i = 0;

        while (answer->usec > latency_bound(i))
                i++;
        statistics->latency[i]++;
        statistics->latency_sum += answer->usec;
        statistics->results[answer->result]++;
        statistics->sources[answer->source]++;
        if (answer->backend.size > 0)
                tally_count(&statistics->backends, answer->backend, answer->result);
        if (answer->vm.size > 0)
                tally_count(&statistics->vms, answer->vm, answer->result);
        tally_count(&statistics->services, answer->service, answer->result);
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
