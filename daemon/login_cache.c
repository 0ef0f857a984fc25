/* SPDX-License-Identifier: BSD-2-Clause */
#include "login_cache.h"

#include "daemon/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct CacheEntry {
        Digest key;
        UT_hash_handle hh;
        CacheUser *user;
        CacheLabels labels;
        LIST_ENTRY(CacheEntry) of_user;
        TAILQ_ENTRY(CacheEntry) link;                /* once it is kept */
        TAILQ_HEAD(JoinerList, CacheJoiner) joiners; /* while it flies */
        bool flies;
        bool outdated;        /* cleared while it flew */
        uint64_t until;       /* so long it answers */
        uint64_t stale_until; /* so long it is remembered, even while it flies; 0: it is not */
        bool remembered;      /* it answers, but the backends could not be asked */
        uint64_t number;      /* of the decision */
        size_t step;          /* which backend of the chain said OK */
        size_t account_size;
        uint8_t *account;
};

/* Whose entries they are; there is one while there are entries. */
struct CacheUser {
        Digest key;
        UT_hash_handle hh;
        LIST_HEAD(UserEntries, CacheEntry) entries;
        unsigned misses; /* wrong passwords since the last right one */
};

static void expire(Deadline *deadline, void *cache);

int login_cache_init(LoginCache *cache, sd_event *event)
{
        *cache = (LoginCache){.event = event};
        TAILQ_INIT(&cache->kept);
        return deadline_queue_init(&cache->joined, event, 0, expire, cache);
}

void login_cache_deinit(LoginCache *cache)
{
        login_cache_clear(cache);
        assert(!cache->entries && !cache->users);
        deadline_queue_deinit(&cache->joined);
}

static uint64_t now_usec(const LoginCache *cache)
{
        uint64_t now = 0;

        (void)sd_event_now(cache->event, CLOCK_MONOTONIC, &now);
        return now;
}

static CacheUser *find_user(LoginCache *cache, const Digest *key)
{
        CacheUser *user;

        HASH_FIND(hh, cache->users, key, sizeof(*key), user);
        if (user)
                return user;
        user = calloc(1, sizeof(*user));
        if (!user)
                return NULL;
        user->key = *key;
        HASH_ADD(hh, cache->users, key, sizeof(user->key), user);
        if (!HASH_ADDED(user)) {
                free(user);
                return NULL;
        }
        return user;
}

static void forget_idle_user(LoginCache *cache, CacheUser *user)
{
        if (!LIST_EMPTY(&user->entries))
                return;
        HASH_DEL(cache->users, user);
        free(user);
}

/* From kept to flying, or to nothing. */
static void take_out(LoginCache *cache, CacheEntry *entry)
{
        TAILQ_REMOVE(&cache->kept, entry, link);
        cache->kept_count--;
        entry->flies = true;
}

static void forget(LoginCache *cache, CacheEntry *entry)
{
        CacheUser *user = entry->user;

        if (!entry->flies)
                take_out(cache, entry);
        HASH_DEL(cache->entries, entry);
        LIST_REMOVE(entry, of_user);
        free(entry->account);
        free(entry);
        forget_idle_user(cache, user);
}

void login_cache_clear(LoginCache *cache)
{
        CacheEntry *entry, *next;

        while ((entry = TAILQ_FIRST(&cache->kept)))
                forget(cache, entry);
        HASH_ITER(hh, cache->entries, entry, next)
        {
                entry->outdated = true;
                entry->stale_until = 0;
        }
}

static CacheEntry *entry_new(LoginCache *cache, const Digest *key, CacheUser *user)
{
        CacheEntry *entry = calloc(1, sizeof(*entry));

        if (!entry)
                return NULL;
        entry->key = *key;
        entry->user = user;
        entry->flies = true;
        TAILQ_INIT(&entry->joiners);
        HASH_ADD(hh, cache->entries, key, sizeof(entry->key), entry);
        if (!HASH_ADDED(entry)) {
                free(entry);
                return NULL;
        }
        LIST_INSERT_HEAD(&user->entries, entry, of_user);
        return entry;
}

static CacheEntry *take_off(LoginCache *cache, const Digest *key, const Digest *user_key)
{
        CacheUser *user = find_user(cache, user_key);
        CacheEntry *entry = user ? entry_new(cache, key, user) : NULL;

        if (user && !entry)
                forget_idle_user(cache, user);
        return entry;
}

