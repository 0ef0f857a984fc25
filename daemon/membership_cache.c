/* SPDX-License-Identifier: BSD-2-Clause */
#include "membership_cache.h"

#include "daemon/duration.h"
#include "proto/membership.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define ANSWER_USEC  USEC_PER_SEC
#define KEEP_USEC    (10 * USEC_PER_SEC)
#define FAILURE_USEC USEC_PER_SEC
#define FRAME_SPARE  96u /* headers, verb, numbers */

static MembershipEntry *from_task(Task *task)
{
        return (MembershipEntry *)((char *)task - offsetof(MembershipEntry, task));
}

static uint64_t now_usec(const MembershipCache *cache)
{
        uint64_t now = 0;

        (void)sd_event_now(cache->event, CLOCK_MONOTONIC, &now);
        return now;
}

void membership_cache_init(MembershipCache *cache, sd_event *event, Pool *pool)
{
        *cache = (MembershipCache){.event = event, .pool = pool};
        TAILQ_INIT(&cache->order);
        (void)!getrandom(&cache->seed, sizeof(cache->seed), 0);
}

static void forget(MembershipEntry *entry)
{
        assert(!entry->pending && TAILQ_EMPTY(&entry->waiters));
        HASH_DEL(entry->cache->by_key, entry);
        TAILQ_REMOVE(&entry->cache->order, entry, link);
        entry->cache->count--;
        free(entry->text);
        free(entry);
}

void membership_cache_deinit(MembershipCache *cache)
{
        MembershipEntry *entry;

        while ((entry = TAILQ_FIRST(&cache->order)))
                forget(entry);
}

static Bytes login_of(const MembershipEntry *entry)
{
        return (Bytes){(const uint8_t *)entry->key + sizeof(uint64_t), entry->login_size};
}

static Bytes group_of(const MembershipEntry *entry)
{
        size_t start = sizeof(uint64_t) + entry->login_size + 1;

        return (Bytes){(const uint8_t *)entry->key + start, entry->key_size - start};
}

static uint64_t milliseconds_left(const Task *task, uint64_t now)
{
        return task->expires >= now + 1000 ? (task->expires - now) / 1000 : 1;
}

static Secret *encode(const Task *task, uint64_t id)
{
        const MembershipEntry *entry = from_task((Task *)task);
        const MembershipQuestion question = {
                .id = id,
                .login = login_of(entry),
                .group = group_of(entry),
                .time_msec = milliseconds_left(task, now_usec(entry->cache)),
        };
        Secret *frame = secret_new(entry->key_size + FRAME_SPARE);
        size_t space;
        uint8_t *buffer;

        if (!frame)
                return NULL;
        buffer = secret_space(frame, &space);
        secret_commit(frame, membership_question_encode(&question, buffer, space));
        return frame;
}

static void finish(MembershipEntry *entry, Tri value, char *text)
{
        entry->pending = false;
        entry->value = value;
        entry->text = text;
        entry->until = now_usec(entry->cache) + (value == TRI_UNDECIDED ? FAILURE_USEC : KEEP_USEC);
        waiters_wake(&entry->waiters);
}

static bool answered(Task *task, uint64_t id, Bytes body, Bytes *notice)
{
        static const Tri values[] = {
                [MEMBERSHIP_NO] = TRI_FALSE,
                [MEMBERSHIP_YES] = TRI_TRUE,
                [MEMBERSHIP_UNDECIDED] = TRI_UNDECIDED,
        };
        Membership membership;

        (void)notice;
        if (!membership_decode(body, &membership) || membership.id != id)
                return false;
        finish(from_task(task), values[membership.state],
                strndup((const char *)membership.text.data, membership.text.size));
        return true;
}

static void failed(Task *task, const char *reason)
{
        finish(from_task(task), TRI_UNDECIDED, strdup(reason));
}

static const TaskKind kind = {encode, answered, failed};

static void make_room(MembershipCache *cache)
{
        MembershipEntry *oldest = TAILQ_FIRST(&cache->order);

        if (cache->count > MEMBERSHIPS_MAX && !oldest->pending)
                forget(oldest);
}

static MembershipEntry *entry_new(MembershipCache *cache, Bytes login, const char *group)
{
        size_t group_size = strlen(group);
        size_t size = sizeof(cache->seed) + login.size + 1 + group_size;
        MembershipEntry *entry = calloc(1, sizeof(*entry) + size);
        char *at;

        if (!entry)
                return NULL;
        entry->cache = cache;
        entry->login_size = login.size;
        entry->key_size = size;
        TAILQ_INIT(&entry->waiters);
        memcpy(entry->key, &cache->seed, sizeof(cache->seed));
        at = entry->key + sizeof(cache->seed);
        if (login.size > 0)
                memcpy(at, login.data, login.size);
        memcpy(at + login.size + 1, group, group_size);
        return entry;
}

/* The entry for the two names: the one that is kept, or a new one, which is then asked for. */
static MembershipEntry *find(MembershipCache *cache, Bytes login, const char *group)
{
        MembershipEntry *entry = entry_new(cache, login, group);
        MembershipEntry *kept;

        if (!entry)
                return NULL;
        HASH_FIND(hh, cache->by_key, entry->key, entry->key_size, kept);
        if (kept && (kept->pending || kept->until > now_usec(cache))) {
                free(entry);
                return kept;
        }
        if (kept)
                forget(kept);
        HASH_ADD_KEYPTR(hh, cache->by_key, entry->key, entry->key_size, entry);
        TAILQ_INSERT_TAIL(&cache->order, entry, link);
        cache->count++;
        make_room(cache);
        entry->pending = true;
        entry->task = (Task){.kind = &kind, .expires = now_usec(cache) + ANSWER_USEC, .fd = -1};
        pool_submit(cache->pool, &entry->task);
        return entry;
}

Tri membership_ask(MembershipCache *cache, Bytes login, const char *group,
        MembershipEntry **pending, const char **text)
{
        MembershipEntry *entry = find(cache, login, group);

        if (!entry) {
                *text = "out of memory";
                return TRI_UNDECIDED;
        }
        if (entry->pending) {
                *pending = entry;
                return TRI_UNDECIDED;
        }
        if (entry->value == TRI_UNDECIDED && entry->text)
                *text = entry->text;
        return entry->value;
}

void membership_wait(MembershipEntry *entry, Waiter *waiter)
{
        TAILQ_INSERT_TAIL(&entry->waiters, waiter, link);
}
