/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/cli/glob_sample.h"

#include "table.h"

#include <fnmatch.h>

typedef struct SampleRow {
        const char *name;
        const char *pattern;
        bool found;
} SampleRow;

static const SampleRow rows[] = {
        {"no wildcard", "abc", true},
        {"a star", "*", true},
        {"a star at the end", "win*", true},
        {"a star at the beginning", "*-lab", true},
        {"stars", "*a*b*", true},
        {"question marks", "vm??", true},
        {"a choice", "vm[ab]", true},
        {"a range", "vm[0-9]", true},
        {"not a choice", "vm[!ab]", true},
        {"not, written with ^", "vm[^ab]", true},
        {"a bracket in a choice", "vm[]x]", true},
        {"not a bracket", "vm[!]]", true},
        {"a class", "[[:alpha:]]x", true},
        {"brackets that never close", "vm[ab", true},
        {"a quoted star", "vm\\*", true},
        {"a quoted backslash", "vm\\\\", true},
        {"a choice of nothing", "[b-a]x", false},
};

static void test_sample(void **state)
{
        const SampleRow *row = *state;
        char out[64];

        assert_int_equal(glob_sample(row->pattern, out, sizeof(out)), row->found);
        if (row->found)
                assert_int_equal(fnmatch(row->pattern, out, 0), 0);
}

/* A pattern's name is no other's. */
static void test_apart(void **state)
{
        char out[64];

        (void)state;
        assert_true(glob_sample("win*", out, sizeof(out)));
        assert_int_not_equal(strcmp(out, "win"), 0);
        assert_int_equal(fnmatch("win1*", out, 0), FNM_NOMATCH);
        assert_true(glob_sample("vm?", out, sizeof(out)));
        assert_string_not_equal(out, "vm?");
        assert_int_equal(fnmatch("w*", GLOB_SAMPLE_NOBODY, 0), FNM_NOMATCH);
        assert_int_equal(fnmatch("*", GLOB_SAMPLE_NOBODY, 0), 0);
}

static void test_no_room(void **state)
{
        char out[4];

        (void)state;
        assert_false(glob_sample("abcd*", out, sizeof(out)));
        assert_int_equal(strlen(out), 3);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_sample, ROWS(rows));
        table_add(&table, "nobody else's name", test_apart, NULL);
        table_add(&table, "no room", test_no_room, NULL);
        return table_run(&table, "glob-sample");
}
