/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/statistics.h"

#include "table.h"

/* So many answers within each of the first bounds. */
typedef struct QuantileRow {
        const char *name;
        unsigned counts[4];
        unsigned per_mille;
        uint64_t bound;
} QuantileRow;

static const QuantileRow quantile_rows[] = {
        {"nothing", {0}, 500, 0},
        {"one answer, median", {1}, 500, 50},
        {"one answer, p99", {0, 0, 1}, 990, 200},
        {"half and half", {5, 5}, 500, 50},
        {"more than half", {5, 6}, 500, 100},
        {"99 of 100", {99, 0, 0, 1}, 990, 50},
        {"98 of 100", {98, 0, 0, 2}, 990, 500},
        {"all", {98, 0, 0, 2}, 1000, 500},
};

static void test_quantile(void **state)
{
        const QuantileRow *row = *state;
        Statistics statistics;

        statistics_init(&statistics, 0);
        for (size_t i = 0; i < sizeof(row->counts) / sizeof(row->counts[0]); i++)
                for (unsigned n = 0; n < row->counts[i]; n++)
                        statistics_count(&statistics, &(Answer){.usec = latency_bound(i)});
        assert_int_equal(statistics_quantile(&statistics, row->per_mille), row->bound);
        statistics_deinit(&statistics);
}

static void test_longest(void **state)
{
        Statistics statistics;

        (void)state;
        statistics_init(&statistics, 0);
        statistics_count(&statistics, &(Answer){.usec = UINT64_MAX});
        assert_int_equal(statistics.latency[LATENCY_BOUNDS], 1);
        assert_true(statistics_quantile(&statistics, 500) == UINT64_MAX);
        statistics_deinit(&statistics);
}

int main(void)
{
        Table table = {};

        table_add_rows(&table, test_quantile, ROWS(quantile_rows));
        table_add(&table, "longer than any bound", test_longest, NULL);
        return table_run(&table, "statistics");
}
