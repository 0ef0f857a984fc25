/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule_index.h"

#include <stdlib.h>

#define HASH_PRIME 0x100000001b3u /* FNV-1a, 64 bits */

uint64_t rule_hash(uint64_t hash, Bytes bytes)
{
        for (size_t i = 0; i < bytes.size; i++)
                hash = (hash ^ bytes.data[i]) * HASH_PRIME;
        return hash;
}

bool rule_index_init(RuleIndex *index, size_t entries)
{
        size_t buckets = 1;

        while (buckets < entries)
                buckets *= 2;
        *index = (RuleIndex){
                .entries = calloc(entries + 1, sizeof(*index->entries)),
                .buckets = calloc(buckets, sizeof(*index->buckets)),
                .mask = buckets - 1,
        };
        return index->entries && index->buckets;
}

void rule_index_deinit(RuleIndex *index)
{
        free(index->entries);
        free(index->buckets);
        *index = (RuleIndex){};
}

static const RuleEntry **find_bucket(const RuleIndex *index, uint64_t hash)
{
        return &index->buckets[(hash ^ hash >> 32) & index->mask];
}

void rule_index_add(RuleIndex *index, uint64_t hash, const Rule *rule)
{
        const RuleEntry **bucket = find_bucket(index, hash);
        RuleEntry *entry = &index->entries[index->count++];

        *entry = (RuleEntry){rule, *bucket};
        *bucket = entry;
}

const RuleEntry *rule_index_find(const RuleIndex *index, uint64_t hash)
{
        return *find_bucket(index, hash);
}
