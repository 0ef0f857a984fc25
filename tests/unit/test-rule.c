/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/rule.h"

#include "rules.h"

#define CONDITIONS_MAX 3

/* Conditions that are true, undecided or false for the facts below. */
static const ItemList spice = {(Item[]){EXACT("spice")}, 1};
static const ItemList imap = {(Item[]){EXACT("imap")}, 1};
static const ItemList root = {(Item[]){UID(0)}, 1};
static const ItemList any_vm = {(Item[]){ANY_VM}, 1};
static const ItemList alice = {(Item[]){EXACT("alice")}, 1};
static const ItemList in_group = {(Item[]){NSS("in-kvm")}, 1};
static const ItemList out_group = {(Item[]){NSS("out-kvm")}, 1};
static const ItemList any_group = {(Item[]){NSS("kvm")}, 1};
static const ItemList alice_or_group = {(Item[]){NSS("in-kvm"), EXACT("alice")}, 2};
static const ItemList but_alice = {(Item[]){NSS("in-kvm"), NOT_EXACT("alice")}, 2};

static const Facts request = {
        .login = LIT("alice"), .service = LIT("spice"), .vm = {VM_UNDECIDED, NULL, NULL}};

typedef struct Part {
        ConditionKind kind;
        const ItemList *list;
} Part;

#define SPICE                                                                                      \
        {                                                                                          \
                CONDITION_SERVICE, &spice                                                          \
        } /* true */
#define IMAP                                                                                       \
        {                                                                                          \
                CONDITION_SERVICE, &imap                                                           \
        } /* false */
#define ROOT                                                                                       \
        {                                                                                          \
                CONDITION_PEER, &root                                                              \
        } /* undecided */
#define VM                                                                                         \
        {                                                                                          \
                CONDITION_VM, &any_vm                                                              \
        } /* undecided */
#define ALICE                                                                                      \
        {                                                                                          \
                CONDITION_USER, &alice                                                             \
        } /* true */
#define IN_GROUP                                                                                   \
        {                                                                                          \
                CONDITION_USER, &in_group                                                          \
        } /* true, after a look-up */
#define OUT_GROUP                                                                                  \
        {                                                                                          \
                CONDITION_USER, &out_group                                                         \
        } /* false, after a look-up */
#define SOME_GROUP                                                                                 \
        {                                                                                          \
                CONDITION_USER, &any_group                                                         \
        } /* undecided, after a look-up */
#define ALICE_OR_GROUP                                                                             \
        {                                                                                          \
                CONDITION_USER, &alice_or_group                                                    \
        } /* true without a look-up */
#define BUT_ALICE                                                                                  \
        {                                                                                          \
                CONDITION_USER, &but_alice                                                         \
        } /* false without a look-up */
#define NOBODY CONDITION_KINDS

typedef struct Row {
        const char *name;
        Part parts[CONDITIONS_MAX];
        size_t count;
        Tri value;
        ConditionKind undecided;
        unsigned lookups;
} Row;

static const Row rows[] = {
        {"no condition", {{0}}, 0, TRI_TRUE, NOBODY, 0},
        {"true", {SPICE}, 1, TRI_TRUE, NOBODY, 0},
        {"false", {IMAP}, 1, TRI_FALSE, NOBODY, 0},
        {"undecided", {VM}, 1, TRI_UNDECIDED, CONDITION_VM, 0},
        {"true and true", {SPICE, ALICE}, 2, TRI_TRUE, NOBODY, 0},
        {"true and undecided", {SPICE, VM}, 2, TRI_UNDECIDED, CONDITION_VM, 0},
        {"true, undecided, true", {SPICE, VM, ALICE}, 3, TRI_UNDECIDED, CONDITION_VM, 0},
        {"false and undecided", {IMAP, VM}, 2, TRI_FALSE, NOBODY, 0},
        {"undecided and false", {VM, BUT_ALICE}, 2, TRI_FALSE, NOBODY, 0},
        {"the first undecided is blamed", {ROOT, VM}, 2, TRI_UNDECIDED, CONDITION_PEER, 0},
        {"a look-up where all else holds", {SPICE, IN_GROUP}, 2, TRI_TRUE, NOBODY, 1},
        {"a look-up says no", {SPICE, OUT_GROUP}, 2, TRI_FALSE, NOBODY, 1},
        {"a look-up fails", {SPICE, SOME_GROUP}, 2, TRI_UNDECIDED, CONDITION_USER, 1},
        {"no look-up where something fails", {IMAP, IN_GROUP}, 2, TRI_FALSE, NOBODY, 0},
        {"a look-up says no where else is undecided", {VM, OUT_GROUP}, 2, TRI_FALSE, NOBODY, 1},
        {"a look-up says yes where else is undecided", {VM, IN_GROUP}, 2, TRI_UNDECIDED,
                CONDITION_VM, 1},
        {"a look-up fails where else is undecided", {VM, SOME_GROUP}, 2, TRI_UNDECIDED,
                CONDITION_VM, 1},
        {"no look-up for whom a name lets in", {SPICE, ALICE_OR_GROUP}, 2, TRI_TRUE, NOBODY, 0},
        {"no look-up for whom a name keeps out", {SPICE, BUT_ALICE}, 2, TRI_FALSE, NOBODY, 0},
        /* no parser puts them in this order: look-ups are last all the same, and the blame is in
         * the order of the file */
        {"a look-up written first", {IN_GROUP, IMAP}, 2, TRI_FALSE, NOBODY, 0},
        {"a look-up written first is blamed first", {SOME_GROUP, VM}, 2, TRI_UNDECIDED,
                CONDITION_USER, 1},
};

