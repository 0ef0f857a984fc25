/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/ruleset.h"
#include "proto/cleanup.h"

#include "naive.h"
#include "random.h"
#include "rules.h"

#include <stdio.h>
#include <time.h>

#define SEED                0x5a51a4dULL
#define TABLES              30000u
#define REQUESTS            20u /* of each table */
#define RULES_MAX           300u
#define ITEMS_MAX           16u
#define LONG_TABLE          40u /* every so many, one has RULES_MAX rules */
#define GROUPS              3u
#define MANY                50000u
#define SHARE_MIN           4u /* percent of the requests that each outcome must have */
#define UUID_A              "0123456789abcdef0123456789abcdef"
#define UUID_B              "fedcba9876543210fedcba9876543210"
#define UUID_C              "11111111111111111111111111111111" /* no VM's */
#define PICK(random, array) (array)[random_below((random), sizeof(array) / sizeof((array)[0]))]

static void free_ruleset(Ruleset **ruleset)
{
        (void)ruleset_free(*ruleset);
}

/* Words of the alphabet of a condition. A word with % has tokens; in GLOB with * or ?. */
typedef struct Alphabet {
        ConditionKind kind;
        const char *exact[6];
        const char *globs[4];
} Alphabet;

static const Alphabet alphabets[] = {
        {CONDITION_SERVICE, {"spice", "vnc", "imap", "spice", "vnc", "imap"},
                {"s*", "*", "?nc", "i*p"}},
        {CONDITION_SOCKET, {"mux", "mux", "other", "mux", "", "mux"}, {"m*", "*", "?", "o*"}},
        {CONDITION_VM, {"a", "b", "ab", "a*", "spice", "%v"}, {"a*", "*", "?", "*b"}},
        {CONDITION_REALM, {"", "a", "r", "%v", "%v", "x%%"}, {"*", "?", "a*", "%v*"}},
        {CONDITION_USER, {"u", "v", "u@r", "c-%v", "%i", "%v@a"}, {"*", "c-*", "*@%v", "%v*"}},
};

static const char *const logins[] = {"u", "v", "c-a", "c-b", "u@r", "a*", "ax", "b", "", "u@a",
        "01234567-89ab-cdef-0123-456789abcdef"};
static const char *const realms[] = {"", "a", "b", "r", "x%"};
static const char *const services[] = {"spice", "vnc", "imap", "pop", ""};
static const char *const names[] = {"a", "b", "ab", "a*", "spice", "c"};
static const char *const nss_groups[] = {"in-x", "out-x", "x", "in-%v"};

typedef struct Tables {
        Random random;
        Rule rules[RULES_MAX];
        Condition conditions[RULES_MAX][CONDITION_KINDS];
        Item items[RULES_MAX][CONDITION_KINDS][ITEMS_MAX];
        size_t count;
        /* groups of the file, of each alphabet */
        ItemList groups[sizeof(alphabets) / sizeof(alphabets[0])][GROUPS];
        Item members[sizeof(alphabets) / sizeof(alphabets[0])][GROUPS][ITEMS_MAX];
} Tables;

/* A plain text or, for a VM, at times a UUID. */
static Item make_plain(Random *random, const Alphabet *alphabet, bool is_uuid)
{
        static const char *const uuids[] = {UUID_A, UUID_B, UUID_C};

        if (is_uuid && alphabet->kind == CONDITION_VM)
                return (Item){.kind = ITEM_UUID, .text = (char *)PICK(random, uuids)};
        return (Item){.kind = ITEM_EXACT, .text = (char *)alphabet->exact[random_below(random, 3)]};
}

static Item make_word(Random *random, const Alphabet *alphabet)
{
        bool glob = random_below(random, 4) == 0;
        const char *word = glob ? PICK(random, alphabet->globs) : PICK(random, alphabet->exact);

        return (Item){.kind = glob ? ITEM_GLOB : ITEM_EXACT,
                .text = (char *)word,
                .has_tokens = strchr(word, '%') != NULL,
                .exclude = random_below(random, 8) == 0};
}

