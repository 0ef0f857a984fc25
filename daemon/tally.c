/* SPDX-License-Identifier: BSD-2-Clause */
#include "tally.h"

#include <stdlib.h>

void tally_deinit(Tally *tally)
{
        TallyEntry *entry, *next;

        HASH_ITER(hh, tally->by_name, entry, next)
        {
                HASH_DEL(tally->by_name, entry);
                free(entry);
        }
}

static TallyEntry *find(const Tally *tally, Bytes name)
{
        TallyEntry *entry;

        HASH_FIND(hh, tally->by_name, name.data, name.size, entry);
        return entry;
}

static TallyEntry *add(Tally *tally, Bytes name)
{
        TallyEntry *entry = calloc(1, sizeof(*entry) + name.size + 1);

        if (!entry)
                return NULL;
        if (name.size > 0)
                memcpy(entry->name, name.data, name.size);
        entry->name_size = name.size;
        HASH_ADD_KEYPTR(hh, tally->by_name, entry->name, entry->name_size, entry);
        return entry;
}

void tally_count(Tally *tally, Bytes name, Result result)
{
        TallyEntry *entry = find(tally, name);

        if (!entry && HASH_COUNT(tally->by_name) >= TALLY_MAX) {
                name = bytes_from_string(TALLY_OTHER);
                entry = find(tally, name);
        }
        if (!entry)
                entry = add(tally, name);
        if (entry)
                entry->results[result]++;
}
