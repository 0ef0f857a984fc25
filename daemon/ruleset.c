/* SPDX-License-Identifier: BSD-2-Clause */
#include "ruleset.h"

#include "daemon/rule_index.h"
#include "proto/request.h"

#include <stdlib.h>

#define KEYS_MAX   64u   /* a rule with more keys than that is kept in the list */
#define BLAMED_MAX 1000u /* rules that ruleset_blame_vm() looks at */
#define KEYS       2u /* a request has: (service, VM) and (any service, VM); or its user's names */

/* What a rule says its VM by. */
typedef enum By {
        BY_NAME,
        BY_UUID,
        BYS,
} By;

static const ItemKind by_items[BYS] = {[BY_NAME] = ITEM_EXACT, [BY_UUID] = ITEM_UUID};

/* Rules in their order. */
typedef struct RuleList {
        const Rule **rules;
        size_t count;
} RuleList;

/* The rules whose vm= is nothing but names, or nothing but UUIDs. Where the asker's is known, those
 * of its key are looked at: the others are false. Where it is not, all of them are undecided, but
 * for those that are false by the user, and may end the search. */
typedef struct VmRules {
        RuleIndex by_vm;   /* by service and VM */
        RuleIndex by_user; /* by the user, if user= is nothing but names */
        RuleList others;   /* if it is not */
} VmRules;

struct Ruleset {
        const Rule *rules;
        size_t count;
        VmRules vm_rules[BYS];
        RuleList rest; /* all other rules */
};

/* The values of a list of nothing but plain texts. */
typedef struct Words {
        const char *words[KEYS_MAX];
        size_t count; /* 0: it is another list, or too long */
} Words;

typedef struct RuleKeys {
        By by; /* BYS: the rule is among the rest */
        Words services;
        Words vms;
        Words users;
} RuleKeys;

static bool collect_words(const ItemList *list, ItemKind kind, Words *words)
{
        for (size_t i = 0; i < list->count; i++) {
                const Item *item = &list->items[i];

                if (item->exclude)
                        return false;
                if (item->kind == ITEM_GROUP) {
                        if (!collect_words(item->members, kind, words))
                                return false;
                        continue;
                }
                if (item->kind != kind || item->has_tokens || words->count == KEYS_MAX)
                        return false;
                words->words[words->count++] = item->text;
        }
        return words->count > 0;
}

static bool find_words(const Rule *rule, ConditionKind condition, ItemKind item, Words *words)
{
        const Condition *found = rule_condition(rule, condition);

        words->count = 0;
        if (found && collect_words(&found->list, item, words))
                return true;
        words->count = 0;
        return false;
}

static void find_keys(const Rule *rule, RuleKeys *keys)
{
        keys->by = BY_NAME;
        while (keys->by < BYS && !find_words(rule, CONDITION_VM, by_items[keys->by], &keys->vms))
                keys->by++;
        (void)find_words(rule, CONDITION_USER, ITEM_EXACT, &keys->users);
        /* under "any service" it is looked at for each, which is never wrong */
        if (!find_words(rule, CONDITION_SERVICE, ITEM_EXACT, &keys->services) ||
                keys->services.count * keys->vms.count > KEYS_MAX)
                keys->services = (Words){{NULL}, 1};
}

/* service is NULL for rules that name none. */
static uint64_t hash_vm(const Bytes *service, const char *vm)
{
        uint64_t hash = service ? rule_hash(RULE_HASH_START, *service) : 0;

        return rule_hash(rule_hash(hash, (Bytes){(const uint8_t *)"", 1}), bytes_from_string(vm));
}

static void add_by_vm(RuleIndex *index, const Rule *rule, const RuleKeys *keys)
{
        for (size_t s = 0; s < keys->services.count; s++)
                for (size_t v = 0; v < keys->vms.count; v++) {
                        Bytes service = bytes_from_string(keys->services.words[s]);

                        rule_index_add(index,
                                hash_vm(service.data ? &service : NULL, keys->vms.words[v]), rule);
                }
}

static void add_by_user(RuleIndex *index, const Rule *rule, const Words *users)
{
        for (size_t u = 0; u < users->count; u++)
                rule_index_add(index,
                        rule_hash(RULE_HASH_START, bytes_from_string(users->words[u])), rule);
}

