/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * LoginCache: the channels of one console login ask the same question several times within
 * milliseconds. The first of them flies to the backends, those that come meanwhile join it, and for
 * a short time its OK answers the rest. Longer than that it may be remembered, for when the
 * backends cannot be asked. Keys are digests over all that the answer depends on; only an OK is
 * kept.
 */

#include "daemon/deadline.h"
#include "daemon/digest.h"
#include "daemon/duration.h"
#include "proto/result.h"

#include <sys/queue.h>
#include <uthash.h>

#define CACHE_ENTRIES_MAX 4096u
#define CACHE_MISSES_MAX  5u                 /* wrong passwords that cost a user his entries */
#define CACHE_BURST_USEC  (5 * USEC_PER_SEC) /* what a viewer needs to open its channels */

typedef struct LoginCache LoginCache;
typedef struct CacheUser CacheUser;
typedef struct CacheEntry CacheEntry;
typedef struct CacheJoiner CacheJoiner;

/* How a flight ended. */
typedef struct CacheOutcome {
        Result result;
        Bytes account;   /* for RESULT_OK */
        Bytes reason;    /* if it is remembered: why the backends could not be asked */
        bool remembered; /* it is an OK from before */
        bool is_missed;  /* a backend of the chain has said RESULT_MISMATCH */
        uint64_t number; /* of the decision that it led to; 0: none */
} CacheOutcome;

/* What becomes of an OK, in microseconds from then on; 0 = nothing. */
typedef struct CacheTimes {
        uint64_t keep;  /* so long it answers the same question */
        uint64_t stale; /* so long it stands in where the backends cannot be asked */
} CacheTimes;

/* By what entries are told apart or named, as keyed digests. */
typedef struct CacheLabels {
        Digest name;     /* of the login, as the backends get it */
        Digest vm, uuid; /* of the VM that asks; what is not known, of the empty text */
        Digest password; /* another one that is right ends what is remembered by this one */
} CacheLabels;

/* Entries that an administrator names: those of one user or those of one VM. */
typedef struct CacheSelection {
        const Digest *name; /* or NULL */
        Bytes account;      /* with name: likewise those whose account's own name it is */
        const Digest *vm;   /* or NULL */
        const Digest *uuid; /* with vm: likewise those of that one; or NULL */
} CacheSelection;

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
        TAILQ_HEAD(CacheList, CacheEntry) kept; /* OKs, the one that landed first stands first */
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
        CACHE_KNOWS, /* *known is the answer, valid until the cache is used again */
        CACHE_FAILS, /* without memory: go on without the cache */
} CacheState;

/* Whether the same question is kept, or flies. */
bool login_cache_has(const LoginCache *cache, const Digest *key);

/* Looks a login up. The user of that digest is whose entry begins: it is read for CACHE_LEADS only.
 */
CacheState login_cache_enter(LoginCache *cache, const Digest *key, const Digest *user,
        CacheEntry **entry, CacheOutcome *known);

/* Says what an entry that flies is about; the same for all flights of one key. */
void login_cache_label(CacheEntry *entry, const CacheLabels *labels);

/* Whether an OK for it is remembered, in case that the backends cannot be asked. */
bool login_cache_remembers(const LoginCache *cache, const Digest *key);

/* Waits for the flight; landed() is called once, at expires (microseconds, CLOCK_MONOTONIC) at the
 * latest, then with RESULT_UNAVAILABLE, or what is remembered. It must not use the cache. */
void login_cache_join(LoginCache *cache, CacheEntry *entry, CacheJoiner *joiner, uint64_t expires);

/* While it flies: that backend of the chain has said no. An OK from it is not remembered. */
void login_cache_decline(CacheEntry *entry, size_t step);

/* Ends a flight that nobody has joined, and in which nothing was asked: what is remembered stays.
 */
void login_cache_abandon(LoginCache *cache, CacheEntry *entry);

/* Ends a flight, by the backend of that step in the chain, and tells everybody who joined. An OK is
 * kept as long as times say, and ends what is remembered of the account by another password; one
 * that is remembered takes the place of RESULT_UNAVAILABLE; anything else ends what is remembered.
 * Returns what was told, valid until the cache is used again. */
CacheOutcome login_cache_land(LoginCache *cache, CacheEntry *entry, const CacheOutcome *outcome,
        size_t step, const CacheTimes *times);

/* How many logins have an OK that is kept or remembered. */
unsigned login_cache_count(const LoginCache *cache);

/* Forgets all that is kept and remembered. What flies lands without being kept. */
void login_cache_clear(LoginCache *cache);

/* The same for some entries. Returns how many were kept or remembered. */
unsigned login_cache_flush(LoginCache *cache, const CacheSelection *selection);
