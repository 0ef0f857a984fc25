/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/moment.h"
#include "daemon/duration.h"
#include "table.h"

#define NOW (1774980000ull * USEC_PER_SEC) /* 2026-03-31 18:00:00 UTC */
#define DAY (86400ull * USEC_PER_SEC)

static const struct {
        const char *text;
        bool good;
        uint64_t usec;
} rows[] = {
        {"-1d", true, NOW - DAY},
        {"-90m", true, NOW - 5400 * USEC_PER_SEC},
        {"2026-03-31", true, NOW - 64800 * USEC_PER_SEC},
        {"2026-03-31 18:00", true, NOW},
        {"2026-03-31 18:00:07", true, NOW + 7 * USEC_PER_SEC},
        {"1970-01-01", true, 0},
        {"", false, 0},
        {"-", false, 0},
        {"--1d", false, 0},
        {"1d", false, 0},
        {"-1", false, 0},
        {"yesterday", false, 0},
        {"2026-03", false, 0},
        {"2026-13-31", false, 0},
        {"2026-03-31 18:00:07 UTC", false, 0},
        {"2026-03-31 25:00", false, 0},
        {"1960-01-01", false, 0},
};

static void test_parse(void **state)
{
        size_t i = (size_t)*state;
        uint64_t usec = 0;

        assert_int_equal(moment_parse(rows[i].text, NOW, &usec), rows[i].good);
        assert_int_equal(usec, rows[i].usec);
}

static void test_format(void **state)
{
        char text[MOMENT_TEXT_SIZE];

        (void)state;
        assert_string_equal(moment_format(NOW + 1, text), "2026-03-31 18:00:00");
        assert_string_equal(moment_format(UINT64_MAX, text), "586524-01-19 08:01:49");
}

int main(void)
{
        Table table = {};

        (void)setenv("TZ", "UTC", 1);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                table_add(
                        &table, rows[i].text[0] ? rows[i].text : "nothing", test_parse, (void *)i);
        table_add(&table, "written", test_format, NULL);
        return table_run(&table, "moment");
}
