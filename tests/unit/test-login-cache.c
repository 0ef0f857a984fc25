/* SPDX-License-Identifier: BSD-2-Clause */

#include "cache_fixture.h"

/* Enters, and must get the answer. */
static CacheEntry *expect(Fixture *fixture, unsigned key, unsigned user, CacheState state)
{
        CacheEntry *entry = NULL;
        CacheOutcome known;

        assert_int_equal(enter(fixture, key, user, &entry, &known), state);
        return entry;
}

static void land(Fixture *fixture, CacheEntry *entry, Result result, uint64_t keep_usec)
{
        (void)land_by(fixture, entry, result, 0, (CacheTimes){.keep = keep_usec});
}

static void lead(Fixture *fixture, unsigned key, unsigned user, Result result)
{
        land(fixture, expect(fixture, key, user, CACHE_LEADS), result, HOUR_USEC);
}

typedef struct Rider {
        CacheJoiner joiner;
        unsigned landings;
        Result result;
} Rider;

static void take_landing(CacheJoiner *joiner, const CacheOutcome *outcome)
{
        Rider *rider = (Rider *)joiner;

        rider->landings++;
        rider->result = outcome->result;
        if (outcome->result == RESULT_OK)
                assert_bytes_equal(outcome->account, bytes_from_string("alice"));
}

static void join(Fixture *fixture, CacheEntry *entry, Rider *rider, uint64_t wait_usec)
{
        uint64_t now;

        rider->joiner.landed = take_landing;
        assert_true(sd_event_now(fixture->event, CLOCK_MONOTONIC, &now) >= 0);
        login_cache_join(&fixture->cache, entry, &rider->joiner, now + wait_usec);
}

static void test_only_ok_is_kept(void **state)
{
        Fixture fixture;
        CacheEntry *entry;
        CacheOutcome known = {};

        (void)state;
        set_up(&fixture);
        for (Result result = 0; result <= RESULT_UNAVAILABLE; result++)
                if (result != RESULT_OK) {
                        lead(&fixture, 1, 1, result);
                        land(&fixture, expect(&fixture, 1, 1, CACHE_LEADS), result, HOUR_USEC);
                }
        lead(&fixture, 1, 1, RESULT_OK);
        assert_int_equal(enter(&fixture, 1, 1, &entry, &known), CACHE_KNOWS);
        assert_int_equal(known.result, RESULT_OK);
        assert_bytes_equal(known.account, bytes_from_string("alice"));
        assert_false(known.remembered);
        lead(&fixture, 2, 1, RESULT_DENIED); /* another question */
        tear_down(&fixture);
}

static void test_not_kept_at_all(void **state)
{
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        land(&fixture, expect(&fixture, 1, 1, CACHE_LEADS), RESULT_OK, 0);
        lead(&fixture, 1, 1, RESULT_OK);
        tear_down(&fixture);
}

/* Has an OK remembered for an hour, and kept for so long. */
static void lead_stale(Fixture *fixture, unsigned key, unsigned user, uint64_t keep_usec)
{
        (void)land_by(fixture, expect(fixture, key, user, CACHE_LEADS), RESULT_OK, 0,
                (CacheTimes){keep_usec, HOUR_USEC});
}

static void test_count(void **state)
{
        Fixture fixture;
        CacheEntry *flying;

        (void)state;
        set_up(&fixture);
        assert_int_equal(login_cache_count(&fixture.cache), 0);
        lead(&fixture, 1, 1, RESULT_OK);
        lead(&fixture, 2, 1, RESULT_DENIED);
        lead_stale(&fixture, 3, 1, 0);
        flying = expect(&fixture, 4, 1, CACHE_LEADS);
        assert_int_equal(login_cache_count(&fixture.cache), 2);
        passed_usec = HOUR_USEC + USEC_PER_SEC;
        assert_int_equal(login_cache_count(&fixture.cache), 0);
        land(&fixture, flying, RESULT_OK, HOUR_USEC);
        assert_int_equal(login_cache_count(&fixture.cache), 1);
        tear_down(&fixture);
}