static bool is_remembered(const LoginCache *cache, const CacheEntry *entry)
{
        return entry->stale_until > now_usec(cache);
}

/* Entries that are not stay until they are asked for, or too many. */
static bool is_of_use(const LoginCache *cache, const CacheEntry *entry)
{
        return is_remembered(cache, entry) || (!entry->flies && entry->until > now_usec(cache));
}

unsigned login_cache_count(const LoginCache *cache)
{
        const CacheEntry *entry, *next;
        unsigned count = 0;

        HASH_ITER(hh, cache->entries, entry, next)
        count += is_of_use(cache, entry);
        return count;
}

static Bytes account_of(const CacheEntry *entry)
{
        return (Bytes){entry->account, entry->account_size};
}

void login_cache_label(CacheEntry *entry, const CacheLabels *labels)
{
        entry->labels = *labels;
}

static bool is_selected(const CacheEntry *entry, const CacheSelection *selection)
{
        if (selection->vm)
                return memcmp(selection->vm, &entry->labels.vm, sizeof(Digest)) == 0 ||
                       (selection->uuid &&
                               memcmp(selection->uuid, &entry->labels.uuid, sizeof(Digest)) == 0);
        return memcmp(selection->name, &entry->labels.name, sizeof(Digest)) == 0 ||
               bytes_equal(selection->account, account_of(entry));
}

unsigned login_cache_flush(LoginCache *cache, const CacheSelection *selection)
{
        CacheEntry *entry, *next;
        unsigned count = 0;

        HASH_ITER(hh, cache->entries, entry, next)
        {
                if (!is_selected(entry, selection))
                        continue;
                count += is_of_use(cache, entry);
                entry->outdated = true;
                entry->stale_until = 0;
                if (!entry->flies)
                        forget(cache, entry);
        }
        return count;
}

static CacheEntry *find_entry(const LoginCache *cache, const Digest *key)
{
        CacheEntry *entry;

        HASH_FIND(hh, cache->entries, key, sizeof(*key), entry);
        return entry;
}

bool login_cache_has(const LoginCache *cache, const Digest *key)
{
        return find_entry(cache, key) != NULL;
}

CacheState login_cache_enter(LoginCache *cache, const Digest *key, const Digest *user,
        CacheEntry **entry, CacheOutcome *known)
{
        CacheEntry *found = find_entry(cache, key);

        if (!found) {
                *entry = take_off(cache, key, user);
                return *entry ? CACHE_LEADS : CACHE_FAILS;
        }
        *entry = found;
        if (found->outdated) /* what joins now must not get an answer from before */
                return CACHE_FAILS;
        if (found->flies)
                return CACHE_JOINS;
        if (found->until <= now_usec(cache)) {
                take_out(cache, found);
                return CACHE_LEADS;
        }
        *known = (CacheOutcome){
                .result = RESULT_OK,
                .account = account_of(found),
                .remembered = found->remembered,
                .number = found->number,
        };
        return CACHE_KNOWS;
}

bool login_cache_remembers(const LoginCache *cache, const Digest *key)
{
        const CacheEntry *found = find_entry(cache, key);

        return found && is_remembered(cache, found);
}

void login_cache_join(LoginCache *cache, CacheEntry *entry, CacheJoiner *joiner, uint64_t expires)
{
        joiner->entry = entry;
        TAILQ_INSERT_TAIL(&entry->joiners, joiner, link);
        deadline_set_at(&joiner->deadline, &cache->joined, expires);
}

static void tell(CacheJoiner *joiner, const CacheOutcome *outcome)
{
        TAILQ_REMOVE(&joiner->entry->joiners, joiner, link);
        deadline_clear(&joiner->deadline);
        joiner->landed(joiner, outcome);
}

/* Whether the backends could not be asked, and what is remembered has taken their place. */
static bool recall(const LoginCache *cache, const CacheEntry *entry, CacheOutcome *outcome)
{
        if (outcome->result != RESULT_UNAVAILABLE || !is_remembered(cache, entry))
                return false;
        outcome->result = RESULT_OK;
        outcome->account = account_of(entry);
        outcome->remembered = true;
        return true;
}

