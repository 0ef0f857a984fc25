/* SPDX-License-Identifier: BSD-2-Clause */

/* The cache with a pool that does nothing by itself: the tests answer. */

#include "daemon/duration.h"
#include "daemon/membership_cache.h"
#include "proto/membership.h"

#include "clock.h"
#include "memory.h"
#include "table.h"

#include <stdio.h>
#include <sys/queue.h>

#define TASKS_MAX   16384u
#define MINUTE_USEC (60 * USEC_PER_SEC)

static struct {
        Task *tasks[TASKS_MAX];
        size_t count;
        bool is_full; /* fail at once, as a pool whose queue is full */
} pool;

void __wrap_pool_submit(Pool *unused, Task *task);

void __wrap_pool_submit(Pool *unused, Task *task)
{
        (void)unused;
        if (pool.is_full) {
                task->kind->failed(task, "too many logins are waiting");
                return;
        }
        assert_true(pool.count < TASKS_MAX);
        pool.tasks[pool.count++] = task;
}

typedef struct Fixture {
        sd_event *event;
        MembershipCache cache;
} Fixture;

static void set_up(Fixture *fixture)
{
        pool.count = 0;
        pool.is_full = false;
        passed_usec = 0;
        assert_int_equal(sd_event_new(&fixture->event), 0);
        membership_cache_init(&fixture->cache, fixture->event);
}

static void tear_down(Fixture *fixture)
{
        membership_cache_deinit(&fixture->cache);
        sd_event_unref(fixture->event);
}

static void answer(size_t index, MembershipState state)
{
        const Membership membership = {.id = index, .state = state, .text = LIT("why")};
        uint8_t frame[256];
        size_t size = membership_encode(&membership, frame, sizeof(frame));
        Bytes body = {frame + 2, size - 2}, notice = LIT("");
        Task *task = pool.tasks[index];

        assert_true(task->kind->answered(task, index, body, &notice));
}

static Tri ask_for(MembershipCache *cache, Bytes login, const char *group,
        MembershipEntry **pending, const char **text)
{
        static BackendConfig backend;
        static Pool asked = {.backend = &backend};
        const MembershipQuestion question = {.login = login, .group = bytes_from_string(group)};
        MembershipEntry *entry;

        backend.mechanism = mechanism_resolve();
        entry = membership_ask(cache, &asked, NULL, &question);
        assert_non_null(entry);
        *pending = entry->pending ? entry : NULL;
        *text = entry->text;
        return entry->pending ? TRI_UNDECIDED : entry->value;
}

/* Asks whether user number is in the group. */
static Tri ask(
        MembershipCache *cache, unsigned number, const char *group, MembershipEntry **pending)
{
        char login[32];
        const char *text = NULL;

        *pending = NULL;
        (void)snprintf(login, sizeof(login), "user%u", number);
        return ask_for(cache, bytes_from_string(login), group, pending, &text);
}

/* Somebody who, once woken, wants to know another group. */
typedef struct Curious {
        Waiter waiter;
        MembershipCache *cache;
        unsigned number;
        MembershipEntry *next;
        bool woken;
} Curious;

static void wake(Waiter *waiter)
{
        Curious *curious = (Curious *)waiter;

        curious->woken = true;
        assert_int_equal(
                ask(curious->cache, curious->number, "other", &curious->next), TRI_UNDECIDED);
}

/* The cache is full, and whom the oldest answer is for wakes up and asks for more. */
static void test_full(void **state)
{
        Fixture fixture;
        MembershipEntry *pending;
        Curious first = {.waiter.wake = wake, .cache = &fixture.cache, .number = 1};
        Curious second = {.waiter.wake = wake, .cache = &fixture.cache, .number = 2};

        (void)state;
        set_up(&fixture);
        assert_int_equal(ask(&fixture.cache, 0, "group", &pending), TRI_UNDECIDED);
        membership_wait(pending, &first.waiter);
        membership_wait(pending, &second.waiter);
        for (unsigned i = 1; i <= MEMBERSHIPS_MAX; i++) {
                assert_int_equal(ask(&fixture.cache, i, "group", &pending), TRI_UNDECIDED);
                answer(i, MEMBERSHIP_NO);
        }
        answer(0, MEMBERSHIP_NO);
        assert_true(first.woken && second.woken);
        assert_non_null(first.next);
        assert_true(fixture.cache.count <= MEMBERSHIPS_MAX + 1);
        answer(pool.count - 2, MEMBERSHIP_NO);
        answer(pool.count - 1, MEMBERSHIP_NO);
        tear_down(&fixture);
}

