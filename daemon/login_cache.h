/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * LoginCache: the channels of one console login ask the same question several times within
 * milliseconds. The first of them flies to the backends, those that come meanwhile join it, and for
 * a short time its OK answers the rest. Keys are digests over all that the answer depends on; only
 * an OK is kept.
 */

#include "daemon/deadline.h"
#include "daemon/digest.h"
#include "proto/result.h"

#include <sys/queue.h>
#include <uthash.h>

#define CACHE_ENTRIES_MAX 4096u
#define CACHE_MISSES_MAX  5u /* wrong passwords that cost a user his entries */

typedef struct LoginCache LoginCache;
typedef struct CacheUser CacheUser;
typedef struct CacheEntry CacheEntry;
typedef struct CacheJoiner CacheJoiner;

/* How a flight ended. */
typedef struct CacheOutcome {
        Result result;
        Bytes account; /* for RESULT_OK */
        Bytes reason;
} CacheOutcome;

/* Somebody who waits for another's flight; embedded in him. */
struct CacheJoiner {
        TAILQ_ENTRY(CacheJoiner) link;
        CacheEntry *entry;
        Deadline deadline;
        void (*landed)(CacheJoiner *joiner, const CacheOutcome *outcome);
};

struct LoginCache {
        sd_event *event;                        /* not owned */
        CacheEntry *entries;                    /* by key */
        CacheUser *users;                       /* by key */
        TAILQ_HEAD(CacheList, CacheEntry) kept; /* OKs, the oldest first */
        unsigned kept_count;
        DeadlineQueue joined;
};

/* Returns 0 or a negative errno. */
int login_cache_init(LoginCache *cache, sd_event *event);

/* Nobody may fly or wait any more. */
void login_cache_deinit(LoginCache *cache);

typedef enum CacheState {
        CACHE_LEADS, /* nothing is known: *entry flies, and has to be landed */
        CACHE_JOINS, /* *entry flies: join it */
        CACHE_KNOWS, /* *account is the account's own name, valid until the cache is used again */
        CACHE_FAILS, /* without memory: go on without the cache */
} CacheState;

/* Looks a login up, for the user of that digest. */
CacheState login_cache_enter(LoginCache *cache, const Digest *key, const Digest *user,
        CacheEntry **entry, Bytes *account);

/* Waits for the flight; landed() is called once, at expires (microseconds, CLOCK_MONOTONIC) at the
 * latest, then with RESULT_UNAVAILABLE. */
void login_cache_join(LoginCache *cache, CacheEntry *entry, CacheJoiner *joiner, uint64_t expires);

/* Ends a flight: tells everybody who joined, and keeps an OK for keep_usec (0: not at all). */
void login_cache_land(
        LoginCache *cache, CacheEntry *entry, const CacheOutcome *outcome, uint64_t keep_usec);

/* Forgets all that is kept. What flies lands without being kept. */
void login_cache_clear(LoginCache *cache);
