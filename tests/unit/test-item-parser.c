/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/item_parser.h"
#include "parsing.h"

#include "table.h"

#include <stdio.h>

#define ITEMS_MAX 5

typedef struct Expected {
        ItemKind kind;
        const char *text;
        bool exclude, quoted, has_tokens;
} Expected;

typedef struct Row {
        const char *name;
        ConditionKind kind;
        const char *value;
        Expected items[ITEMS_MAX];
        size_t count;
} Row;

#define NOT    .exclude = true
#define QUOTED .quoted = true
#define TOKENS .has_tokens = true
#define UUID   "0123456789abcdef0123456789abcdef"

static const Row rows[] = {
        {"a word", CONDITION_SERVICE, "spice", {{ITEM_EXACT, "spice"}}, 1},
        {"words", CONDITION_SERVICE, "spice,vnc", {{ITEM_EXACT, "spice"}, {ITEM_EXACT, "vnc"}}, 2},
        {"a pattern", CONDITION_SERVICE, "s*", {{ITEM_GLOB, "s*"}}, 1},
        {"patterns", CONDITION_USER, "a?,[bc]", {{ITEM_GLOB, "a?"}, {ITEM_GLOB, "[bc]"}}, 2},
        {"a pattern in quotes", CONDITION_SERVICE, "\"s*\"", {{ITEM_EXACT, "s*", QUOTED}}, 1},
        {"an exclusion", CONDITION_USER, "!eve", {{ITEM_EXACT, "eve", NOT}}, 1},
        {"an exclusion in quotes", CONDITION_USER, "!\"x\"", {{ITEM_EXACT, "x", NOT, QUOTED}}, 1},
        {"! in quotes", CONDITION_USER, "\"!x\"", {{ITEM_EXACT, "!x", QUOTED}}, 1},
        {"! twice", CONDITION_USER, "!!x", {{ITEM_EXACT, "!x", NOT}}, 1},
        {"an excluded pattern", CONDITION_VM, "!win*", {{ITEM_GLOB, "win*", NOT}}, 1},
        {"a comma in quotes", CONDITION_USER, "\"a,b\",c",
                {{ITEM_EXACT, "a,b", QUOTED}, {ITEM_EXACT, "c"}}, 2},
        {"empty", CONDITION_REALM, "\"\"", {{ITEM_EXACT, "", QUOTED}}, 1},
        {"empty or a word", CONDITION_REALM, "\"\",x",
                {{ITEM_EXACT, "", QUOTED}, {ITEM_EXACT, "x"}}, 2},
        {"a token", CONDITION_REALM, "%v", {{ITEM_EXACT, "%v", TOKENS}}, 1},
        {"tokens and a pattern", CONDITION_USER, "*-%v-%i", {{ITEM_GLOB, "*-%v-%i", TOKENS}}, 1},
        {"a percent sign", CONDITION_REALM, "50%%", {{ITEM_EXACT, "50%%", TOKENS}}, 1},
        {"a token in quotes", CONDITION_REALM, "\"%v %u\"", {{ITEM_EXACT, "%v %u", QUOTED}}, 1},
        {"a group", CONDITION_USER, "@kvm", {{ITEM_GROUP, "kvm"}}, 1},
        {"an excluded group", CONDITION_SERVICE, "!@mail", {{ITEM_GROUP, "mail", NOT}}, 1},
        {"a group in quotes", CONDITION_USER, "@\"Domain Users\"",
                {{ITEM_GROUP, "Domain Users", QUOTED}}, 1},
        {"a word like a group", CONDITION_USER, "\"@kvm\"", {{ITEM_EXACT, "@kvm", QUOTED}}, 1},
        {"a group with a token", CONDITION_USER, "@vm-%v", {{ITEM_GROUP, "vm-%v", TOKENS}}, 1},
        {"a backend's group", CONDITION_USER, "!@corp:kvm", {{ITEM_BACKEND_GROUP, "corp:kvm", NOT}},
                1},
        {"a backend's group with a token", CONDITION_USER, "@corp:vm-%v",
                {{ITEM_BACKEND_GROUP, "corp:vm-%v", TOKENS}}, 1},
        {"no token in quotes", CONDITION_USER, "@\"vm-%v:\"", {{ITEM_GROUP, "vm-%v:", QUOTED}}, 1},
        {"no token but in users", CONDITION_VM, "@vm-%v", {{ITEM_GROUP, "vm-%v"}}, 1},
        {"any", CONDITION_VM, "any", {{ITEM_ANY, "any"}}, 1},
        {"none", CONDITION_VM, "!none", {{ITEM_NONE, "none", NOT}}, 1},
        {"a VM called any", CONDITION_VM, "\"any\"", {{ITEM_EXACT, "any", QUOTED}}, 1},
        {"any is a word elsewhere", CONDITION_USER, "any,none",
                {{ITEM_EXACT, "any"}, {ITEM_EXACT, "none"}}, 2},
        {"a UUID", CONDITION_VM, "uuid:01234567-89ab-cdef-0123-456789abcdef", {{ITEM_UUID, UUID}},
                1},
        {"a UUID without hyphens", CONDITION_VM, "uuid:" UUID, {{ITEM_UUID, UUID}}, 1},
        {"a UUID in capitals", CONDITION_VM, "uuid:0123456789ABCDEF0123456789ABCDEF",
                {{ITEM_UUID, UUID}}, 1},
        {"a UUID in quotes", CONDITION_VM, "uuid:\"" UUID "\"", {{ITEM_UUID, UUID}}, 1},
        {"a VM called uuid:", CONDITION_VM, "\"uuid:x\"", {{ITEM_EXACT, "uuid:x", QUOTED}}, 1},
        {"a VM with a percent sign", CONDITION_VM, "50%%", {{ITEM_EXACT, "50%%", TOKENS}}, 1},
        {"a user of the machine", CONDITION_PEER, "uid:postfix", {{ITEM_UID, "postfix"}}, 1},
        {"a uid", CONDITION_PEER, "!uid:4711", {{ITEM_UID, "4711", NOT}}, 1},
        {"a user in quotes", CONDITION_PEER, "uid:\"Domain User\"",
                {{ITEM_UID, "Domain User", QUOTED}}, 1},
        {"a unit", CONDITION_PEER, "unit:postfix@-.service", {{ITEM_UNIT, "postfix@-.service"}}, 1},
        {"a unit in quotes", CONDITION_PEER, "unit:\"a*\"", {{ITEM_UNIT, "a*", QUOTED}}, 1},
        {"networks", CONDITION_FROM, "10.0.0.0/8,!::1",
                {{ITEM_NETWORK, "10.0.0.0/8"}, {ITEM_NETWORK, "::1", NOT}}, 2},
        {"a day", CONDITION_UNTIL, "2028-02-29", {{ITEM_DATE, "2028-02-29"}}, 1},
        {"the last day of a year", CONDITION_UNTIL, "2026-12-31", {{ITEM_DATE, "2026-12-31"}}, 1},
        {"bytes that are no UTF-8", CONDITION_USER, "\xff", {{ITEM_EXACT, "\xff"}}, 1},
};