/* While the oldest answer is waited for, everything else fails at once: it is not kept for ever. */
static void test_bound(void **state)
{
        Fixture fixture;
        MembershipEntry *pending;

        (void)state;
        set_up(&fixture);
        assert_int_equal(ask(&fixture.cache, 0, "group", &pending), TRI_UNDECIDED);
        pool.is_full = true;
        for (unsigned i = 1; i <= 2 * MEMBERSHIPS_MAX; i++) {
                assert_int_equal(ask(&fixture.cache, i, "group", &pending), TRI_UNDECIDED);
                assert_null(pending);
        }
        assert_true(fixture.cache.count <= MEMBERSHIPS_MAX);
        answer(0, MEMBERSHIP_YES);
        assert_int_equal(ask(&fixture.cache, 0, "group", &pending), TRI_TRUE);
        tear_down(&fixture);
}

/* Names that, put one behind the other, read the same. */
static void test_names(void **state)
{
        static const struct {
                Bytes login;
                const char *group;
        } names[] = {{LIT("ab"), "c"}, {LIT("a"), "bc"}, {LIT(""), "abc"}, {LIT("a\0b"), "c"},
                {LIT("a"), "b"}, {LIT("ab"), ""}};
        Fixture fixture;
        const char *text = NULL;

        (void)state;
        set_up(&fixture);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                MembershipEntry *pending = NULL;

                assert_int_equal(
                        ask_for(&fixture.cache, names[i].login, names[i].group, &pending, &text),
                        TRI_UNDECIDED);
                assert_non_null(pending);
                assert_int_equal(pool.count, i + 1);
        }
        for (size_t i = 0; i < pool.count; i++)
                answer(i, MEMBERSHIP_NO);
        tear_down(&fixture);
}

/* A failure is told, and why. */
static void test_failure(void **state)
{
        Fixture fixture;
        MembershipEntry *pending = NULL;
        const char *text = NULL;

        (void)state;
        set_up(&fixture);
        assert_int_equal(ask(&fixture.cache, 0, "group", &pending), TRI_UNDECIDED);
        answer(0, MEMBERSHIP_UNDECIDED);
        pending = NULL;
        assert_int_equal(
                ask_for(&fixture.cache, BYTES("user0"), "group", &pending, &text), TRI_UNDECIDED);
        assert_null(pending);
        assert_string_equal(text, "why");
        assert_int_equal(pool.count, 1);
        tear_down(&fixture);
}

/* Asks, and is told that. */
static MembershipEntry *ask_and_answer(
        Fixture *fixture, unsigned number, MembershipState state, Tri value)
{
        MembershipEntry *pending, *entry;

        assert_int_equal(ask(&fixture->cache, number, "group", &pending), TRI_UNDECIDED);
        assert_non_null(pending);
        entry = pending;
        answer(pool.count - 1, state);
        assert_int_equal(ask(&fixture->cache, number, "group", &pending), value);
        assert_null(pending);
        return entry;
}

/* A yes is remembered while nobody can tell, and until a no. */
static void test_remembered(void **state)
{
        Fixture fixture;
        MembershipEntry *entry;

        (void)state;
        set_up(&fixture);
        entry = ask_and_answer(&fixture, 0, MEMBERSHIP_YES, TRI_TRUE);
        assert_false(membership_is_remembered(entry, MINUTE_USEC));
        membership_remember(entry);
        for (unsigned i = 0; i < 3; i++) {
                passed_usec += MINUTE_USEC / 4;
                entry = ask_and_answer(&fixture, 0, MEMBERSHIP_UNDECIDED, TRI_UNDECIDED);
                assert_true(membership_is_remembered(entry, MINUTE_USEC));
                assert_false(membership_is_remembered(entry, MINUTE_USEC / 4));
                assert_false(membership_is_remembered(entry, 0));
        }
        passed_usec += MINUTE_USEC / 4;
        assert_false(membership_is_remembered(entry, MINUTE_USEC));
        entry = ask_and_answer(&fixture, 0, MEMBERSHIP_YES, TRI_TRUE);
        membership_remember(entry);
        passed_usec += MINUTE_USEC / 4;
        (void)ask_and_answer(&fixture, 0, MEMBERSHIP_NO, TRI_FALSE);
        passed_usec += MINUTE_USEC / 4;
        entry = ask_and_answer(&fixture, 0, MEMBERSHIP_UNDECIDED, TRI_UNDECIDED);
        assert_false(membership_is_remembered(entry, MINUTE_USEC));
        tear_down(&fixture);
}

