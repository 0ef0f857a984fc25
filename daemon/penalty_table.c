/* SPDX-License-Identifier: BSD-2-Clause */
#include "penalty_table.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define BUCKETS  512u
#define WAYS     8u
#define KEY_SIZE 16u /* of the digest's bytes; those behind choose the bucket */

/*
 * During a reload two fronts write for a moment, and one that is killed may leave an entry half
 * written. So an index is bounded each time it is used; what else may come of it, a wrong password
 * that is not counted or one that counts twice, is harmless.
 */
typedef struct Entry {
        uint8_t key[KEY_SIZE];
        atomic_uint count; /* of passwords; 0: the entry is free */
        unsigned after;    /* the limit when it was used last */
        uint64_t passwords[PENALTY_AFTER_MAX];
        uint32_t names[PENALTY_AFTER_MAX]; /* under which they were tried */
        uint64_t newest;  /* when a password came that was not known, microseconds */
        uint64_t checked; /* when one was admitted last */
        uint64_t used;
} Entry;

struct PenaltyTable {
        _Atomic uint64_t used[BUCKETS / 64]; /* a bit for each bucket that has had an entry */
        Entry entries[BUCKETS][WAYS];
};

PenaltyTable *penalty_table_new(void)
{
        PenaltyTable *table = mmap(NULL, sizeof(PenaltyTable), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (table == MAP_FAILED)
                return NULL;
        (void)madvise(table, sizeof(*table), MADV_DONTDUMP);
        return table;
}

PenaltyTable *penalty_table_free(PenaltyTable *table)
{
        if (table)
                (void)munmap(table, sizeof(*table));
        return NULL;
}

/* Pages that nobody has used yet cost nothing. */
void penalty_table_lock(PenaltyTable *table)
{
        (void)mlock2(table, sizeof(*table), MLOCK_ONFAULT);
}

static unsigned count_of(const Entry *entry)
{
        unsigned count = atomic_load_explicit(&entry->count, memory_order_relaxed);

        return count < PENALTY_AFTER_MAX ? count : PENALTY_AFTER_MAX;
}

static void set_count(Entry *entry, unsigned count)
{
        atomic_store_explicit(&entry->count, count, memory_order_relaxed);
}

static unsigned bucket_number(const Digest *key)
{
        uint32_t number;

        memcpy(&number, key->bytes + KEY_SIZE, sizeof(number));
        return number % BUCKETS;
}

static Entry *find_bucket(PenaltyTable *table, const Digest *key)
{
        return table->entries[bucket_number(key)];
}

static Entry *find_entry(PenaltyTable *table, const Digest *key)
{
        Entry *bucket = find_bucket(table, key);

        for (unsigned i = 0; i < WAYS; i++)
                if (count_of(&bucket[i]) > 0 && memcmp(bucket[i].key, key->bytes, KEY_SIZE) == 0)
                        return &bucket[i];
        return NULL;
}

/* Whether that much time has not passed since. What lies as far ahead is rubbish. */
static bool is_recent(uint64_t since, uint64_t span, uint64_t now)
{
        return since < now ? now - since < span : since - now < span;
}

static bool is_forgotten(const Entry *entry, uint64_t now)
{
        return count_of(entry) == 0 || !is_recent(entry->newest, PENALTY_FORGOTTEN, now);
}

/* What would be lost with the entry. */
static unsigned worth(const Entry *entry, uint64_t now)
{
        if (is_forgotten(entry, now))
                return 0;
        return count_of(entry) < entry->after ? 1 : 2;
}

/* The entry of the key's bucket that is worth the least: who is under a penalty does not get out of
 * it by making up names that fill the table. */
static Entry *replace(PenaltyTable *table, const Digest *key, uint64_t now)
{
        const unsigned number = bucket_number(key);
        Entry *bucket = table->entries[number], *least = bucket;

        atomic_fetch_or(&table->used[number / 64], UINT64_C(1) << number % 64);
        for (Entry *entry = bucket + 1; entry < bucket + WAYS; entry++) {
                unsigned a = worth(entry, now), b = worth(least, now);

                if (a < b || (a == b && entry->used < least->used))
                        least = entry;
        }
        set_count(least, 0);
        memcpy(least->key, key->bytes, KEY_SIZE);
        return least;
}

static uint64_t password_of(const PenaltyAttempt *attempt)
{
        uint64_t password;

        memcpy(&password, attempt->password.bytes, sizeof(password));
        return password;
}

static uint32_t name_of(const PenaltyAttempt *attempt)
{
        uint32_t name;

        memcpy(&name, attempt->name.bytes, sizeof(name));
        return name;
}

/* The index of a password, or the number of them: it is not there. */
static unsigned find_password(const Entry *entry, unsigned count, uint64_t password)
{
        unsigned at = 0;

        while (at < count && entry->passwords[at] != password)
                at++;
        return at;
}

/* Adds a password that is not there, if it is still free, or sees whether it is time for one. */
static bool admit(Entry *entry, PenaltyAttempt *attempt, const PenaltyLimits *limits, uint64_t now)
{
        uint64_t password = password_of(attempt);
        unsigned count = count_of(entry);
        bool known = find_password(entry, count, password) < count;

        if (count >= limits->after && is_recent(entry->checked, limits->every_usec, now))
                return false;
        entry->checked = now;
        if (known)
                return true;
        entry->newest = now;
        if (count < limits->after) {
                entry->passwords[count] = password;
                entry->names[count] = name_of(attempt);
                set_count(entry, count + 1);
                attempt->counted = true;
        }
        return true;
}

bool penalty_table_admit(
        PenaltyTable *table, PenaltyAttempt *attempt, const PenaltyLimits *limits, uint64_t now)
{
        Entry *entry = find_entry(table, &attempt->key);

        if (!entry)
                entry = replace(table, &attempt->key, now);
        else if (is_forgotten(entry, now))
                set_count(entry, 0);
        entry->used = now;
        entry->after = limits->after;
        return admit(entry, attempt, limits, now);
}

static void take_out(Entry *entry, unsigned at, unsigned count)
{
        entry->passwords[at] = entry->passwords[count - 1];
        entry->names[at] = entry->names[count - 1];
        set_count(entry, count - 1);
}

void penalty_table_clear(PenaltyTable *table, const PenaltyAttempt *attempt)
{
        Entry *entry = find_entry(table, &attempt->key);

        for (unsigned at = entry ? count_of(entry) : 0; at-- > 0;) {
                unsigned count = count_of(entry);

                if (at < count && entry->names[at] == name_of(attempt))
                        take_out(entry, at, count);
        }
}

void penalty_table_withdraw(PenaltyTable *table, const PenaltyAttempt *attempt)
{
        Entry *entry = attempt->counted ? find_entry(table, &attempt->key) : NULL;
        unsigned count = entry ? count_of(entry) : 0;
        unsigned at = entry ? find_password(entry, count, password_of(attempt)) : 0;

        if (at < count)
                take_out(entry, at, count);
}

static unsigned count_bucket(const Entry *bucket, uint64_t now)
{
        unsigned count = 0;

        for (const Entry *entry = bucket; entry < bucket + WAYS; entry++)
                count += count_of(entry) > 0 && count_of(entry) >= entry->after &&
                         !is_forgotten(entry, now);
        return count;
}

/* Pages that nobody has used are not looked at: they would have to be there from then on. */
unsigned penalty_table_count(const PenaltyTable *table, uint64_t now)
{
        unsigned count = 0;

        for (unsigned number = 0; number < BUCKETS; number++)
                if (atomic_load(&table->used[number / 64]) >> number % 64 & 1)
                        count += count_bucket(table->entries[number], now);
        return count;
}