static void expire(Deadline *deadline, void *cache)
{
        CacheJoiner *joiner = (CacheJoiner *)((char *)deadline - offsetof(CacheJoiner, deadline));
        CacheOutcome outcome = {
                .result = RESULT_UNAVAILABLE,
                .reason = bytes_from_string("no answer within the deadline"),
        };

        (void)recall(cache, joiner->entry, &outcome);
        tell(joiner, &outcome);
}

static bool copy_account(CacheEntry *entry, Bytes account)
{
        uint8_t *copy = malloc(account.size + 1);

        if (!copy)
                return false;
        memcpy(copy, account.data, account.size);
        free(entry->account);
        entry->account = copy;
        entry->account_size = account.size;
        return true;
}

/* Has a new OK answer, and be remembered, from now on. */
static bool renew(const LoginCache *cache, CacheEntry *entry, Bytes account, size_t step,
        const CacheTimes *times)
{
        uint64_t now = now_usec(cache);

        if (entry->outdated || times->keep + times->stale == 0 || !copy_account(entry, account))
                return false;
        entry->until = now + times->keep;
        entry->stale_until = times->stale > 0 ? now + times->stale : 0;
        entry->remembered = false;
        entry->step = step;
        entry->user->misses = 0;
        return true;
}

/* Whoever knew only the password from before must not get in when the backends cannot be asked. */
static void supersede(const CacheEntry *entry, Bytes account)
{
        CacheEntry *other;

        LIST_FOREACH(other, &entry->user->entries, of_user)
        {
                if (memcmp(&other->labels.password, &entry->labels.password, sizeof(Digest)) == 0 ||
                        !bytes_equal(account_of(other), account))
                        continue;
                other->stale_until = 0;
                if (other->remembered)
                        other->until = 0;
        }
}

/* Has a remembered OK answer for a moment: a VM stands still while each further channel of the same
 * console login would wait for the backends. */
static void revive(const LoginCache *cache, CacheEntry *entry, const CacheTimes *times)
{
        uint64_t keep = times->keep < CACHE_BURST_USEC ? times->keep : CACHE_BURST_USEC;

        entry->until = now_usec(cache) + keep;
        entry->remembered = true;
}

/* Back among the kept, of which the one that landed first has to go if they are too many. */
static void keep(LoginCache *cache, CacheEntry *entry)
{
        entry->flies = false;
        TAILQ_INSERT_TAIL(&cache->kept, entry, link);
        cache->kept_count++;
        if (cache->kept_count > CACHE_ENTRIES_MAX)
                forget(cache, TAILQ_FIRST(&cache->kept));
}

/* Somebody who has found out a password by trying must not find it kept; nor may he who lost it. */
static void count_miss(LoginCache *cache, CacheUser *user)
{
        CacheEntry *entry, *next;

        if (++user->misses < CACHE_MISSES_MAX)
                return;
        user->misses = 0;
        for (entry = LIST_FIRST(&user->entries); entry; entry = next) {
                next = LIST_NEXT(entry, of_user);
                entry->stale_until = 0;
                if (!entry->flies)
                        forget(cache, entry);
        }
}

void login_cache_decline(CacheEntry *entry, size_t step)
{
        if (entry->step == step)
                entry->stale_until = 0;
}

void login_cache_abandon(LoginCache *cache, CacheEntry *entry)
{
        assert(TAILQ_EMPTY(&entry->joiners));
        if (is_remembered(cache, entry))
                keep(cache, entry);
        else
                forget(cache, entry);
}

CacheOutcome login_cache_land(LoginCache *cache, CacheEntry *entry, const CacheOutcome *outcome,
        size_t step, const CacheTimes *times)
{
        CacheOutcome told = *outcome;
        CacheJoiner *joiner;
        bool kept = false;

        if (outcome->is_missed && outcome->result != RESULT_OK)
                count_miss(cache, entry->user);
        if (outcome->result == RESULT_OK) {
                supersede(entry, outcome->account);
                kept = renew(cache, entry, outcome->account, step, times);
        } else if (recall(cache, entry, &told)) {
                revive(cache, entry, times);
                kept = true;
        }
        while ((joiner = TAILQ_FIRST(&entry->joiners)))
                tell(joiner, &told);
        entry->number = outcome->number;
        if (kept)
                keep(cache, entry);
        else
                forget(cache, entry);
        return told;
}