/* Whoever has many names looked up does not end it. */
static void test_remembered_longest(void **state)
{
        Fixture fixture;
        MembershipEntry *entry;

        (void)state;
        set_up(&fixture);
        entry = ask_and_answer(&fixture, 0, MEMBERSHIP_YES, TRI_TRUE);
        membership_remember(entry);
        for (unsigned i = 1; i <= MEMBERSHIPS_MAX; i++)
                (void)ask_and_answer(&fixture, i, MEMBERSHIP_NO, TRI_FALSE);
        assert_true(fixture.cache.count <= MEMBERSHIPS_MAX + 1);
        passed_usec += MINUTE_USEC / 4;
        entry = ask_and_answer(&fixture, 0, MEMBERSHIP_UNDECIDED, TRI_UNDECIDED);
        assert_true(membership_is_remembered(entry, MINUTE_USEC));
        for (unsigned i = 1; i <= MEMBERSHIPS_MAX + 1; i++)
                membership_remember(ask_and_answer(&fixture, 10000 + i, MEMBERSHIP_YES, TRI_TRUE));
        assert_true(fixture.cache.count <= MEMBERSHIPS_MAX + 1);
        tear_down(&fixture);
}

/* Without memory nobody is a member, nor kept as one who is none. */
static void test_without_memory(void **state)
{
        static BackendConfig backend;
        static Pool asked = {.backend = &backend};
        const MembershipQuestion question = {.login = LIT("alice"), .group = LIT("group")};
        MembershipEntry *entry, *pending;
        unsigned number = 0;
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        backend.mechanism = mechanism_resolve();
        do {
                assert_int_equal(fixture.cache.count, 0);
                assert_int_equal(pool.count, 0);
                memory_fail(++number);
                entry = membership_ask(&fixture.cache, &asked, NULL, &question);
        } while (memory_recover() && !entry);
        assert_true(number > 2);
        assert_true(entry->pending);
        assert_int_equal(fixture.cache.count, 1);
        answer(0, MEMBERSHIP_YES);
        assert_int_equal(ask(&fixture.cache, 1, "group", &pending), TRI_UNDECIDED);
        answer(1, MEMBERSHIP_NO);
        memory_fail(1);
        assert_null(membership_ask(&fixture.cache, &asked, NULL, &question));
        assert_true(memory_recover());
        assert_ptr_equal(membership_ask(&fixture.cache, &asked, NULL, &question), entry);
        assert_int_equal(entry->value, TRI_TRUE);
        tear_down(&fixture);
}

/* So long is an answer waited for. */
static void test_deadline(void **state)
{
        static BackendConfig backend = {.deadline_usec = 7 * USEC_PER_SEC};
        static Pool asked = {.backend = &backend};
        const MembershipQuestion question = {.login = LIT("alice"), .group = LIT("group")};
        Fixture fixture;
        uint64_t before, after;

        (void)state;
        set_up(&fixture);
        backend.mechanism = mechanism_resolve();
        assert_true(sd_event_now(fixture.event, CLOCK_MONOTONIC, &before) >= 0);
        assert_non_null(membership_ask(&fixture.cache, &asked, NULL, &question));
        assert_true(sd_event_now(fixture.event, CLOCK_MONOTONIC, &after) >= 0);
        assert_true(pool.tasks[0]->expires >= before + backend.deadline_usec);
        assert_true(pool.tasks[0]->expires <= after + backend.deadline_usec);
        answer(0, MEMBERSHIP_NO);
        tear_down(&fixture);
}

int main(void)
{
        static Table table;

        table_add(&table, "full while its waiters ask for more", test_full, NULL);
        table_add(&table, "bounded while one is waited for", test_bound, NULL);
        table_add(&table, "names that read the same together", test_names, NULL);
        table_add(&table, "a failure and its text", test_failure, NULL);
        table_add(&table, "a yes that is remembered", test_remembered, NULL);
        table_add(&table, "what is remembered goes last", test_remembered_longest, NULL);
        table_add(&table, "without memory", test_without_memory, NULL);
        table_add(&table, "the deadline of a backend", test_deadline, NULL);
        return table_run(&table, "membership-cache");
}