static Item make_special(Random *random, ConditionKind kind)
{
        static const Item vm_items[] = {
                ANY_VM, NO_VM, NOT_ANY_VM, VM_UUID(UUID_A), VM_UUID(UUID_B)};
        Item item;

        if (kind == CONDITION_VM)
                return PICK(random, vm_items);
        item = (Item){.kind = ITEM_NSS_GROUP, .text = (char *)PICK(random, nss_groups)};
        item.has_tokens = strchr(item.text, '%') != NULL;
        item.exclude = random_below(random, 3) == 0;
        return item;
}

/* An item for a condition of alphabets[which]. */
static Item make_item(Tables *tables, size_t which)
{
        const Alphabet *alphabet = &alphabets[which];
        size_t chance = random_below(&tables->random, 8);

        if (chance == 0)
                return (Item){.kind = ITEM_GROUP,
                        .members = &tables->groups[which][random_below(&tables->random, GROUPS)],
                        .exclude = random_below(&tables->random, 3) == 0};
        if (chance == 1 && (alphabet->kind == CONDITION_VM || alphabet->kind == CONDITION_USER))
                return make_special(&tables->random, alphabet->kind);
        return make_word(&tables->random, alphabet);
}

/* Mostly one or two, sometimes so many that service times VM is more than there are keys for. */
static size_t list_size(Random *random)
{
        return random_below(random, 8) ? 1 + random_below(random, 2) : 1 + random_below(random, 16);
}

static void make_groups(Tables *tables)
{
        for (size_t which = 0; which < sizeof(alphabets) / sizeof(alphabets[0]); which++)
                for (size_t g = 0; g < GROUPS; g++) {
                        ItemList *group = &tables->groups[which][g];
                        bool plain = random_below(&tables->random, 4) == 0;
                        bool uuids = random_below(&tables->random, 2);

                        *group = (ItemList){tables->members[which][g], list_size(&tables->random)};
                        for (size_t i = 0; i < group->count; i++)
                                group->items[i] =
                                        plain ? make_plain(
                                                        &tables->random, &alphabets[which], uuids)
                                              : make_word(&tables->random, &alphabets[which]);
                }
}

/* Half of the lists are of nothing but texts, or of nothing but UUIDs, or of both; some of these
 * have their words in groups of the file. */
static void make_list(Tables *tables, ItemList *list, size_t which)
{
        Random *random = &tables->random;
        bool plain = random_below(random, 2), uuids = random_below(random, 3) == 0;
        bool mixed = random_below(random, 8) == 0, grouped = random_below(random, 8) == 0;

        list->count = list_size(random);
        for (size_t i = 0; i < list->count; i++) {
                bool is_uuid = mixed ? random_below(random, 2) : uuids;

                list->items[i] = plain ? make_plain(random, &alphabets[which], is_uuid)
                                       : make_item(tables, which);
                if (plain && grouped)
                        list->items[i] = (Item){.kind = ITEM_GROUP,
                                .members = &tables->groups[which][random_below(random, GROUPS)]};
        }
}

static void make_peer(Random *random, ItemList *list)
{
        static const Item items[] = {UID(0), UID(1), NOT_UID(1), UNIT("a*"), NOT_UNIT("b")};

        list->count = 1;
        list->items[0] = PICK(random, items);
}

static void make_until(Random *random, ItemList *list)
{
        list->count = 1;
        list->items[0] = (Item){.kind = ITEM_DATE, .end = (time_t)random_below(random, 8)};
}

/* How often out of 16 a rule has a condition. */
static const size_t chances[CONDITION_KINDS] = {
        [CONDITION_SERVICE] = 10,
        [CONDITION_SOCKET] = 1,
        [CONDITION_UNTIL] = 1,
        [CONDITION_PEER] = 1,
        [CONDITION_VM] = 13,
        [CONDITION_REALM] = 3,
        [CONDITION_USER] = 10,
};

static void make_condition(Tables *tables, ItemList *list, ConditionKind kind)
{
        if (kind == CONDITION_PEER)
                make_peer(&tables->random, list);
        if (kind == CONDITION_UNTIL)
                make_until(&tables->random, list);
        for (size_t which = 0; which < sizeof(alphabets) / sizeof(alphabets[0]); which++)
                if (alphabets[which].kind == kind)
                        make_list(tables, list, which);
}

