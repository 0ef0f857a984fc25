/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * MembershipCache: who is in which group, of the system or of a backend. NSS and directories may
 * block for seconds, so a worker looks it up; its answer is kept for a short time, and a failure
 * for a shorter one. A yes may be remembered for longer, for when nobody can tell.
 */

#include "daemon/pool.h"
#include "daemon/tri.h"
#include "daemon/waiter.h"
#include "proto/membership.h"

#include <uthash.h>

#define MEMBERSHIPS_MAX 4096u

typedef struct MembershipCache MembershipCache;

typedef struct MembershipEntry {
        MembershipCache *cache;
        UT_hash_handle hh;
        TAILQ_ENTRY(MembershipEntry) link; /* of the cache, the oldest first */
        Task task;                         /* while pending */
        bool pending;
        bool waking;     /* its waiters, who may ask for other entries */
        Tri value;       /* once it is not pending */
        char *text;      /* why it is undecided, or NULL */
        uint64_t until;  /* microseconds, CLOCK_MONOTONIC */
        uint64_t yes_at; /* the same: when the yes that is remembered was said last; 0: none is */
        WaiterList waiters;
        MembershipQuestion question; /* views into key */
        size_t key_size;
        uint8_t key[]; /* seed, the pool's index, and the question's strings with their lengths */
} MembershipEntry;

struct MembershipCache {
        sd_event *event;
        MembershipEntry *by_key;
        TAILQ_HEAD(MembershipList, MembershipEntry) order;
        unsigned count;
        uint64_t seed; /* before every key: clients choose logins, and must not choose buckets */
};

void membership_cache_init(MembershipCache *cache, sd_event *event);

/* Forgets what is known. What is being looked up is answered all the same. */
void membership_cache_clear(MembershipCache *cache);

/* Nobody may wait any more, and no question be in hand. */
void membership_cache_deinit(MembershipCache *cache);

/* Whether the question's login is in its group, as the workers of that pool know it: value, unless
 * the entry is pending: then it is being looked up, on behalf of that asker if nobody has asked
 * before. Returns NULL without memory; else the entry, valid until the loop is entered again. */
MembershipEntry *membership_ask(
        MembershipCache *cache, Pool *pool, Asker *asker, const MembershipQuestion *question);

/* Remembers that the entry says yes, until it says no. */
void membership_remember(MembershipEntry *entry);

/* Whether that is remembered, and no longer ago than so many microseconds. */
bool membership_is_remembered(const MembershipEntry *entry, uint64_t stale_usec);

/* The waiter will be woken when the look-up has ended, within seconds. */
void membership_wait(MembershipEntry *entry, Waiter *waiter);
