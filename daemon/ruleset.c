/* SPDX-License-Identifier: BSD-2-Clause */
#include "ruleset.h"

#include <stdlib.h>

#define KEYS_MAX    64u                 /* a rule with more keys than that is kept in the list */
#define BLAMED_MAX  1000u               /* rules that ruleset_blame_vm() looks at */
#define CHAINS      2u                  /* those of (service, VM) and (any service, VM) */
#define HASH_OFFSET 0xcbf29ce484222325u /* FNV-1a, 64 bits */
#define HASH_PRIME  0x100000001b3u
#define HASH_ANY    1u /* in place of the hash of a service */

/* A rule under one of its keys. A bucket may hold rules of several keys: those of another than the
 * request's are false, so the key itself is not kept. The keys are the configuration's and not the
 * clients', so nobody can choose them to collide, and the hash needs no secret. */
typedef struct Entry {
        const Rule *rule;
        const struct Entry *next; /* of the same bucket, no earlier a rule */
} Entry;

struct Ruleset {
        const Rule *rules;
        size_t count;
        const Rule **rest; /* those that are in no bucket, in their order */
        size_t rest_count;
        Entry *entries;
        size_t entry_count;
        const Entry **buckets;
        size_t mask; /* number of buckets, a power of two, less 1 */
};

/* The values of a list of nothing but exact texts. */
typedef struct Words {
        const char *words[KEYS_MAX];
        size_t count;
} Words;

typedef struct RuleKeys {
        Words services;
        Words vms;
} RuleKeys;

static uint64_t hash_bytes(uint64_t hash, Bytes bytes)
{
        for (size_t i = 0; i < bytes.size; i++)
                hash = (hash ^ bytes.data[i]) * HASH_PRIME;
        return hash;
}

/* The bucket of the rules for a service, NULL for those that name none, and a VM. */
static const Entry **find_bucket(const Ruleset *ruleset, const Bytes *service, const char *vm)
{
        uint64_t hash = service ? hash_bytes(HASH_OFFSET, *service) : HASH_ANY;

        hash = hash_bytes(hash * HASH_PRIME, bytes_from_string(vm));
        return &ruleset->buckets[(hash ^ hash >> 32) & ruleset->mask];
}

static bool collect_words(const ItemList *list, Words *words)
{
        for (size_t i = 0; i < list->count; i++) {
                const Item *item = &list->items[i];

                if (item->exclude)
                        return false;
                if (item->kind == ITEM_GROUP) {
                        if (!collect_words(item->members, words))
                                return false;
                        continue;
                }
                if (item->kind != ITEM_EXACT || item->has_tokens || words->count == KEYS_MAX)
                        return false;
                words->words[words->count++] = item->text;
        }
        return words->count > 0;
}

/* Whether the rule goes into buckets, and the keys under which. */
static bool rule_keys(const Rule *rule, RuleKeys *keys)
{
        const Condition *service = rule_condition(rule, CONDITION_SERVICE);
        const Condition *vm = rule_condition(rule, CONDITION_VM);

        keys->services.count = keys->vms.count = 0;
        if (!vm || !collect_words(&vm->list, &keys->vms))
                return false;
        if (!service)
                keys->services.words[keys->services.count++] = NULL;
        else if (!collect_words(&service->list, &keys->services))
                return false;
        return keys->services.count * keys->vms.count <= KEYS_MAX;
}

static void add_entry(Ruleset *ruleset, const Rule *rule, const char *service, const char *vm)
{
        Bytes name = bytes_from_string(service);
        const Entry **bucket = find_bucket(ruleset, service ? &name : NULL, vm);
        Entry *entry = &ruleset->entries[ruleset->entry_count++];

        *entry = (Entry){rule, *bucket};
        *bucket = entry;
}

static void add_entries(Ruleset *ruleset, const Rule *rule, const RuleKeys *keys)
{
        for (size_t s = 0; s < keys->services.count; s++)
                for (size_t v = 0; v < keys->vms.count; v++)
                        add_entry(ruleset, rule, keys->services.words[s], keys->vms.words[v]);
}