static void test_match(void **state)
{
        const Row *row = *state;
        Condition conditions[CONDITIONS_MAX];
        Rule rule = {.conditions = conditions, .condition_count = row->count};
        unsigned lookups = 0;
        Facts facts = request;
        RuleValue value;

        for (size_t i = 0; i < row->count; i++)
                conditions[i] = (Condition){row->parts[i].kind, *row->parts[i].list};
        facts.is_member = answer_membership;
        facts.userdata = &lookups;
        value = rule_match(&rule, &facts);
        assert_int_equal(value.value, row->value);
        assert_int_equal(lookups, row->lookups);
        if (row->undecided == NOBODY)
                assert_null(value.undecided);
        else
                assert_int_equal(value.undecided->kind, row->undecided);
}

static void test_condition(void **state)
{
        Condition conditions[] = {{CONDITION_SERVICE, spice}, {CONDITION_USER, alice}};
        Rule rule = {.conditions = conditions, .condition_count = 2};

        (void)state;
        assert_ptr_equal(rule_condition(&rule, CONDITION_SERVICE), &conditions[0]);
        assert_ptr_equal(rule_condition(&rule, CONDITION_USER), &conditions[1]);
        assert_null(rule_condition(&rule, CONDITION_VM));
}

static void test_deinit(void **state)
{
        Rule rule = {.conditions = calloc(1, sizeof(Condition)), .condition_count = 1};

        (void)state;
        assert_non_null(rule.conditions);
        rule.conditions[0].list = (ItemList){calloc(1, sizeof(Item)), 1};
        rule.conditions[0].list.items[0].text = strdup("text");
        rule.backends = calloc(2, sizeof(*rule.backends));
        rule.as = strdup("%u");
        rule.as_realm = strdup("%v");
        rule.reason = strdup("left");
        rule_deinit(&rule);
        assert_null(rule.conditions);
        assert_int_equal(rule.condition_count, 0);
}

/* The nine values of each operation (Kleene 1952, section 64). */
static void test_tri(void **state)
{
        static const Tri and[3][3] = {{TRI_FALSE, TRI_FALSE, TRI_FALSE},
                {TRI_FALSE, TRI_UNDECIDED, TRI_UNDECIDED}, {TRI_FALSE, TRI_UNDECIDED, TRI_TRUE}};

        (void)state;
        for (Tri a = TRI_FALSE; a <= TRI_TRUE; a++)
                for (Tri b = TRI_FALSE; b <= TRI_TRUE; b++) {
                        assert_int_equal(tri_and(a, b), and[a][b]);
                        assert_int_equal(tri_not(tri_or(tri_not(a), tri_not(b))), and[a][b]);
                }
        assert_int_equal(tri_not(TRI_TRUE), TRI_FALSE);
        assert_int_equal(tri_not(TRI_UNDECIDED), TRI_UNDECIDED);
}

int main(void)
{
        static Table table;

        table_add(&table, "Kleene's values", test_tri, NULL);
        table_add_rows(&table, test_match, ROWS(rows));
        table_add(&table, "a condition by its kind", test_condition, NULL);
        table_add(&table, "deinit", test_deinit, NULL);
        return table_run(&table, "rule");
}