typedef struct Wrong {
        const char *name; /* the value */
        ConditionKind kind;
        const char *complaints;
} Wrong;

#define MISSING "a value is missing; write \"\" for the empty one"
#define PARTLY  "only a part of this is in quotes; put the whole word in them"
#define NO_TOKEN                                                                                   \
        "means nothing here; write %v for the VM's name, %i for its UUID, %% for a percent sign, " \
        "or put the word in quotes"
#define NO_VM_TOKEN "means nothing here; write %% for a percent sign, or put the word in quotes"
#define NO_NETWORK  "no address or network: write it as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32"

static const Wrong wrong[] = {
        {"a,,b", CONDITION_USER, "1:5 " MISSING},
        {"a,", CONDITION_USER, "1:5 " MISSING},
        {",", CONDITION_USER, "1:3 " MISSING "\n1:4 " MISSING},
        {"!", CONDITION_USER, "1:4 " MISSING},
        {"a\"b\"", CONDITION_USER, "1:3 " PARTLY},
        {"@k\"vm\"", CONDITION_USER, "1:3 " PARTLY},
        {"uid:ro\"ot\"", CONDITION_PEER, "1:3 " PARTLY},
        {"%u", CONDITION_USER, "1:3 \"%u\" " NO_TOKEN},
        {"x,a%é", CONDITION_REALM, "1:5 \"%é\" " NO_TOKEN},
        {"100%", CONDITION_SERVICE, "1:3 \"%\" " NO_TOKEN},
        {"%v", CONDITION_VM, "1:3 \"%v\" " NO_VM_TOKEN},
        {"%r*", CONDITION_VM, "1:3 \"%r\" " NO_VM_TOKEN},
        {"@", CONDITION_USER, "1:3 a group's name is missing; write it behind the @"},
        {"@\"\"", CONDITION_USER, "1:3 a group's name is missing; write it behind the @"},
        {"@!kvm", CONDITION_USER, "1:3 an exclusion stands before the @; write !@GROUP"},
        {"@k*", CONDITION_USER, "1:3 a group's name is no pattern; name each group"},
        {"@corp:kvm", CONDITION_VM,
                "1:3 groups of a backend are for user= only; name a group of this file"},
        {"@corp:k*", CONDITION_USER, "1:3 a group's name is no pattern; name each group"},
        {"@vm-%u", CONDITION_USER, "1:3 \"%u\" " NO_TOKEN},
        {"@days", CONDITION_UNTIL, "1:3 no group can stand here; write a day, as until=2026-03-31"},
        {"uuid:", CONDITION_VM,
                "1:3 \"\" is no UUID; write it as uuid:01234567-89ab-cdef-0123-456789abcdef"},
        {"uuid:" UUID "0", CONDITION_VM,
                "1:3 \"" UUID
                "0\" is no UUID; write it as uuid:01234567-89ab-cdef-0123-456789abcdef"},
        {"uuid:0-123456789abcdef0123456789abcde-f", CONDITION_VM,
                "1:3 \"0-123456789abcdef0123456789abcde-f\" is no UUID; write it as "
                "uuid:01234567-89ab-cdef-0123-456789abcdef"},
        {"uid:", CONDITION_PEER, "1:3 a user is missing; write a name or a number behind uid:"},
        {"uid:nobody2", CONDITION_PEER,
                "1:3 no user \"nobody2\" on this machine; create it, or write its number"},
        {"uid:4294967295", CONDITION_PEER,
                "1:3 no user \"4294967295\" on this machine; create it, or write its number"},
        {"uid:12x", CONDITION_PEER,
                "1:3 no user \"12x\" on this machine; create it, or write its number"},
        {"unit:", CONDITION_PEER, "1:3 " MISSING},
        {"unit:%v", CONDITION_PEER, "1:3 \"%v\" " NO_VM_TOKEN},
        {"root", CONDITION_PEER,
                "1:3 \"root\" does not say what it is; write uid:USER or unit:PATTERN"},
        {"\"uid:root\"", CONDITION_PEER,
                "1:3 \"uid:root\" does not say what it is; write uid:USER or unit:PATTERN"},
        {"host.example", CONDITION_FROM, "1:3 " NO_NETWORK},
        {"\"\"", CONDITION_FROM, "1:3 " NO_NETWORK},
        {"10.0.0.1/8", CONDITION_FROM,
                "1:3 the address has bits set behind its prefix: make them 0, as in 10.0.0.0/8, or "
                "write a longer prefix"},
        {"2026-02-29", CONDITION_UNTIL,
                "1:3 there is no day 2026-02-29; write the last one that the rule holds on"},
        {"2026-13-01", CONDITION_UNTIL,
                "1:3 there is no day 2026-13-01; write the last one that the rule holds on"},
        {"2026-00-10", CONDITION_UNTIL,
                "1:3 there is no day 2026-00-10; write the last one that the rule holds on"},
        {"31.3.2026", CONDITION_UNTIL,
                "1:3 \"31.3.2026\" is no date; write the last day as until=2026-03-31"},
        {"2026-3-31", CONDITION_UNTIL,
                "1:3 \"2026-3-31\" is no date; write the last day as until=2026-03-31"},
        {"+202-03-31", CONDITION_UNTIL,
                "1:3 \"+202-03-31\" is no date; write the last day as until=2026-03-31"},
        {"2026-03-31x", CONDITION_UNTIL,
                "1:3 \"2026-03-31x\" is no date; write the last day as until=2026-03-31"},
        {"%x,@,", CONDITION_USER,
                "1:3 \"%x\" " NO_TOKEN
                "\n1:6 a group's name is missing; write it behind the @\n1:8 " MISSING},
};

