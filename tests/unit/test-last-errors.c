/* SPDX-License-Identifier: BSD-2-Clause */

/* Supervisor and fronts write, and each may be read, or killed, in the middle of that: linked with
 * --wrap=clock_gettime, which a writer calls when he has a place for his line and the line is not
 * there yet. */

#include "daemon/last_errors.h"

#include "table.h"

#include <stdio.h>
#include <time.h>

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);

static struct {
        LastErrors *errors; /* to be read while somebody writes; NULL: they are not */
        LastError found[LAST_ERRORS_MAX];
        unsigned count;
} meanwhile;

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
        if (meanwhile.errors)
                meanwhile.count = last_errors_copy(meanwhile.errors, meanwhile.found);
        return __real_clock_gettime(clock, time);
}

static void keep(LastErrors *errors, unsigned number)
{
        char text[32];

        (void)snprintf(text, sizeof(text), "line %u", number);
        last_errors_keep(errors, "area", text);
}

/* The newest first, without a gap. */
static void check(const LastError *found, unsigned count, unsigned newest)
{
        char text[32];

        for (unsigned i = 0; i < count; i++) {
                (void)snprintf(text, sizeof(text), "area: line %u", newest - i);
                assert_string_equal(found[i].text, text);
                assert_true(found[i].time > 0);
        }
}

static void test_newest(void **state)
{
        LastErrors *errors = last_errors_new();
        LastError found[LAST_ERRORS_MAX];

        (void)state;
        assert_non_null(errors);
        assert_int_equal(last_errors_copy(errors, found), 0);
        for (unsigned i = 1; i <= 3 * LAST_ERRORS_MAX; i++) {
                unsigned count = i < LAST_ERRORS_MAX ? i : LAST_ERRORS_MAX;

                keep(errors, i);
                assert_int_equal(last_errors_copy(errors, found), count);
                check(found, count, i);
        }
        assert_null(last_errors_free(errors));
}

/* Who reads meanwhile finds what was there before, but for the line whose place it is to have. */
static void test_half_written(void **state)
{
        LastErrors *errors = last_errors_new();

        (void)state;
        assert_non_null(errors);
        for (unsigned i = 1; i <= 3 * LAST_ERRORS_MAX; i++) {
                unsigned count = i - 1 < LAST_ERRORS_MAX - 1 ? i - 1 : LAST_ERRORS_MAX - 1;

                meanwhile.errors = errors;
                keep(errors, i);
                meanwhile.errors = NULL;
                assert_int_equal(meanwhile.count, count);
                check(meanwhile.found, count, i - 1);
        }
        assert_null(last_errors_free(errors));
}

static void test_long(void **state)
{
        LastErrors *errors = last_errors_new();
        LastError found[LAST_ERRORS_MAX];
        char text[2 * LAST_ERROR_TEXT_MAX];

        (void)state;
        assert_non_null(errors);
        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        last_errors_keep(errors, "area", text);
        assert_int_equal(last_errors_copy(errors, found), 1);
        assert_int_equal(strlen(found[0].text), LAST_ERROR_TEXT_MAX - 1);
        assert_null(last_errors_free(errors));
}

int main(void)
{
        Table table = {};

        table_add(&table, "the newest are kept", test_newest, NULL);
        table_add(&table, "one is being written", test_half_written, NULL);
        table_add(&table, "longer than there is room", test_long, NULL);
        return table_run(&table, "last errors");
}