static void make_rule(Tables *tables, size_t at)
{
        Rule *rule = &tables->rules[at];

        *rule = (Rule){.conditions = tables->conditions[at]};
        rule->permit = random_below(&tables->random, 3) > 0;
        rule->number = (uint32_t)(at * 2 + 1 + random_below(&tables->random, 2));
        for (ConditionKind kind = 0; kind < CONDITION_KINDS; kind++) {
                Condition *condition = &tables->conditions[at][rule->condition_count];

                if (random_below(&tables->random, 16) >= chances[kind])
                        continue;
                *condition = (Condition){kind, {tables->items[at][rule->condition_count], 0}};
                make_condition(tables, &condition->list, kind);
                rule->condition_count++;
        }
}

static void make_table(Tables *tables, bool is_long)
{
        tables->count = is_long ? RULES_MAX : random_below(&tables->random, 12);
        make_groups(tables);
        for (size_t i = 0; i < tables->count; i++)
                make_rule(tables, i);
}

static VmFact make_vm(Random *random)
{
        VmFact vm = {VM_KNOWN, PICK(random, names), random_below(random, 2) ? UUID_A : UUID_B};

        switch (random_below(random, 10)) {
        case 0: return (VmFact){VM_UNDECIDED, NULL, NULL};
        case 1: return (VmFact){VM_UNDECIDED, vm.name, vm.uuid};
        case 2:
        case 3: return (VmFact){VM_NONE, NULL, NULL};
        case 4: return (VmFact){VM_KNOWN, NULL, vm.uuid};
        case 5: return (VmFact){VM_KNOWN, vm.name, NULL};
        default: return vm;
        }
}

/* A view of the word, sometimes with a NUL at its end. */
static Bytes make_bytes(Random *random, const char *word)
{
        return (Bytes){(const uint8_t *)word, strlen(word) + (random_below(random, 40) == 0)};
}

static Facts make_request(Random *random)
{
        return (Facts){.login = make_bytes(random, PICK(random, logins)),
                .realm = make_bytes(random, PICK(random, realms)),
                .service = make_bytes(random, PICK(random, services)),
                .socket = random_below(random, 2) ? "mux" : NULL,
                .uid_known = random_below(random, 8) > 0,
                .uid = (uid_t)random_below(random, 3),
                .unit_known = random_below(random, 8) > 0,
                .unit = random_below(random, 2) ? "a" : NULL,
                .vm = make_vm(random),
                .now = (time_t)random_below(random, 6),
                .is_member = answer_membership};
}

typedef enum Outcome {
        OUTCOME_PERMIT,
        OUTCOME_DENY,
        OUTCOME_UNDECIDED,
        OUTCOME_NO_RULE,
        OUTCOMES,
} Outcome;

static Outcome outcome_of(const Decision *decision)
{
        if (!decision->rule)
                return OUTCOME_NO_RULE;
        if (decision->value == TRI_UNDECIDED)
                return OUTCOME_UNDECIDED;
        return decision->rule->permit ? OUTCOME_PERMIT : OUTCOME_DENY;
}

/* Adds up the outcomes and returns whether both matchers say the same. */
static bool same_decision(
        const Tables *tables, const Ruleset *ruleset, const Facts *facts, unsigned *outcomes)
{
        Decision decision = ruleset_decide(ruleset, facts);
        Decision naive = naive_decide(tables->rules, tables->count, facts);

        outcomes[outcome_of(&naive)]++;
        return decision.rule == naive.rule && decision.value == naive.value &&
               decision.undecided == naive.undecided &&
               ruleset_blame_vm(ruleset, facts) ==
                       naive_blame_vm(tables->rules, tables->count, facts);
}

static void test_naive(void **state)
{
        static Tables tables = {.random = {SEED}};
        unsigned outcomes[OUTCOMES] = {0};

        (void)state;
        print_message("# seed %#llx\n", SEED);
        for (unsigned t = 0; t < TABLES; t++) {
                _cleanup_(free_ruleset) Ruleset *ruleset = NULL;

                make_table(&tables, t % LONG_TABLE == 0);
                ruleset = ruleset_new(tables.rules, tables.count);
                assert_non_null(ruleset);
                for (unsigned r = 0; r < REQUESTS; r++) {
                        Facts facts = make_request(&tables.random);

                        if (!same_decision(&tables, ruleset, &facts, outcomes))
                                fail_msg("seed %#llx, table %u, request %u", SEED, t, r);
                }
        }
        print_message("# %u permitted, %u denied, %u undecided, %u without a rule\n",
                outcomes[OUTCOME_PERMIT], outcomes[OUTCOME_DENY], outcomes[OUTCOME_UNDECIDED],
                outcomes[OUTCOME_NO_RULE]);
        for (Outcome outcome = 0; outcome < OUTCOMES; outcome++)
                assert_true(outcomes[outcome] * 100ull >= SHARE_MIN * TABLES * REQUESTS);
}