static bool allocate(Ruleset *ruleset, size_t entries, size_t rest)
{
        size_t buckets = 1;

        while (buckets < entries)
                buckets *= 2;
        ruleset->mask = buckets - 1;
        ruleset->buckets = calloc(buckets, sizeof(*ruleset->buckets));
        ruleset->entries = calloc(entries + 1, sizeof(*ruleset->entries));
        ruleset->rest = calloc(rest + 1, sizeof(*ruleset->rest));
        return ruleset->buckets && ruleset->entries && ruleset->rest;
}

/* From the last rule to the first, each before the others of its bucket. */
static void fill(Ruleset *ruleset, size_t rest)
{
        RuleKeys keys;

        ruleset->rest_count = rest;
        for (size_t i = ruleset->count; i > 0; i--) {
                const Rule *rule = &ruleset->rules[i - 1];

                if (rule_keys(rule, &keys))
                        add_entries(ruleset, rule, &keys);
                else
                        ruleset->rest[--rest] = rule;
        }
}

Ruleset *ruleset_new(const Rule *rules, size_t count)
{
        Ruleset *ruleset = calloc(1, sizeof(*ruleset));
        size_t entries = 0, rest = 0;
        RuleKeys keys;

        if (!ruleset)
                return NULL;
        for (size_t i = 0; i < count; i++)
                if (rule_keys(&rules[i], &keys))
                        entries += keys.services.count * keys.vms.count;
                else
                        rest++;
        ruleset->rules = rules;
        ruleset->count = count;
        if (!allocate(ruleset, entries, rest))
                return ruleset_free(ruleset);
        fill(ruleset, rest);
        return ruleset;
}

Ruleset *ruleset_free(Ruleset *ruleset)
{
        if (!ruleset)
                return NULL;
        free(ruleset->buckets);
        free(ruleset->entries);
        free(ruleset->rest);
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

/* Where the search stands: the next rule in the list, and in each bucket that is the request's. */
typedef struct Search {
        const Rule **rest, **rest_end;
        const Entry *chains[CHAINS];
} Search;

static const Rule *earlier(const Rule *a, const Rule *b)
{
        return a && a->number < b->number ? a : b;
}

/* The next rule in the order of the configuration, once each, or NULL. */
static const Rule *search_next(Search *search)
{
        const Rule *rule = search->rest < search->rest_end ? *search->rest : NULL;

        for (size_t i = 0; i < CHAINS; i++)
                if (search->chains[i])
                        rule = earlier(rule, search->chains[i]->rule);
        if (search->rest < search->rest_end && *search->rest == rule)
                search->rest++;
        for (size_t i = 0; i < CHAINS; i++)
                while (search->chains[i] && search->chains[i]->rule == rule)
                        search->chains[i] = search->chains[i]->next;
        return rule;
}

static Decision decide_searching(const Ruleset *ruleset, const Facts *facts)
{
        Search search = {.rest = ruleset->rest, .rest_end = ruleset->rest + ruleset->rest_count};
        Decision decision = {NULL, TRI_FALSE, NULL};
        const Rule *rule;

        if (facts->vm.state == VM_KNOWN) {
                search.chains[0] = *find_bucket(ruleset, &facts->service, facts->vm.name);
                search.chains[1] = *find_bucket(ruleset, NULL, facts->vm.name);
        }
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

/* Rules in buckets are false for everybody who is known to be no VM, or one of another name. Where
 * that is not known they are undecided, and may end the search. */
Decision ruleset_decide(const Ruleset *ruleset, const Facts *facts)
{
        bool named = facts->vm.state == VM_KNOWN && facts->vm.name;

        if (named || facts->vm.state == VM_NONE)
                return decide_searching(ruleset, facts);
        return decide_in_order(ruleset, facts);
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