static void say(Report *report, Place place, bool is_warning, const char *text)
{
        assert_false(is_warning);
        (void)fprintf(report->userdata, "%s%u:%u %s", report->errors > 1 ? "\n" : "", place.line,
                place.column, text);
}

/* Reads "= VALUE" into list. Returns the complaints, to be freed. */
static char *parse(ConditionKind kind, const char *value, ItemList *list)
{
        char line[512], *complaints;
        size_t size;
        FILE *stream = open_memstream(&complaints, &size);
        Report report = {.write = say, .userdata = stream};
        Tokenizer tokenizer;
        bool good;

        (void)snprintf(line, sizeof(line), "= %s\n", value);
        tokenizer_init(&tokenizer, bytes_from_string(line), 0, &report);
        assert_int_equal(tokenizer_next(&tokenizer), TOKENIZER_LINE);
        good = item_list_parse(kind, tokenizer.words[1], &parsing_names, list, &report);
        assert_int_equal(good, report.errors == 0);
        tokenizer_deinit(&tokenizer);
        (void)fclose(stream);
        return complaints;
}

static void test_right(void **state)
{
        const Row *row = *state;
        ItemList list = {};
        char *complaints = parse(row->kind, row->value, &list);

        assert_string_equal(complaints, "");
        assert_int_equal(list.count, row->count);
        for (size_t i = 0; i < row->count; i++) {
                const Item *item = &list.items[i];
                const Expected *expected = &row->items[i];

                assert_int_equal(item->kind, expected->kind);
                assert_string_equal(item->text, expected->text);
                assert_int_equal(item->exclude, expected->exclude);
                assert_int_equal(item->quoted, expected->quoted);
                assert_int_equal(item->has_tokens, expected->has_tokens);
        }
        item_list_deinit(&list);
        free(complaints);
}

