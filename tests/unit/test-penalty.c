/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/config.h"
#include "parsing.h"

#include "table.h"

#include <stdio.h>

#define VM(name)                                                                                   \
        {                                                                                          \
                VM_KNOWN, (name), NULL                                                             \
        }
#define NO_VM                                                                                      \
        {                                                                                          \
                VM_NONE, NULL, NULL                                                                \
        }
#define WHO_KNOWS                                                                                  \
        {                                                                                          \
                VM_UNDECIDED, NULL, NULL                                                           \
        }

typedef struct Row {
        const char *name;
        const char *config;
        VmFact vm;
        Bytes client;
        const char *limits; /* as the log says it, or NULL: there are none */
} Row;

#define TWO "one check every 2 s, after 10"

static const Row rows[] = {
        {"a VM", "", VM("a"), LIT(""), TWO},
        {"an address", "", NO_VM, LIT("192.0.2.1;1"), TWO},
        {"an address, and nobody knows who asks", "", WHO_KNOWS, LIT("::1;1"), TWO},
        {"nothing to tell users apart", "", NO_VM, LIT(""), NULL},
        {"what is no address", "", NO_VM, LIT("localhost;1"), NULL},
        {"nobody knows who asks", "", WHO_KNOWS, LIT(""), NULL},
        {"a line does not make up an address", "penalty after=3\n", NO_VM, LIT(""), NULL},
        {"a line for all", "penalty after=3 every=1500ms\n", VM("a"), LIT(""),
                "one check every 1500 ms, after 3"},
        {"the first that matches", "penalty vm=b after=2\npenalty vm=a after=3\npenalty after=4\n",
                VM("a"), LIT(""), "one check every 2 s, after 3"},
        {"none that matches", "penalty vm=b after=2\n", VM("a"), LIT(""), TWO},
        {"an exemption", "penalty none vm=a\n", VM("a"), LIT(""), NULL},
        {"another's exemption", "penalty none vm=b\n", VM("a"), LIT(""), TWO},
        {"an exemption behind a limit", "penalty after=3\npenalty none vm=a\n", VM("a"), LIT(""),
                "one check every 2 s, after 3"},
        {"an exemption that cannot be told", "penalty none vm=a\n", WHO_KNOWS, LIT("192.0.2.1;1"),
                TWO},
        {"a limit that cannot be told", "penalty vm=a after=3\n", WHO_KNOWS, LIT("192.0.2.1;1"),
                "one check every 2 s, after 3"},
        {"an exempt network", "penalty none from=192.0.2.0/24 vm=none\n", NO_VM, LIT("192.0.2.1;1"),
                NULL},
        {"a VM that claims to come from there", "penalty none from=192.0.2.0/24 vm=none\n", VM("a"),
                LIT("192.0.2.1;1"), TWO},
        {"an exempt user", "penalty none user=@g\ngroup g alice,bob\n", VM("a"), LIT(""), NULL},
        {"nobody is exempt any more", "penalty none until=1970-01-01\n", VM("a"), LIT(""), TWO},
        {"another service", "penalty service=vnc after=1\n", VM("a"), LIT(""), TWO},
};

static void describe(const PenaltyLimits *limits, char *out, size_t size)
{
        char reason[PENALTY_REASON_SIZE];

        penalty_tell(limits, reason);
        assert_memory_equal(reason, "too many wrong passwords: ", 26);
        (void)snprintf(out, size, "%s, after %u", reason + 26, limits->after);
}

static void test_find(void **state)
{
        const Row *row = *state;
        const Facts facts = {.login = LIT("alice"),
                .service = LIT("spice"),
                .client = row->client,
                .vm = row->vm,
                .now = 86400 * 365};
        const PenaltyLimits *limits;
        Parsed parsed;

        parsed_init(&parsed, bytes_from_string(row->config));
        assert_int_equal(parsed.errors, 0);
        limits = penalty_find(parsed.config.penalties, parsed.config.penalty_count, &facts);
        if (!limits) {
                assert_null(row->limits);
        } else {
                char text[PENALTY_REASON_SIZE + 32];

                describe(limits, text, sizeof(text));
                assert_non_null(row->limits);
                assert_string_equal(text, row->limits);
        }
        parsed_deinit(&parsed);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_find, ROWS(rows));
        return table_run(&table, "penalty");
}
