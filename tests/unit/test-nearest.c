/* SPDX-License-Identifier: BSD-2-Clause */

#include "proto/nearest.h"

#include "table.h"

typedef struct Row {
        const char *name;
        const char *word;
        const char *names[4];
        const char *nearest;
} Row;

static const Row rows[] = {
        {"a letter missing", "sevice", {"realm", "service", "vm"}, "service"},
        {"a letter too many", "servicce", {"service"}, "service"},
        {"another letter", "servise", {"service"}, "service"},
        {"two letters swapped", "serivce", {"service"}, "service"},
        {"three slips", "servixxx", {"service"}, NULL},
        {"the nearer one", "kvn", {"kva", "kvm", "kv"}, "kva"},
        {"the same one", "vm", {"vmx", "vm"}, "vm"},
        {"one slip in a short word", "mv", {"vm"}, NULL},
        {"one slip in a short word, indeed", "vn", {"vm"}, "vm"},
        {"a short word is no other", "x", {"a"}, NULL},
        {"nothing", "", {"a", "ab"}, NULL},
        {"nothing to choose from", "service", {NULL}, NULL},
        {"empty names", "a", {""}, NULL},
        {"a long word", "0123456789012345678901234567890x", {"0123456789012345678901234567890"},
                NULL},
        {"a long name", "0123456789012345678901234567890", {"0123456789012345678901234567890x"},
                NULL},
        {"the longest", "012345678901234567890123456789x", {"0123456789012345678901234567890"},
                "0123456789012345678901234567890"},
};

static void test_nearest(void **state)
{
        const Row *row = *state;
        Nearest nearest;

        nearest_init(&nearest, row->word);
        for (size_t i = 0; i < 4 && row->names[i]; i++)
                nearest_try(&nearest, row->names[i]);
        if (row->nearest)
                assert_string_equal(nearest.name ? nearest.name : "", row->nearest);
        else
                assert_null(nearest.name);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_nearest, ROWS(rows));
        return table_run(&table, "nearest");
}