/* Fills a list from its end. */
static void add_to_list(RuleList *list, size_t *free_places, const Rule *rule)
{
        list->rules[--*free_places] = rule;
}

/* How many entries and places the rules take. */
typedef struct Sizes {
        size_t by_vm[BYS], by_user[BYS], others[BYS], rest;
} Sizes;

static Sizes count_sizes(const Rule *rules, size_t count)
{
        Sizes sizes = {.rest = 0};
        RuleKeys keys;

        for (size_t i = 0; i < count; i++) {
                find_keys(&rules[i], &keys);
                if (keys.by == BYS) {
                        sizes.rest++;
                        continue;
                }
                sizes.by_vm[keys.by] += keys.services.count * keys.vms.count;
                sizes.by_user[keys.by] += keys.users.count;
                sizes.others[keys.by] += keys.users.count == 0;
        }
        return sizes;
}

static bool list_init(RuleList *list, size_t count)
{
        *list = (RuleList){calloc(count + 1, sizeof(*list->rules)), count};
        return list->rules != NULL;
}

static bool allocate(Ruleset *ruleset, const Sizes *sizes)
{
        bool good = list_init(&ruleset->rest, sizes->rest);

        for (By by = 0; by < BYS; by++) {
                VmRules *vm_rules = &ruleset->vm_rules[by];

                good &= rule_index_init(&vm_rules->by_vm, sizes->by_vm[by]);
                good &= rule_index_init(&vm_rules->by_user, sizes->by_user[by]);
                good &= list_init(&vm_rules->others, sizes->others[by]);
        }
        return good;
}

/* From the last rule to the first; sizes say how much of the lists is free. */
static void fill(Ruleset *ruleset, Sizes sizes)
{
        RuleKeys keys;

        for (size_t i = ruleset->count; i > 0; i--) {
                const Rule *rule = &ruleset->rules[i - 1];
                VmRules *vm_rules;

                find_keys(rule, &keys);
                if (keys.by == BYS) {
                        add_to_list(&ruleset->rest, &sizes.rest, rule);
                        continue;
                }
                vm_rules = &ruleset->vm_rules[keys.by];
                add_by_vm(&vm_rules->by_vm, rule, &keys);
                add_by_user(&vm_rules->by_user, rule, &keys.users);
                if (keys.users.count == 0)
                        add_to_list(&vm_rules->others, &sizes.others[keys.by], rule);
        }
}

Ruleset *ruleset_new(const Rule *rules, size_t count)
{
        Ruleset *ruleset = calloc(1, sizeof(*ruleset));
        Sizes sizes = count_sizes(rules, count);

        if (!ruleset)
                return NULL;
        ruleset->rules = rules;
        ruleset->count = count;
        if (!allocate(ruleset, &sizes))
                return ruleset_free(ruleset);
        fill(ruleset, sizes);
        return ruleset;
}

Ruleset *ruleset_free(Ruleset *ruleset)
{
        if (!ruleset)
                return NULL;
        for (By by = 0; by < BYS; by++) {
                rule_index_deinit(&ruleset->vm_rules[by].by_vm);
                rule_index_deinit(&ruleset->vm_rules[by].by_user);
                free(ruleset->vm_rules[by].others.rules);
        }
        free(ruleset->rest.rules);
        free(ruleset);
        return NULL;
}

/* Whether the rule decides. */
static bool decides(const Rule *rule, const Facts *facts, Decision *decision)
{
        RuleValue value = rule_match(rule, facts);

        if (value.value == TRI_FALSE)
                return false;
        *decision = (Decision){rule, value.value, value.undecided};
        return true;
}

/* Where the search stands: the next rule in each list, and in each bucket that is the request's. */
typedef struct Search {
        RuleList lists[BYS + 1];
        const RuleEntry *chains[BYS * KEYS];
} Search;

static const Rule *earlier(const Rule *a, const Rule *b)
{
        return !b || a->number < b->number ? a : b;
}