static void test_kept_for_its_time(void **state)
{
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        lead(&fixture, 1, 1, RESULT_OK);
        passed_usec = HOUR_USEC / 2;
        (void)expect(&fixture, 1, 1, CACHE_KNOWS);
        passed_usec = HOUR_USEC + USEC_PER_SEC;
        lead(&fixture, 1, 1, RESULT_OK);
        tear_down(&fixture);
}

static void test_joiners_land_with_the_first(void **state)
{
        const Result results[] = {RESULT_OK, RESULT_MISMATCH, RESULT_UNAVAILABLE};
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        for (unsigned i = 0; i < 3; i++) {
                CacheEntry *entry = expect(&fixture, i, 1, CACHE_LEADS);
                Rider riders[3] = {};

                for (unsigned j = 0; j < 3; j++)
                        join(&fixture, expect(&fixture, i, 1, CACHE_JOINS), &riders[j], HOUR_USEC);
                land(&fixture, entry, results[i], HOUR_USEC);
                for (unsigned j = 0; j < 3; j++) {
                        assert_int_equal(riders[j].landings, 1);
                        assert_int_equal(riders[j].result, results[i]);
                }
        }
        tear_down(&fixture);
}

static void test_joiners_have_their_own_deadline(void **state)
{
        Fixture fixture;
        CacheEntry *entry;
        Rider hasty = {}, patient = {};

        (void)state;
        set_up(&fixture);
        entry = expect(&fixture, 1, 1, CACHE_LEADS);
        join(&fixture, entry, &patient, HOUR_USEC);
        join(&fixture, entry, &hasty, 1000);
        while (hasty.landings == 0)
                assert_true(sd_event_run(fixture.event, 5000000) > 0);
        assert_int_equal(hasty.result, RESULT_UNAVAILABLE);
        assert_int_equal(patient.landings, 0);
        land(&fixture, entry, RESULT_OK, HOUR_USEC);
        assert_int_equal(patient.landings, 1);
        assert_int_equal(hasty.landings, 1);
        tear_down(&fixture);
}

/* An answer from before a change is for those who asked before it. */
static void test_cleared_while_it_flies(void **state)
{
        Fixture fixture;
        CacheEntry *entry;
        Rider before = {};

        (void)state;
        set_up(&fixture);
        entry = expect(&fixture, 1, 1, CACHE_LEADS);
        join(&fixture, entry, &before, HOUR_USEC);
        login_cache_clear(&fixture.cache);
        (void)expect(&fixture, 1, 1, CACHE_FAILS);
        land(&fixture, entry, RESULT_OK, HOUR_USEC);
        assert_int_equal(before.result, RESULT_OK);
        lead(&fixture, 1, 1, RESULT_OK);
        tear_down(&fixture);
}

static void test_misses_cost_the_entries(void **state)
{
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        lead(&fixture, 1, 1, RESULT_OK);
        lead(&fixture, 2, 2, RESULT_OK);
        for (unsigned i = 1; i < CACHE_MISSES_MAX; i++)
                lead(&fixture, 100 + i, 1, RESULT_MISMATCH);
        (void)expect(&fixture, 1, 1, CACHE_KNOWS);
        lead(&fixture, 200, 1, RESULT_MISMATCH);
        lead(&fixture, 1, 1, RESULT_OK);
        (void)expect(&fixture, 2, 2, CACHE_KNOWS); /* another user's */
        tear_down(&fixture);
}

/* What the first backend has said counts, whatever became of it behind it. */
static void test_misses_in_a_chain(void **state)
{
        static const Result ends[] = {RESULT_UNKNOWN, RESULT_DENIED, RESULT_UNAVAILABLE};
        const CacheTimes times = {HOUR_USEC, 0};
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        for (unsigned i = 0; i < 3; i++) {
                lead(&fixture, 1, 1, RESULT_OK);
                for (unsigned j = 0; j < CACHE_MISSES_MAX; j++) {
                        CacheEntry *entry = expect(&fixture, 100 + j, 1, CACHE_LEADS);

                        (void)expect(&fixture, 1, 1, CACHE_KNOWS);
                        (void)login_cache_land(&fixture.cache, entry,
                                &(CacheOutcome){.result = ends[i], .is_missed = true}, 1, &times);
                }
        }
        lead(&fixture, 1, 1, RESULT_OK);
        tear_down(&fixture);
}

