/* SPDX-License-Identifier: BSD-2-Clause */
#include "tally.h"

#include <stdatomic.h>
#include <string.h>

/*
 * During a reload two fronts write, and one that is killed may leave an entry half written, which
 * is then lost. A name's size is bounded each time it is used.
 */
enum {
        ENTRY_FREE,
        ENTRY_TAKEN, /* its name is being written */
        ENTRY_NAMED,
};

static Bytes name_of(const TallyEntry *entry)
{
        size_t size = entry->name_size;

        return (Bytes){entry->name, size < TALLY_NAME_MAX ? size : TALLY_NAME_MAX};
}

/* Takes a free entry for that name. Returns false if it is not free. */
static bool take(TallyEntry *entry, Bytes name)
{
        uint32_t free_state = ENTRY_FREE;

        if (atomic_load(&entry->state) != ENTRY_FREE || /* the usual case, and cheap */
                !atomic_compare_exchange_strong(&entry->state, &free_state, ENTRY_TAKEN))
                return false;
        entry->name_size = (uint32_t)name.size;
        if (name.size > 0)
                memcpy(entry->name, name.data, name.size);
        atomic_store(&entry->state, ENTRY_NAMED);
        return true;
}

static bool has_name(const TallyEntry *entry, Bytes name)
{
        return atomic_load(&entry->state) == ENTRY_NAMED && bytes_equal(name_of(entry), name);
}

/* The entry of a name, in which there is room for it, or that of all others. */
static TallyEntry *find(Tally *tally, Bytes name)
{
        TallyEntry *other = &tally->entries[TALLY_MAX];
        const Bytes other_name = bytes_from_string(TALLY_OTHER);

        for (size_t i = 0; i < TALLY_MAX && !bytes_equal(name, other_name); i++)
                if (has_name(&tally->entries[i], name) || take(&tally->entries[i], name))
                        return &tally->entries[i];
        (void)take(other, other_name);
        return other;
}

/* Not within a character of UTF-8. */
static Bytes cut(Bytes name)
{
        if (name.size <= TALLY_NAME_MAX)
                return name;
        name.size = TALLY_NAME_MAX;
        while (name.size > 0 && (name.data[name.size] & 0xC0) == 0x80)
                name.size--;
        return name;
}

void tally_count(Tally *tally, Bytes name, Result result)
{
        TallyEntry *entry = find(tally, cut(name));

        atomic_fetch_add_explicit(&entry->results[result], 1, memory_order_relaxed);
}

const TallyEntry *tally_next(const Tally *tally, size_t *index, Bytes *name)
{
        while (*index <= TALLY_MAX) {
                const TallyEntry *entry = &tally->entries[(*index)++];

                if (atomic_load(&entry->state) != ENTRY_NAMED)
                        continue;
                *name = name_of(entry);
                return entry;
        }
        return NULL;
}
