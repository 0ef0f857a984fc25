/* SPDX-License-Identifier: BSD-2-Clause */
#include "membership_cache.h"

#include "daemon/duration.h"
#include "daemon/hash.h"
#include "proto/cleanup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define ANSWER_USEC  USEC_PER_SEC
#define BACKEND_USEC (3 * USEC_PER_SEC) /* which may have to try a second server */
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

void membership_cache_init(MembershipCache *cache, sd_event *event)
{
        *cache = (MembershipCache){.event = event};
        TAILQ_INIT(&cache->order);
        (void)!getrandom(&cache->seed, sizeof(cache->seed), 0);
}

static void forget(MembershipEntry *entry)
{
        assert(!entry->pending && !entry->waking && TAILQ_EMPTY(&entry->waiters));
        HASH_DEL(entry->cache->by_key, entry);
        TAILQ_REMOVE(&entry->cache->order, entry, link);
        entry->cache->count--;
        free(entry->text);
        free(entry);
}

void membership_cache_clear(MembershipCache *cache)
{
        MembershipEntry *entry, *next;

        for (entry = TAILQ_FIRST(&cache->order); entry; entry = next) {
                next = TAILQ_NEXT(entry, link);
                entry->yes_at = 0;
                if (!entry->pending && !entry->waking)
                        forget(entry);
        }
}

void membership_cache_deinit(MembershipCache *cache)
{
        MembershipEntry *entry;

        while ((entry = TAILQ_FIRST(&cache->order)))
                forget(entry);
}

static Secret *encode(const Task *task, uint64_t id)
{
        const MembershipEntry *entry = from_task((Task *)task);
        MembershipQuestion question = entry->question;
        Secret *frame = secret_new(entry->key_size + FRAME_SPARE);
        size_t space;
        uint8_t *buffer;

        if (!frame)
                return NULL;
        question.id = id;
        question.time_msec = task_milliseconds_left(task, now_usec(entry->cache));
        buffer = secret_space(frame, &space);
        secret_commit(frame, membership_question_encode(&question, buffer, space));
        return frame;
}

static void finish(MembershipEntry *entry, Tri value, char *text)
{
        entry->pending = false;
        entry->value = value;
        entry->text = text;
        if (value == TRI_FALSE)
                entry->yes_at = 0;
        entry->until = now_usec(entry->cache) + (value == TRI_UNDECIDED ? FAILURE_USEC : KEEP_USEC);
        entry->waking = true;
        waiters_wake(&entry->waiters);
        entry->waking = false;
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

/* Forgets the oldest that may be forgotten. Those that are in hand stay, and are no more than the
 * pool's queue takes. */
static void forget_oldest(MembershipCache *cache, bool even_remembered)
{
        MembershipEntry *entry, *next;

        for (entry = TAILQ_FIRST(&cache->order); entry && cache->count > MEMBERSHIPS_MAX;
                entry = next) {
                next = TAILQ_NEXT(entry, link);
                if (!entry->pending && !entry->waking && (even_remembered || entry->yes_at == 0))
                        forget(entry);
        }
}

/* Anybody can have a name looked up, but only members have one remembered. */
static void make_room(MembershipCache *cache)
{
        forget_oldest(cache, false);
        forget_oldest(cache, true);
}

static void put(MembershipEntry *entry, const void *bytes, size_t size)
{
        if (size > 0)
                memcpy(entry->key + entry->key_size, bytes, size);
        entry->key_size += size;
}

/* Adds a string to the key. Returns the view of it there. */
static Bytes put_string(MembershipEntry *entry, Bytes string)
{
        uint32_t size = (uint32_t)string.size;

        put(entry, &size, sizeof(size));
        put(entry, string.data, string.size);
        return (Bytes){entry->key + entry->key_size - string.size, string.size};
}

static size_t key_room(const MembershipCache *cache, const MembershipQuestion *question)
{
        return sizeof(cache->seed) + sizeof(unsigned) + 6 * sizeof(uint32_t) +
               question->login.size + question->group.size + question->realm.size +
               question->service.size + question->vm_name.size + question->vm_uuid.size;
}

static MembershipEntry *entry_new(
        MembershipCache *cache, const Pool *pool, const MembershipQuestion *question)
{
        MembershipEntry *entry = calloc(1, sizeof(*entry) + key_room(cache, question));

        if (!entry)
                return NULL;
        entry->cache = cache;
        TAILQ_INIT(&entry->waiters);
        put(entry, &cache->seed, sizeof(cache->seed));
        put(entry, &pool->index, sizeof(pool->index));
        entry->question = (MembershipQuestion){
                .login = put_string(entry, question->login),
                .group = put_string(entry, question->group),
                .realm = put_string(entry, question->realm),
                .service = put_string(entry, question->service),
                .vm_name = put_string(entry, question->vm_name),
                .vm_uuid = put_string(entry, question->vm_uuid),
        };
        return entry;
}

static void ask(MembershipEntry *entry, Pool *pool, Asker *asker)
{
        uint64_t patience = pool->backend->mechanism->internal ? ANSWER_USEC : BACKEND_USEC;

        if (pool->backend->deadline_usec > 0)
                patience = pool->backend->deadline_usec;
        entry->pending = true;
        free(TAKE_PTR(entry->text));
        TAILQ_INSERT_TAIL(&entry->cache->order, entry, link);
        make_room(entry->cache);
        entry->task = (Task){
                .kind = &kind,
                .expires = now_usec(entry->cache) + patience,
                .fd = -1,
                .asker = asker,
        };
        pool_submit(pool, &entry->task);
}

MembershipEntry *membership_ask(
        MembershipCache *cache, Pool *pool, Asker *asker, const MembershipQuestion *question)
{
        MembershipEntry *entry = entry_new(cache, pool, question);
        MembershipEntry *kept;

        if (!entry)
                return NULL;
        HASH_FIND(hh, cache->by_key, entry->key, entry->key_size, kept);
        if (!kept) {
                HASH_ADD_KEYPTR(hh, cache->by_key, entry->key, entry->key_size, entry);
                if (!HASH_ADDED(entry)) {
                        free(entry);
                        return NULL;
                }
                cache->count++;
                ask(entry, pool, asker);
                return entry;
        }
        free(entry);
        if (!kept->pending && kept->until <= now_usec(cache)) {
                TAILQ_REMOVE(&cache->order, kept, link);
                ask(kept, pool, asker);
        }
        return kept;
}

void membership_remember(MembershipEntry *entry)
{
        entry->yes_at = now_usec(entry->cache);
}

bool membership_is_remembered(const MembershipEntry *entry, uint64_t stale_usec)
{
        return entry->yes_at > 0 && now_usec(entry->cache) < entry->yes_at + stale_usec;
}

void membership_wait(MembershipEntry *entry, Waiter *waiter)
{
        waiter_add(waiter, &entry->waiters);
}
