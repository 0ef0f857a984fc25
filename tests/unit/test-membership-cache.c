/* SPDX-License-Identifier: BSD-2-Clause */

/* The cache with a pool that does nothing by itself: the tests answer. */

#include "daemon/membership_cache.h"
#include "proto/membership.h"

#include "table.h"

#include <stdio.h>
#include <sys/queue.h>

#define TASKS_MAX 8192u

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

        backend.mechanism = mechanism_resolve();
        return membership_ask(cache, &asked, NULL, &question, pending, text);
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

int main(void)
{
        static Table table;

        table_add(&table, "full while its waiters ask for more", test_full, NULL);
        table_add(&table, "bounded while one is waited for", test_bound, NULL);
        table_add(&table, "names that read the same together", test_names, NULL);
        table_add(&table, "a failure and its text", test_failure, NULL);
        return table_run(&table, "membership-cache");
}