static Ruleset *new_ruleset(const Rule *rules, size_t count)
{
        Ruleset *ruleset = ruleset_new(rules, count);

        assert_non_null(ruleset);
        return ruleset;
}

static void test_no_rules(void **state)
{
        _cleanup_(free_ruleset) Ruleset *ruleset = new_ruleset(NULL, 0);
        Facts facts = {.vm = {VM_KNOWN, "a", NULL}};

        (void)state;
        assert_null(ruleset_decide(ruleset, &facts).rule);
        facts.vm.state = VM_UNDECIDED;
        assert_null(ruleset_decide(ruleset, &facts).rule);
        assert_null(ruleset_blame_vm(ruleset, &facts));
        assert_null(ruleset_free(NULL));
}

/* Rules of a key that stands in the list several times are evaluated, and looked up, once. */
static void test_looked_up_once(void **state)
{
        Item vms[] = {EXACT("a"), EXACT("a"), EXACT("b")}, users[] = {NSS("out-x")};
        Condition conditions[] = {{CONDITION_VM, {vms, 3}}, {CONDITION_USER, {users, 1}}};
        Rule rule = {.number = 1, .conditions = conditions, .condition_count = 2};
        _cleanup_(free_ruleset) Ruleset *ruleset = new_ruleset(&rule, 1);
        unsigned lookups = 0;
        Facts facts = {
                .vm = {VM_KNOWN, "a", NULL}, .is_member = answer_membership, .userdata = &lookups};

        (void)state;
        assert_null(ruleset_decide(ruleset, &facts).rule);
        assert_int_equal(lookups, 1);
        facts.vm = (VmFact){VM_NONE, NULL, NULL};
        assert_null(ruleset_decide(ruleset, &facts).rule);
        assert_int_equal(lookups, 1);
        assert_null(ruleset_blame_vm(ruleset, &facts));
        assert_int_equal(lookups, 1);
}

/* Only so many rules are looked at for the sake of a message. */
static void test_blame_bounded(void **state)
{
        static Rule rules[1001];
        Item any[] = {ANY_VM}, alice[] = {EXACT("alice")};
        Condition conditions[] = {{CONDITION_VM, {any, 1}}, {CONDITION_USER, {alice, 1}}};
        Facts facts = {.login = LIT("alice"), .vm = {VM_NONE, NULL, NULL}};

        (void)state;
        for (uint32_t i = 0; i < 1001; i++)
                rules[i] = (Rule){.number = i + 1, .conditions = conditions, .condition_count = 2};
        for (size_t permit = 999; permit <= 1000; permit++) {
                _cleanup_(free_ruleset) Ruleset *ruleset = new_ruleset(rules, 1001);

                rules[permit].permit = true;
                assert_ptr_equal(
                        ruleset_blame_vm(ruleset, &facts), permit == 999 ? &rules[permit] : NULL);
                rules[permit].permit = false;
        }
}

/* No request has such a name; a rule about login@realm cannot be told then, and must not be passed.
 */
static void test_too_long_a_name(void **state)
{
        static char login[3000];
        Item vms[] = {EXACT("a")}, users[] = {EXACT("u@r")};
        Condition conditions[] = {{CONDITION_VM, {vms, 1}}, {CONDITION_USER, {users, 1}}};
        Rule rule = {.number = 1, .conditions = conditions, .condition_count = 2};
        _cleanup_(free_ruleset) Ruleset *ruleset = new_ruleset(&rule, 1);
        Facts facts = {.login = {(const uint8_t *)login, sizeof(login)}};

        (void)state;
        assert_ptr_equal(ruleset_decide(ruleset, &facts).rule, &rule);
        facts.login.size = 1;
        assert_null(ruleset_decide(ruleset, &facts).rule);
}

