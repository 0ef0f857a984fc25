/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* RuleIndex: rules by the hash of a key, each under as many as it has. The keys are the
 * configuration's and not the clients', so nobody can choose them to collide, and the hash needs no
 * secret. */

#include "daemon/rule.h"

/* A rule under one of its keys. A bucket may hold rules of several keys: those of another than the
 * one that is looked for are false, so the key itself is not kept. */
typedef struct RuleEntry {
        const Rule *rule;
        const struct RuleEntry *next; /* of the same bucket, no earlier a rule */
} RuleEntry;

typedef struct RuleIndex {
        RuleEntry *entries;
        size_t count;
        const RuleEntry **buckets;
        size_t mask; /* number of buckets, a power of two, less 1 */
} RuleIndex;

/* The hash of nothing, and with more bytes behind it. */
#define RULE_HASH_START 0xcbf29ce484222325u /* FNV-1a, 64 bits */

uint64_t rule_hash(uint64_t hash, Bytes bytes);

/* Makes room for so many entries. Returns false without memory. Free with rule_index_deinit(). */
bool rule_index_init(RuleIndex *index, size_t entries);
void rule_index_deinit(RuleIndex *index);

/* Adds a rule, from the last one to the first, and what it is found by. */
void rule_index_add(RuleIndex *index, uint64_t hash, const Rule *rule);

/* The first of the rules among which are all that were added by that hash, or NULL. */
const RuleEntry *rule_index_find(const RuleIndex *index, uint64_t hash);