static void test_wrong(void **state)
{
        const Wrong *row = *state;
        ItemList list = {};
        char *complaints = parse(row->kind, row->name, &list);

        assert_string_equal(complaints, row->complaints);
        item_list_deinit(&list);
        free(complaints);
}

static void test_uid(void **state)
{
        static const struct {
                const char *value;
                uid_t uid;
        } uids[] = {{"uid:postfix", 89}, {"uid:4294967294", 4294967294}, {"uid:0", 0},
                {"uid:\"Domain User\"", 1000}};

        (void)state;
        for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
                ItemList list = {};

                free(parse(CONDITION_PEER, uids[i].value, &list));
                assert_int_equal(list.items[0].uid, uids[i].uid);
                item_list_deinit(&list);
        }
}

/* The whole last day counts, by this machine's clock; also where it is 23 hours long. */
static void test_end_of_day(void **state)
{
        static const struct {
                const char *zone, *day;
                time_t end;
        } days[] = {{"UTC0", "2026-03-31", 1775001600}, {"UTC0", "2026-12-31", 1798761600},
                {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29", 1774821600}};

        (void)state;
        for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
                ItemList list = {};

                (void)setenv("TZ", days[i].zone, 1);
                free(parse(CONDITION_UNTIL, days[i].day, &list));
                assert_int_equal(list.items[0].end, days[i].end);
                item_list_deinit(&list);
        }
        (void)unsetenv("TZ");
}

static void test_many(void **state)
{
        enum { COUNT = 100000 };
        char *line = malloc(2 * COUNT + 16), *at = line;
        Report report = {};
        ItemList list = {};
        Tokenizer tokenizer;

        (void)state;
        assert_non_null(line);
        for (int i = 0; i < COUNT; i++)
                at = stpcpy(at, i > 0 ? ",a" : "a");
        (void)strcpy(at, "\n");
        tokenizer_init(&tokenizer, bytes_from_string(line), 0, &report);
        assert_int_equal(tokenizer_next(&tokenizer), TOKENIZER_LINE);
        assert_true(item_list_parse_words(tokenizer.words[0], &list, &report));
        assert_int_equal(list.count, COUNT);
        item_list_deinit(&list);
        tokenizer_deinit(&tokenizer);
        free(line);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_right, ROWS(rows));
        table_add_rows(&table, test_wrong, ROWS(wrong));
        table_add(&table, "uids", test_uid, NULL);
        table_add(&table, "the end of a day", test_end_of_day, NULL);
        table_add(&table, "a hundred thousand words", test_many, NULL);
        return table_run(&table, "item-parser");
}
