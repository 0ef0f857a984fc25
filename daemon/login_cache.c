/* SPDX-License-Identifier: BSD-2-Clause */
#include "login_cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct CacheEntry {
        Digest key;
        UT_hash_handle hh;
        CacheUser *user;
        LIST_ENTRY(CacheEntry) of_user;
        TAILQ_ENTRY(CacheEntry) link;                /* once it is kept */
        TAILQ_HEAD(JoinerList, CacheJoiner) joiners; /* while it flies */
        bool flies;
        bool outdated; /* cleared while it flew */
        uint64_t until;
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
        return user;
}

static void forget(LoginCache *cache, CacheEntry *entry)
{
        CacheUser *user = entry->user;

        if (!entry->flies) {
                TAILQ_REMOVE(&cache->kept, entry, link);
                cache->kept_count--;
        }
        HASH_DEL(cache->entries, entry);
        LIST_REMOVE(entry, of_user);
        free(entry->account);
        free(entry);
        if (LIST_EMPTY(&user->entries)) {
                HASH_DEL(cache->users, user);
                free(user);
        }
}

void login_cache_clear(LoginCache *cache)
{
        CacheEntry *entry, *next;

        while ((entry = TAILQ_FIRST(&cache->kept)))
                forget(cache, entry);
        HASH_ITER(hh, cache->entries, entry, next)
        entry->outdated = true;
}

static CacheEntry *take_off(LoginCache *cache, const Digest *key, const Digest *user_key)
{
        CacheUser *user = find_user(cache, user_key);
        CacheEntry *entry = user ? calloc(1, sizeof(*entry)) : NULL;

        if (!entry) {
                if (user && LIST_EMPTY(&user->entries)) {
                        HASH_DEL(cache->users, user);
                        free(user);
                }
                return NULL;
        }
        entry->key = *key;
        entry->user = user;
        entry->flies = true;
        TAILQ_INIT(&entry->joiners);
        LIST_INSERT_HEAD(&user->entries, entry, of_user);
        HASH_ADD(hh, cache->entries, key, sizeof(entry->key), entry);
        return entry;
}

CacheState login_cache_enter(LoginCache *cache, const Digest *key, const Digest *user,
        CacheEntry **entry, Bytes *account)
{
        CacheEntry *found;

        HASH_FIND(hh, cache->entries, key, sizeof(*key), found);
        if (found && !found->flies && found->until <= now_usec(cache)) {
                forget(cache, found);
                found = NULL;
        }
        if (!found) {
                *entry = take_off(cache, key, user);
                return *entry ? CACHE_LEADS : CACHE_FAILS;
        }
        *entry = found;
        if (found->outdated) /* what joins now must not get an answer from before */
                return CACHE_FAILS;
        if (found->flies)
                return CACHE_JOINS;
        *account = (Bytes){found->account, found->account_size};
        return CACHE_KNOWS;
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

static void expire(Deadline *deadline, void *cache)
{
        const CacheOutcome outcome = {
                .result = RESULT_UNAVAILABLE,
                .reason = bytes_from_string("no answer within the deadline"),
        };

        (void)cache;
        tell((CacheJoiner *)((char *)deadline - offsetof(CacheJoiner, deadline)), &outcome);
}

static bool keep(LoginCache *cache, CacheEntry *entry, Bytes account, uint64_t until)
{
        entry->account = malloc(account.size + 1);
        if (!entry->account)
                return false;
        memcpy(entry->account, account.data, account.size);
        entry->account_size = account.size;
        entry->until = until;
        entry->flies = false;
        entry->user->misses = 0;
        TAILQ_INSERT_TAIL(&cache->kept, entry, link);
        cache->kept_count++;
        if (cache->kept_count > CACHE_ENTRIES_MAX)
                forget(cache, TAILQ_FIRST(&cache->kept));
        return true;
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
                if (!entry->flies)
                        forget(cache, entry);
        }
}

void login_cache_land(
        LoginCache *cache, CacheEntry *entry, const CacheOutcome *outcome, uint64_t keep_usec)
{
        struct JoinerList joiners = TAILQ_HEAD_INITIALIZER(joiners);
        CacheJoiner *joiner;
        bool kept = false;

        TAILQ_CONCAT(&joiners, &entry->joiners, link);
        if (outcome->result == RESULT_MISMATCH)
                count_miss(cache, entry->user);
        if (outcome->result == RESULT_OK && keep_usec > 0 && !entry->outdated)
                kept = keep(cache, entry, outcome->account, now_usec(cache) + keep_usec);
        if (!kept)
                forget(cache, entry);
        while ((joiner = TAILQ_FIRST(&joiners))) {
                TAILQ_REMOVE(&joiners, joiner, link);
                deadline_clear(&joiner->deadline);
                joiner->landed(joiner, outcome);
        }
}