typedef struct Many {
        size_t count;
        Rule rules[MANY];
        Condition conditions[MANY][3];
        Item vms[MANY], users[MANY];
        char texts[MANY][40];
} Many;

/* permit service=spice vm=VM user=VM, each of its own VM */
static void make_many(Many *many, ItemKind kind, size_t count)
{
        static Item spice[] = {EXACT("spice")};

        many->count = count;
        for (size_t i = 0; i < count; i++) {
                (void)snprintf(many->texts[i], sizeof(many->texts[i]), "%032zx", i);
                many->vms[i] = (Item){.kind = kind, .text = many->texts[i]};
                many->users[i] = (Item){.kind = ITEM_EXACT, .text = many->texts[i]};
                many->conditions[i][0] = (Condition){CONDITION_SERVICE, {spice, 1}};
                many->conditions[i][1] = (Condition){CONDITION_VM, {&many->vms[i], 1}};
                many->conditions[i][2] = (Condition){CONDITION_USER, {&many->users[i], 1}};
                many->rules[i] = (Rule){.number = (uint32_t)i + 1,
                        .permit = true,
                        .conditions = many->conditions[i],
                        .condition_count = 3};
        }
}

static uint64_t processor_nsec(void)
{
        struct timespec time;

        assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
        return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* What a decision by the last rule costs at least, of many tries. */
static uint64_t cost(const Many *many, const Facts *facts)
{
        _cleanup_(free_ruleset) Ruleset *ruleset = new_ruleset(many->rules, many->count);
        uint64_t least = UINT64_MAX;

        for (unsigned i = 0; i < 50; i++) {
                uint64_t start = processor_nsec(), took;

                assert_ptr_equal(
                        ruleset_decide(ruleset, facts).rule, &many->rules[many->count - 1]);
                took = processor_nsec() - start;
                least = took < least ? took : least;
        }
        return least;
}

typedef struct ManyRow {
        const char *name;
        ItemKind kind;
        VmState state;
        bool has_name, has_uuid;
} ManyRow;

static const ManyRow many_rows[] = {
        {"many rules by name", ITEM_EXACT, VM_KNOWN, true, true},
        {"many rules by name, no UUID known", ITEM_EXACT, VM_KNOWN, true, false},
        {"many rules by UUID", ITEM_UUID, VM_KNOWN, true, true},
        {"many rules by UUID, no name known", ITEM_UUID, VM_KNOWN, false, true},
        {"many rules by name, only a UUID known", ITEM_EXACT, VM_KNOWN, false, true},
        {"many rules by UUID, only a name known", ITEM_UUID, VM_KNOWN, true, false},
        {"many rules by name, VM could not be told", ITEM_EXACT, VM_UNDECIDED, false, false},
        {"many rules by UUID, VM could not be told", ITEM_UUID, VM_UNDECIDED, false, false},
};

/* Each rule that is looked at takes some ten nanoseconds: all of them some thousand times what few
 * take. */
static void test_many(void **state)
{
        static Many many;
        const ManyRow *row = *state;
        uint64_t costs[2];

        for (size_t i = 0; i < 2; i++) {
                const char *last;
                Facts facts;

                make_many(&many, row->kind, i == 0 ? 10 : MANY);
                last = many.texts[many.count - 1];
                facts = (Facts){.login = bytes_from_string(last),
                        .service = LIT("spice"),
                        .vm = {row->state, row->has_name ? last : NULL,
                                row->has_uuid ? last : NULL}};
                costs[i] = cost(&many, &facts);
        }
        assert_true(costs[1] < 100 * costs[0]);
}

int main(void)
{
        static Table table;

        table_add(&table, "no rules", test_no_rules, NULL);
        table_add(&table, "a group is asked once", test_looked_up_once, NULL);
        table_add(&table, "the blame is bounded", test_blame_bounded, NULL);
        table_add(&table, "too long a name", test_too_long_a_name, NULL);
        table_add_rows(&table, test_many, ROWS(many_rows));
        table_add(&table, "as a naive matcher says", test_naive, NULL);
        return table_run(&table, "ruleset");
}
