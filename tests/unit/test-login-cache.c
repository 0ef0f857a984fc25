/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/login_cache.h"

#include "proto/cleanup.h"

#include "random.h"
#include "table.h"

#define HOUR_USEC 3600000000u

typedef struct Fixture {
        sd_event *event;
        LoginCache cache;
} Fixture;

static void set_up(Fixture *fixture)
{
        *fixture = (Fixture){};
        assert_int_equal(sd_event_new(&fixture->event), 0);
        assert_true(login_cache_init(&fixture->cache, fixture->event) >= 0);
}

static void tear_down(Fixture *fixture)
{
        login_cache_deinit(&fixture->cache);
        sd_event_unref(fixture->event);
}

/* A digest as any other, told apart by a number. */
static Digest digest(unsigned number)
{
        Digest made = {};

        memcpy(made.bytes, &number, sizeof(number));
        return made;
}

static CacheState enter(
        Fixture *fixture, unsigned key, unsigned user, CacheEntry **entry, Bytes *account)
{
        const Digest key_digest = digest(key), user_digest = digest(user);

        return login_cache_enter(&fixture->cache, &key_digest, &user_digest, entry, account);
}

/* Enters, and must get the answer. */
static CacheEntry *expect(Fixture *fixture, unsigned key, unsigned user, CacheState state)
{
        CacheEntry *entry = NULL;
        Bytes account;

        assert_int_equal(enter(fixture, key, user, &entry, &account), state);
        return entry;
}

static void land(Fixture *fixture, CacheEntry *entry, Result result, uint64_t keep_usec)
{
        const CacheOutcome outcome = {.result = result, .account = bytes_from_string("alice")};

        login_cache_land(&fixture->cache, entry, &outcome, keep_usec);
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
        Bytes account = BYTES_EMPTY;

        (void)state;
        set_up(&fixture);
        for (Result result = 0; result <= RESULT_UNAVAILABLE; result++)
                if (result != RESULT_OK) {
                        lead(&fixture, 1, 1, result);
                        land(&fixture, expect(&fixture, 1, 1, CACHE_LEADS), result, HOUR_USEC);
                }
        lead(&fixture, 1, 1, RESULT_OK);
        assert_int_equal(enter(&fixture, 1, 1, &entry, &account), CACHE_KNOWS);
        assert_bytes_equal(account, bytes_from_string("alice"));
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

/* The loop's time goes on with each run of it. */
static void test_kept_for_its_time(void **state)
{
        Fixture fixture;
        uint64_t until, now;

        (void)state;
        set_up(&fixture);
        land(&fixture, expect(&fixture, 1, 1, CACHE_LEADS), RESULT_OK, 1000);
        (void)sd_event_now(fixture.event, CLOCK_MONOTONIC, &until);
        do {
                assert_true(sd_event_run(fixture.event, 500) >= 0);
                (void)sd_event_now(fixture.event, CLOCK_MONOTONIC, &now);
        } while (now < until + 1000);
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

#define KEYS  12u
#define USERS 3u

/* What a cache must know, kept in the simplest way. */
typedef struct Model {
        CacheEntry *flights[KEYS];
        bool outdated[KEYS];
        bool known[KEYS];
        unsigned misses[USERS];
} Model;

static unsigned user_of(unsigned key)
{
        return key % USERS;
}

static bool has_entries(const Model *model, unsigned user)
{
        for (unsigned key = user; key < KEYS; key += USERS)
                if (model->known[key] || model->flights[key])
                        return true;
        return false;
}

static void model_clear(Model *model)
{
        for (unsigned key = 0; key < KEYS; key++) {
                model->known[key] = false;
                model->outdated[key] = model->flights[key] != NULL;
        }
}

static void model_land(Model *model, unsigned key, Result result)
{
        unsigned user = user_of(key);

        if (result == RESULT_MISMATCH && ++model->misses[user] == CACHE_MISSES_MAX) {
                model->misses[user] = 0;
                for (unsigned other = user; other < KEYS; other += USERS)
                        model->known[other] = false;
        }
        model->flights[key] = NULL;
        if (result == RESULT_OK && !model->outdated[key]) {
                model->known[key] = true;
                model->misses[user] = 0;
        }
        model->outdated[key] = false;
}

static void step_enter(Fixture *fixture, Model *model, unsigned key)
{
        CacheState expected = CACHE_LEADS;
        CacheEntry *entry;
        Bytes account;

        if (model->known[key])
                expected = CACHE_KNOWS;
        else if (model->flights[key])
                expected = model->outdated[key] ? CACHE_FAILS : CACHE_JOINS;
        assert_int_equal(enter(fixture, key, 1000 + user_of(key), &entry, &account), expected);
        if (expected == CACHE_LEADS)
                model->flights[key] = entry;
}

static void step(Fixture *fixture, Model *model, Random *random)
{
        static const Result results[] = {
                RESULT_OK, RESULT_OK, RESULT_MISMATCH, RESULT_MISMATCH, RESULT_UNAVAILABLE};
        unsigned key = (unsigned)random_below(random, KEYS);

        if (random_below(random, 50) == 0) {
                login_cache_clear(&fixture->cache);
                model_clear(model);
        } else if (model->flights[key] && random_below(random, 2) == 0) {
                Result result = results[random_below(random, 5)];

                land(fixture, model->flights[key], result, HOUR_USEC);
                model_land(model, key, result);
        } else {
                step_enter(fixture, model, key);
        }
        for (unsigned user = 0; user < USERS; user++)
                if (!has_entries(model, user))
                        model->misses[user] = 0; /* what is counted goes with the entries */
}

/* Generated histories against a model. */
static void test_histories(void **state)
{
        Random random = {0x5a51a4d};

        (void)state;
        for (unsigned history = 0; history < 500; history++) {
                Fixture fixture;
                Model model = {};

                set_up(&fixture);
                for (unsigned i = 0; i < 200; i++)
                        step(&fixture, &model, &random);
                for (unsigned key = 0; key < KEYS; key++)
                        if (model.flights[key])
                                land(&fixture, model.flights[key], RESULT_DENIED, 0);
                tear_down(&fixture);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_only_ok_is_kept),
                cmocka_unit_test(test_not_kept_at_all),
                cmocka_unit_test(test_kept_for_its_time),
                cmocka_unit_test(test_joiners_land_with_the_first),
                cmocka_unit_test(test_joiners_have_their_own_deadline),
                cmocka_unit_test(test_cleared_while_it_flies),
                cmocka_unit_test(test_misses_cost_the_entries),
                cmocka_unit_test(test_bounded),
                cmocka_unit_test(test_histories),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
