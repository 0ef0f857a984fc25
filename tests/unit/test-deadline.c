/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/deadline.h"

#include "table.h"

#define SHORT_USEC 2000u
#define FAR_USEC   3600000000u
#define EVENTS_MAX 10000u

/* What a queue's handler was told, in order. */
typedef struct Passed {
        Deadline *deadlines[8];
        size_t count;
} Passed;

static void on_passed(Deadline *deadline, void *userdata)
{
        Passed *passed = userdata;

        passed->deadlines[passed->count++] = deadline;
}

typedef struct Fixture {
        sd_event *event;
        DeadlineQueue queue;
        Passed passed;
} Fixture;

static void set_up(Fixture *fixture, uint64_t duration)
{
        *fixture = (Fixture){};
        assert_int_equal(sd_event_new(&fixture->event), 0);
        assert_true(deadline_queue_init(&fixture->queue, fixture->event, duration, on_passed,
                            &fixture->passed) >= 0);
}

static void tear_down(Fixture *fixture)
{
        deadline_queue_deinit(&fixture->queue);
        sd_event_unref(fixture->event);
}

/* Runs the loop until count deadlines have passed. */
static void run_until(Fixture *fixture, size_t count)
{
        for (unsigned i = 0; i < EVENTS_MAX && fixture->passed.count < count; i++)
                assert_true(sd_event_run(fixture->event, 5000000) > 0);
        assert_int_equal(fixture->passed.count, count);
}

static void test_order(void **state)
{
        Deadline a = {}, b = {}, c = {};
        Fixture fixture;

        (void)state;
        set_up(&fixture, SHORT_USEC);
        deadline_set(&a, &fixture.queue);
        deadline_set(&b, &fixture.queue);
        deadline_set(&c, &fixture.queue);
        deadline_set(&a, &fixture.queue); /* set again: now the last */
        assert_ptr_equal(deadline_queue_first(&fixture.queue), &b);
        run_until(&fixture, 3);
        assert_ptr_equal(fixture.passed.deadlines[0], &b);
        assert_ptr_equal(fixture.passed.deadlines[1], &c);
        assert_ptr_equal(fixture.passed.deadlines[2], &a);
        assert_null(a.queue);
        tear_down(&fixture);
}

/* The timer stays armed for one that was cleared, and must still serve the next. */
static void test_cleared(void **state)
{
        Deadline a = {}, b = {};
        Fixture fixture;

        (void)state;
        set_up(&fixture, SHORT_USEC);
        deadline_set(&a, &fixture.queue);
        deadline_clear(&a);
        deadline_clear(&a);
        assert_null(deadline_queue_first(&fixture.queue));
        deadline_set(&b, &fixture.queue);
        run_until(&fixture, 1);
        assert_ptr_equal(fixture.passed.deadlines[0], &b);
        deadline_set(&a, &fixture.queue);
        run_until(&fixture, 2);
        tear_down(&fixture);
}

static void test_shortened(void **state)
{
        Deadline a = {}, b = {};
        Fixture fixture;

        (void)state;
        set_up(&fixture, FAR_USEC);
        deadline_set(&a, &fixture.queue);
        deadline_queue_shorten(&fixture.queue, SHORT_USEC);
        deadline_set(&b, &fixture.queue); /* set later: short as well */
        run_until(&fixture, 2);
        tear_down(&fixture);
}

int main(void)
{
        static Table table;

        table_add(&table, "deadlines pass in the order of setting", test_order, NULL);
        table_add(&table, "one that is cleared does not pass", test_cleared, NULL);
        table_add(&table, "a queue can be shortened", test_shortened, NULL);
        return table_run(&table, "deadline");
}
