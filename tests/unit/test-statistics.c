/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/duration.h"
#include "daemon/statistics.h"

#include "table.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOME  20000u
#define NAMES 40u

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
        Statistics *statistics = statistics_new();

        assert_non_null(statistics);
        for (size_t i = 0; i < sizeof(row->counts) / sizeof(row->counts[0]); i++)
                for (unsigned n = 0; n < row->counts[i]; n++)
                        statistics_count(statistics, &(Answer){.usec = latency_bound(i)});
        assert_int_equal(statistics_quantile(statistics, row->per_mille), row->bound);
        statistics_free(statistics);
}

static void test_longest(void **state)
{
        Statistics *statistics = statistics_new();

        (void)state;
        assert_non_null(statistics);
        statistics_count(statistics, &(Answer){.usec = UINT64_MAX});
        assert_int_equal(statistics->latency[LATENCY_BOUNDS], 1);
        assert_true(statistics_quantile(statistics, 500) == UINT64_MAX);
        statistics_free(statistics);
}

/* So many each, under names that others have, too. */
static void count_some(Statistics *statistics, unsigned from)
{
        char name[16];

        for (unsigned i = 0; i < SOME; i++) {
                (void)snprintf(name, sizeof(name), "vm%u", from + i % NAMES);
                statistics_count(statistics, &(Answer){.result = RESULT_MISMATCH,
                                                     .refusal = REFUSAL_PASSWORD,
                                                     .now = USEC_PER_SEC * (1 + i % 2),
                                                     .vm = bytes_from_string(name)});
        }
}

/* Fronts count at once, and nothing is lost. */
static void test_two_fronts(void **state)
{
        Statistics *statistics = statistics_new();
        const TallyEntry *entry;
        uint64_t sum = 0;
        size_t index = 0;
        int status;
        Bytes name;
        pid_t pid;

        (void)state;
        assert_non_null(statistics);
        pid = fork();
        if (pid == 0) {
                count_some(statistics, NAMES / 2);
                _exit(0);
        }
        count_some(statistics, 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(statistics_total(statistics), 2 * SOME);
        assert_int_equal(statistics->refusals[REFUSAL_PASSWORD], 2 * SOME);
        assert_int_equal(rate_sum(&statistics->refused, 2 * USEC_PER_SEC, 10), 2 * SOME);
        assert_int_equal(rate_sum(&statistics->refused, 2 * USEC_PER_SEC, 1), SOME);
        while ((entry = tally_next(&statistics->vms, &index, &name)))
                sum += entry->results[RESULT_MISMATCH];
        assert_int_equal(sum, 2 * SOME);
        statistics_free(statistics);
}

/* What tallies count a name of clients as. */
typedef struct CutRow {
        const char *name;
        size_t before; /* so many a, and behind them */
        const char *text;
        size_t kept;
} CutRow;

static const CutRow cut_rows[] = {
        {"as long as may be", TALLY_NAME_MAX, "", TALLY_NAME_MAX},
        {"a byte too long", TALLY_NAME_MAX, "b", TALLY_NAME_MAX},
        {"a character that just fits", TALLY_NAME_MAX - 2, "\u00e9b", TALLY_NAME_MAX},
        {"one of two bytes that does not", TALLY_NAME_MAX - 1, "\u00e9", TALLY_NAME_MAX - 1},
        {"one of four bytes, of which three would", TALLY_NAME_MAX - 3, "\U0001F600b",
                TALLY_NAME_MAX - 3},
};

/* Not within a character, and all that begin so are one. */
static void test_cut(void **state)
{
        const CutRow *row = *state;
        static Tally tally;
        char name[2 * TALLY_NAME_MAX];
        size_t index = 0;
        Bytes counted;
        const TallyEntry *entry;

        tally = (Tally){};
        memset(name, 'a', row->before);
        memcpy(name + row->before, row->text, strlen(row->text) + 1);
        tally_count(&tally, bytes_from_string(name), RESULT_OK);
        tally_count(&tally, (Bytes){(const uint8_t *)name, row->kept}, RESULT_OK);
        entry = tally_next(&tally, &index, &counted);
        assert_non_null(entry);
        assert_bytes_equal(counted, (Bytes){(const uint8_t *)name, row->kept});
        assert_int_equal(entry->results[RESULT_OK], 2);
        assert_null(tally_next(&tally, &index, &counted));
}

/* A second is forgotten when it has passed, and when its place is needed. */
static void test_rate(void **state)
{
        Rate rate = {};

        (void)state;
        assert_int_equal(rate_sum(&rate, 0, 60), 0);
        for (uint64_t second = 0; second < 1000; second++)
                for (uint64_t i = 0; i <= second % 3; i++)
                        rate_count(&rate, second * USEC_PER_SEC);
        assert_int_equal(rate_sum(&rate, 999 * USEC_PER_SEC, 1), 1);
        assert_int_equal(rate_sum(&rate, 999 * USEC_PER_SEC, 3), 6);
        assert_int_equal(rate_sum(&rate, 999 * USEC_PER_SEC, 60), 120);
        assert_int_equal(rate_sum(&rate, 1058 * USEC_PER_SEC, 60), 1);
        assert_int_equal(rate_sum(&rate, 1059 * USEC_PER_SEC, 60), 0);
}

int main(void)
{
        Table table = {};

        table_add_rows(&table, test_quantile, ROWS(quantile_rows));
        table_add(&table, "longer than any bound", test_longest, NULL);
        table_add(&table, "two fronts", test_two_fronts, NULL);
        table_add(&table, "rates", test_rate, NULL);
        table_add_rows(&table, test_cut, ROWS(cut_rows));
        return table_run(&table, "statistics");
}
