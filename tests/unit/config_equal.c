/* SPDX-License-Identifier: BSD-2-Clause */
#include "config_equal.h"

/* Returns from the calling function. */
#define SAME(condition)                                                                            \
        do {                                                                                       \
                if (!(condition))                                                                  \
                        return #condition;                                                         \
        } while (0)

/* Returns what a comparison returned, if it is a difference. */
#define SAME_PART(comparison)                                                                      \
        do {                                                                                       \
                const char *difference = (comparison);                                             \
                if (difference)                                                                    \
                        return difference;                                                         \
        } while (0)

static bool same_text(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *compare_values(const Item *a, const Item *b)
{
        switch (a->kind) {
        case ITEM_UID: SAME(a->uid == b->uid); break;
        case ITEM_DATE: SAME(a->end == b->end); break;
        case ITEM_NETWORK:
                SAME(a->network.prefix == b->network.prefix);
                SAME(memcmp(a->network.address, b->network.address, 16) == 0);
                break;
        default: break;
        }
        return NULL;
}

static const char *compare_lists(const ItemList *a, const ItemList *b)
{
        SAME(a->count == b->count);
        for (size_t i = 0; i < a->count; i++) {
                const Item *x = &a->items[i], *y = &b->items[i];

                SAME(x->kind == y->kind);
                SAME(x->exclude == y->exclude);
                SAME(x->quoted == y->quoted);
                SAME(x->has_tokens == y->has_tokens);
                SAME(same_text(x->text, y->text));
                SAME_PART(compare_values(x, y));
        }
        return NULL;
}

static const char *compare_listens(const ListenConfig *a, const ListenConfig *b)
{
        SAME((a->place.line > 0) == (b->place.line > 0));
        SAME(same_text(a->path, b->path));
        SAME(same_text(a->owner, b->owner));
        SAME(same_text(a->group, b->group));
        SAME(a->mode == b->mode);
        SAME(same_text(a->name, b->name));
        SAME(same_text(a->vm, b->vm));
        SAME(a->temporary == b->temporary);
        return compare_lists(&a->allow, &b->allow);
}

static const char *compare_backends(const BackendConfig *a, const BackendConfig *b)
{
        SAME((a->place.line > 0) == (b->place.line > 0));
        SAME(same_text(a->name, b->name));
        SAME(a->mechanism == b->mechanism);
        SAME(a->argument_count == b->argument_count);
        for (size_t i = 0; i < a->argument_count; i++)
                SAME(same_text(a->arguments[i], b->arguments[i]));
        SAME(a->argument_count == 0 ||
                (!a->arguments[a->argument_count] && !b->arguments[b->argument_count]));
        SAME(a->workers == b->workers);
        SAME(a->jobs_limit == b->jobs_limit);
        SAME(a->deadline_usec == b->deadline_usec);
        return NULL;
}

static const char *compare_groups(const GroupConfig *a, const GroupConfig *b)
{
        SAME(same_text(a->name, b->name));
        SAME_PART(compare_lists(&a->words, &b->words));
        for (ConditionKind kind = 0; kind < CONDITION_KINDS; kind++)
                if (a->is_read[kind] && b->is_read[kind])
                        SAME_PART(compare_lists(&a->members[kind], &b->members[kind]));
        return NULL;
}

static const char *compare_conditions(const Rule *a, const Rule *b)
{
        SAME(a->condition_count == b->condition_count);
        for (size_t i = 0; i < a->condition_count; i++) {
                SAME(a->conditions[i].kind == b->conditions[i].kind);
                SAME_PART(compare_lists(&a->conditions[i].list, &b->conditions[i].list));
        }
        return NULL;
}

static const char *compare_penalties(const Penalty *a, const Penalty *b)
{
        SAME(a->none == b->none);
        SAME(a->limits.after == b->limits.after);
        SAME(a->limits.every_usec == b->limits.every_usec);
        return compare_conditions(&a->rule, &b->rule);
}

static const char *compare_rules(const Rule *a, const Rule *b)
{
        SAME(a->number == b->number);
        SAME(a->permit == b->permit);
        SAME_PART(compare_conditions(a, b));
        SAME(a->backend_count == b->backend_count);
        for (size_t i = 0; i < a->backend_count; i++)
                SAME(a->backends[i] == b->backends[i]);
        SAME(same_text(a->as, b->as));
        SAME(same_text(a->as_realm, b->as_realm));
        SAME(same_text(a->reason, b->reason));
        SAME(a->next_if_unavailable == b->next_if_unavailable);
        SAME(a->temporary == b->temporary);
        SAME(a->cache_usec == b->cache_usec);
        SAME(a->deadline_usec == b->deadline_usec);
        return NULL;
}

static const char *compare_identities(const IdentityConfig *a, const IdentityConfig *b)
{
        SAME((a->place.line > 0) == (b->place.line > 0));
        for (unsigned i = 0; i < PEER_SOURCES; i++)
                SAME(a->sources[i] == b->sources[i]);
        SAME(a->socket == b->socket);
        SAME(a->uid_count == b->uid_count);
        for (size_t i = 0; i < a->uid_count; i++)
                SAME(a->uids[i] == b->uids[i]);
        return NULL;
}

const char *config_difference(const Config *a, const Config *b)
{
        SAME(a->listen_count == b->listen_count);
        for (size_t i = 0; i < a->listen_count; i++)
                SAME_PART(compare_listens(&a->listens[i], &b->listens[i]));
        SAME(a->backend_count == b->backend_count);
        for (size_t i = 0; i < a->backend_count; i++)
                SAME_PART(compare_backends(&a->backends[i], &b->backends[i]));
        SAME(a->identity_backend == b->identity_backend);
        SAME(a->groups_backend == b->groups_backend);
        SAME(a->group_count == b->group_count);
        for (size_t i = 0; i < a->group_count; i++)
                SAME_PART(compare_groups(a->groups[i], b->groups[i]));
        SAME(a->rule_count == b->rule_count);
        for (size_t i = 0; i < a->rule_count; i++)
                SAME_PART(compare_rules(&a->rules[i], &b->rules[i]));
        SAME(a->penalty_count == b->penalty_count);
        for (size_t i = 0; i < a->penalty_count; i++)
                SAME_PART(compare_penalties(&a->penalties[i], &b->penalties[i]));
        return compare_identities(&a->identity, &b->identity);
}
