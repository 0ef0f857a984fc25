/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/duration.h"

#include "table.h"

typedef struct DurationRow {
        const char *name; /* the text itself */
        uint64_t usec;    /* 0 = refused */
} DurationRow;

static const DurationRow rows[] = {
        {"500ms", 500000},
        {"1ms", 1000},
        {"5s", 5000000},
        {"10m", 600000000},
        {"8h", 28800000000},
        {"1d", 86400000000},
        {"3650d", 315360000000000},
        {"3651d", 0},
        {"99999999999999999999s", 0},
        {"0s", 0},
        {"5", 0},
        {"s", 0},
        {"", 0},
        {"-5s", 0},
        {"+5s", 0},
        {" 5s", 0},
        {"5s ", 0},
        {"5 s", 0},
        {"5S", 0},
        {"5sec", 0},
        {"1.5s", 0},
        {"0x5s", 0},
};

static void test_duration(void **state)
{
        const DurationRow *row = *state;
        uint64_t usec = 0;

        assert_int_equal(duration_parse(row->name, &usec), row->usec != 0);
        assert_int_equal(usec, row->usec);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_duration, ROWS(rows));
        return table_run(&table, "duration");
}