static void test_bounded(void **state)
{
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        for (unsigned i = 0; i <= CACHE_ENTRIES_MAX; i++)
                lead(&fixture, i, i, RESULT_OK);
        assert_int_equal(fixture.cache.kept_count, CACHE_ENTRIES_MAX);
        (void)expect(&fixture, 1, 1, CACHE_KNOWS);
        lead(&fixture, 0, 0, RESULT_OK); /* the oldest had to go */
        tear_down(&fixture);
}

/* Asks while the backends cannot be asked. */
static Result ask_in_vain(Fixture *fixture, unsigned key, unsigned user)
{
        CacheEntry *entry = expect(fixture, key, user, CACHE_LEADS);

        return land_by(fixture, entry, RESULT_UNAVAILABLE, 0, (CacheTimes){0, HOUR_USEC}).result;
}

/* An OK is remembered as long as it may be, for whoever asks and whoever has joined. */
static void test_remembered(void **state)
{
        Fixture fixture;
        Rider rider = {};
        CacheEntry *entry;
        CacheOutcome told;

        (void)state;
        set_up(&fixture);
        lead_stale(&fixture, 1, 1, 0);
        for (unsigned minutes = 0; minutes < 60; minutes += 10) {
                passed_usec = minutes * 60 * USEC_PER_SEC;
                entry = expect(&fixture, 1, 1, CACHE_LEADS);
                join(&fixture, expect(&fixture, 1, 1, CACHE_JOINS), &rider, HOUR_USEC);
                told = land_by(&fixture, entry, RESULT_UNAVAILABLE, 0, (CacheTimes){0, HOUR_USEC});
                assert_int_equal(told.result, RESULT_OK);
                assert_true(told.remembered);
                assert_bytes_equal(told.account, bytes_from_string("alice"));
                assert_bytes_equal(told.reason, bytes_from_string("why"));
                assert_int_equal(rider.result, RESULT_OK);
        }
        assert_int_equal(ask_in_vain(&fixture, 2, 1), RESULT_UNAVAILABLE);
        passed_usec = HOUR_USEC + USEC_PER_SEC;
        assert_int_equal(ask_in_vain(&fixture, 1, 1), RESULT_UNAVAILABLE);
        tear_down(&fixture);
}

/* The backends were asked, and said no. */
static void test_forgotten_by_an_answer(void **state)
{
        const Result results[] = {RESULT_MISMATCH, RESULT_UNKNOWN, RESULT_DENIED};
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        for (unsigned i = 0; i < 3; i++) {
                lead_stale(&fixture, i, i, 0);
                lead_stale(&fixture, 100 + i, i, 0);
                lead(&fixture, i, i, results[i]);
                assert_int_equal(ask_in_vain(&fixture, i, i), RESULT_UNAVAILABLE);
                assert_int_equal(ask_in_vain(&fixture, 100 + i, i), RESULT_OK);
        }
        tear_down(&fixture);
}

/* The first backend has said no, and the one behind it cannot be asked. */
static void test_forgotten_by_its_backend(void **state)
{
        Fixture fixture;
        CacheEntry *entry;

        (void)state;
        set_up(&fixture);
        for (size_t step = 0; step < 2; step++) {
                entry = expect(&fixture, 1, 1, CACHE_LEADS);
                (void)land_by(&fixture, entry, RESULT_OK, step, (CacheTimes){0, HOUR_USEC});
                entry = expect(&fixture, 1, 1, CACHE_LEADS);
                login_cache_decline(entry, 0);
                assert_int_equal(
                        land_by(&fixture, entry, RESULT_UNAVAILABLE, 1, (CacheTimes){0, HOUR_USEC})
                                .result,
                        step == 0 ? RESULT_UNAVAILABLE : RESULT_OK);
        }
        tear_down(&fixture);
}