/* The next rule in the order of the configuration, once each, or NULL. */
static const Rule *search_next(Search *search)
{
        const RuleEntry **chains = search->chains;
        const Rule *rule = NULL;

        for (size_t i = 0; i < BYS + 1; i++)
                if (search->lists[i].count > 0)
                        rule = earlier(search->lists[i].rules[0], rule);
        for (size_t i = 0; i < BYS * KEYS; i++)
                if (chains[i])
                        rule = earlier(chains[i]->rule, rule);
        for (size_t i = 0; i < BYS + 1; i++)
                if (search->lists[i].count > 0 && search->lists[i].rules[0] == rule)
                        search->lists[i] =
                                (RuleList){search->lists[i].rules + 1, search->lists[i].count - 1};
        for (size_t i = 0; i < BYS * KEYS; i++)
                while (chains[i] && chains[i]->rule == rule)
                        chains[i] = chains[i]->next;
        return rule;
}

/* A user's words are compared with the login, or with login@realm. */
static void find_by_user(
        const VmRules *vm_rules, const Facts *facts, const RuleEntry *chains[static KEYS])
{
        uint64_t login = rule_hash(RULE_HASH_START, facts->login);
        uint64_t at = rule_hash(login, bytes_from_string("@"));

        chains[0] = rule_index_find(&vm_rules->by_user, login);
        chains[1] = rule_index_find(&vm_rules->by_user, rule_hash(at, facts->realm));
}

static void find_by_vm(const VmRules *vm_rules, const Facts *facts, const char *vm,
        const RuleEntry *chains[static KEYS])
{
        chains[0] = rule_index_find(&vm_rules->by_vm, hash_vm(&facts->service, vm));
        chains[1] = rule_index_find(&vm_rules->by_vm, hash_vm(NULL, vm));
}

/* They are all false for somebody who is known to be no VM. */
static void search_vm_rules(
        Search *search, By by, const VmRules *vm_rules, const Facts *facts, const char *vm)
{
        if (vm_rules->by_vm.count == 0)
                return;
        if (facts->vm.state == VM_KNOWN && vm) {
                find_by_vm(vm_rules, facts, vm, &search->chains[by * KEYS]);
        } else if (facts->vm.state != VM_NONE) {
                find_by_user(vm_rules, facts, &search->chains[by * KEYS]);
                search->lists[by] = vm_rules->others;
        }
}

static Decision decide_searching(const Ruleset *ruleset, const Facts *facts)
{
        Search search = {.lists = {[BYS] = ruleset->rest}};
        Decision decision = {NULL, TRI_FALSE, NULL};
        const Rule *rule;

        search_vm_rules(&search, BY_NAME, &ruleset->vm_rules[BY_NAME], facts, facts->vm.name);
        search_vm_rules(&search, BY_UUID, &ruleset->vm_rules[BY_UUID], facts, facts->vm.uuid);
        while ((rule = search_next(&search)) && !decides(rule, facts, &decision))
                ;
        return decision;
}

static Decision decide_in_order(const Ruleset *ruleset, const Facts *facts)
{
        Decision decision = {NULL, TRI_FALSE, NULL};

        for (size_t i = 0; i < ruleset->count && !decides(&ruleset->rules[i], facts, &decision);
                i++)
                ;
        return decision;
}

/* A name that no request can have may be too long to be compared: then it cannot be told what the
 * words are that it is not equal to. */
Decision ruleset_decide(const Ruleset *ruleset, const Facts *facts)
{
        if (facts->login.size > MUX_NAME_MAX || facts->realm.size > MUX_NAME_MAX)
                return decide_in_order(ruleset, facts);
        return decide_searching(ruleset, facts);
}

static Tri nobody_is_asked(void *userdata, Bytes login, int backend, const char *group)
{
        (void)userdata;
        (void)login;
        (void)backend;
        (void)group;
        return TRI_UNDECIDED;
}

static bool fails_only_on_vm(const Rule *rule, const Facts *facts)
{
        if (!rule->permit || !rule_condition(rule, CONDITION_VM))
                return false;
        for (size_t i = 0; i < rule->condition_count; i++)
                if (rule->conditions[i].kind != CONDITION_VM &&
                        condition_match(&rule->conditions[i], facts) != TRI_TRUE)
                        return false;
        return true;
}

const Rule *ruleset_blame_vm(const Ruleset *ruleset, const Facts *facts)
{
        Facts asking_nobody = *facts;

        asking_nobody.is_member = nobody_is_asked;
        for (size_t i = 0; i < ruleset->count && i < BLAMED_MAX; i++)
                if (fails_only_on_vm(&ruleset->rules[i], &asking_nobody))
                        return &ruleset->rules[i];
        return NULL;
}