static void test_misses_cost_what_is_remembered(void **state)
{
        Fixture fixture;
        CacheEntry *flying;

        (void)state;
        set_up(&fixture);
        lead_stale(&fixture, 1, 1, 0);
        lead_stale(&fixture, 2, 1, 0);
        lead_stale(&fixture, 3, 2, 0);
        flying = expect(&fixture, 2, 1, CACHE_LEADS);
        for (unsigned i = 0; i < CACHE_MISSES_MAX; i++)
                lead(&fixture, 100 + i, 1, RESULT_MISMATCH);
        assert_int_equal(ask_in_vain(&fixture, 1, 1), RESULT_UNAVAILABLE);
        assert_int_equal(land_by(&fixture, flying, RESULT_UNAVAILABLE, 0, (CacheTimes){}).result,
                RESULT_UNAVAILABLE);
        assert_int_equal(ask_in_vain(&fixture, 3, 2), RESULT_OK);
        tear_down(&fixture);
}

/* Who joined has no more time than he had, and gets what is remembered then. */
static void test_remembered_at_the_deadline(void **state)
{
        Fixture fixture;
        Rider hasty = {};
        CacheEntry *entry;

        (void)state;
        set_up(&fixture);
        lead_stale(&fixture, 1, 1, 0);
        entry = expect(&fixture, 1, 1, CACHE_LEADS);
        join(&fixture, expect(&fixture, 1, 1, CACHE_JOINS), &hasty, 1000);
        while (hasty.landings == 0)
                assert_true(sd_event_run(fixture.event, 5000000) > 0);
        assert_int_equal(hasty.result, RESULT_OK);
        land(&fixture, entry, RESULT_MISMATCH, 0);
        assert_int_equal(ask_in_vain(&fixture, 1, 1), RESULT_UNAVAILABLE);
        tear_down(&fixture);
}

/* The other channels of a console login need not wait for a backend that hangs; but not longer. */
static void test_answers_for_a_burst(void **state)
{
        const CacheTimes times = {HOUR_USEC / 2, HOUR_USEC};
        Fixture fixture;
        CacheEntry *entry;
        CacheOutcome known;

        (void)state;
        set_up(&fixture);
        lead_stale(&fixture, 1, 1, times.keep);
        passed_usec = times.keep;
        entry = expect(&fixture, 1, 1, CACHE_LEADS);
        assert_true(land_by(&fixture, entry, RESULT_UNAVAILABLE, 0, times).remembered);
        assert_int_equal(enter(&fixture, 1, 1, &entry, &known), CACHE_KNOWS);
        assert_true(known.remembered);
        passed_usec += CACHE_BURST_USEC;
        entry = expect(&fixture, 1, 1, CACHE_LEADS);
        assert_false(land_by(&fixture, entry, RESULT_OK, 0, times).remembered);
        assert_int_equal(enter(&fixture, 1, 1, &entry, &known), CACHE_KNOWS);
        assert_false(known.remembered);
        tear_down(&fixture);
}

/* Lands an OK for a password of the user that is remembered for an hour. */
static void lead_password(Fixture *fixture, unsigned key, unsigned user, unsigned password)
{
        CacheEntry *entry = expect(fixture, key, user, CACHE_LEADS);

        label(entry, password);
        (void)land_by(fixture, entry, RESULT_OK, 0, (CacheTimes){0, HOUR_USEC});
}

/* Whoever has changed his password meant to. */
static void test_another_password(void **state)
{
        Fixture fixture;
        CacheEntry *flying;

        (void)state;
        set_up(&fixture);
        lead_password(&fixture, 1, 1, 1);
        lead_password(&fixture, 2, 1, 1); /* at another VM */
        lead_password(&fixture, 3, 2, 1); /* another user's */
        flying = expect(&fixture, 2, 1, CACHE_LEADS);
        lead_password(&fixture, 4, 1, 2);
        assert_int_equal(ask_in_vain(&fixture, 1, 1), RESULT_UNAVAILABLE);
        assert_int_equal(land_by(&fixture, flying, RESULT_UNAVAILABLE, 0, (CacheTimes){}).result,
                RESULT_UNAVAILABLE);
        assert_int_equal(ask_in_vain(&fixture, 3, 2), RESULT_OK);
        assert_int_equal(ask_in_vain(&fixture, 4, 1), RESULT_OK);
        tear_down(&fixture);
}

/* Nor does it go on to stand in for the other channels. */
static void test_another_password_in_a_burst(void **state)
{
        const CacheTimes times = {CACHE_BURST_USEC, HOUR_USEC};
        Fixture fixture;
        CacheEntry *entry;

        (void)state;
        set_up(&fixture);
        lead_password(&fixture, 1, 1, 1);
        entry = expect(&fixture, 1, 1, CACHE_LEADS);
        assert_true(land_by(&fixture, entry, RESULT_UNAVAILABLE, 0, times).remembered);
        (void)expect(&fixture, 1, 1, CACHE_KNOWS);
        lead_password(&fixture, 2, 1, 2);
        land(&fixture, expect(&fixture, 1, 1, CACHE_LEADS), RESULT_MISMATCH, 0);
        tear_down(&fixture);
}

static void test_remembered_until_cleared(void **state)
{
        Fixture fixture;
        CacheEntry *flying;
        const Digest one = digest(1), two = digest(2);

        (void)state;
        set_up(&fixture);
        lead_stale(&fixture, 1, 1, 0);
        lead_stale(&fixture, 2, 1, 0);
        flying = expect(&fixture, 2, 1, CACHE_LEADS);
        assert_true(login_cache_remembers(&fixture.cache, &one));
        assert_true(login_cache_remembers(&fixture.cache, &two));
        login_cache_clear(&fixture.cache);
        assert_false(login_cache_remembers(&fixture.cache, &one));
        assert_false(login_cache_remembers(&fixture.cache, &two));
        assert_int_equal(ask_in_vain(&fixture, 1, 1), RESULT_UNAVAILABLE);
        assert_int_equal(land_by(&fixture, flying, RESULT_UNAVAILABLE, 0, (CacheTimes){}).result,
                RESULT_UNAVAILABLE);
        tear_down(&fixture);
}

/* Nobody was asked, so what is remembered stays, and nothing else. */
static void test_abandoned(void **state)
{
        Fixture fixture;
        const CacheTimes times = {.stale = HOUR_USEC};

        (void)state;
        set_up(&fixture);
        login_cache_abandon(&fixture.cache, expect(&fixture, 1, 1, CACHE_LEADS));
        assert_int_equal(login_cache_count(&fixture.cache), 0);
        lead_stale(&fixture, 1, 1, 0);
        for (unsigned i = 0; i < 2; i++) {
                login_cache_abandon(&fixture.cache, expect(&fixture, 1, 1, CACHE_LEADS));
                assert_int_equal(login_cache_count(&fixture.cache), 1);
        }
        assert_int_equal(
                land_by(&fixture, expect(&fixture, 1, 1, CACHE_LEADS), RESULT_UNAVAILABLE, 0, times)
                        .result,
                RESULT_OK);
        passed_usec += HOUR_USEC;
        login_cache_abandon(&fixture.cache, expect(&fixture, 1, 1, CACHE_LEADS));
        assert_int_equal(login_cache_count(&fixture.cache), 0);
        tear_down(&fixture);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_only_ok_is_kept),
                cmocka_unit_test(test_not_kept_at_all),
                cmocka_unit_test(test_count),
                cmocka_unit_test(test_kept_for_its_time),
                cmocka_unit_test(test_joiners_land_with_the_first),
                cmocka_unit_test(test_joiners_have_their_own_deadline),
                cmocka_unit_test(test_cleared_while_it_flies),
                cmocka_unit_test(test_misses_cost_the_entries),
                cmocka_unit_test(test_misses_in_a_chain),
                cmocka_unit_test(test_bounded),
                cmocka_unit_test(test_remembered),
                cmocka_unit_test(test_forgotten_by_an_answer),
                cmocka_unit_test(test_forgotten_by_its_backend),
                cmocka_unit_test(test_misses_cost_what_is_remembered),
                cmocka_unit_test(test_remembered_at_the_deadline),
                cmocka_unit_test(test_answers_for_a_burst),
                cmocka_unit_test(test_another_password),
                cmocka_unit_test(test_another_password_in_a_burst),
                cmocka_unit_test(test_remembered_until_cleared),
                cmocka_unit_test(test_abandoned),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
