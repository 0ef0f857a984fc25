/* SPDX-License-Identifier: BSD-2-Clause */

/* The LoginCache in generated histories, against a model. */

#include "cache_fixture.h"
#include "random.h"

#define KEYS  12u
#define USERS 3u

/* How long an OK for a key may stand. */
static const CacheTimes times_of_keys[KEYS / USERS] = {{HOUR_USEC, 0},
        {3 * USEC_PER_SEC, 20 * USEC_PER_SEC}, {0, 10 * USEC_PER_SEC},
        {10 * USEC_PER_SEC, 5 * USEC_PER_SEC}};

/* What a cache must know, kept in the simplest way. */
typedef struct Model {
        uint64_t now;
        CacheEntry *flights[KEYS];
        bool outdated[KEYS];
        bool known[KEYS];
        bool remembered[KEYS];
        uint64_t until[KEYS];
        uint64_t stale_until[KEYS];
        size_t step[KEYS];
        unsigned misses[USERS];
} Model;

static unsigned user_of(unsigned key)
{
        return key % USERS;
}

static unsigned password_of(unsigned key)
{
        return key / USERS / 2;
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
                model->stale_until[key] = 0;
                model->outdated[key] = model->flights[key] != NULL;
        }
}

static void model_miss(Model *model, unsigned user)
{
        if (++model->misses[user] < CACHE_MISSES_MAX)
                return;
        model->misses[user] = 0;
        for (unsigned key = user; key < KEYS; key += USERS) {
                model->known[key] = false;
                model->stale_until[key] = 0;
        }
}

static void model_keep(Model *model, unsigned key, size_t step)
{
        const CacheTimes *times = &times_of_keys[key / USERS];

        model->known[key] = true;
        model->remembered[key] = false;
        model->until[key] = model->now + times->keep;
        model->stale_until[key] = times->stale > 0 ? model->now + times->stale : 0;
        model->step[key] = step;
        model->misses[user_of(key)] = 0;
}

/* Another password was right. */
static void model_supersede(Model *model, unsigned key)
{
        for (unsigned other = user_of(key); other < KEYS; other += USERS) {
                if (password_of(other) == password_of(key))
                        continue;
                model->stale_until[other] = 0;
                if (model->remembered[other])
                        model->until[other] = 0;
        }
}

static void model_recall(Model *model, unsigned key)
{
        uint64_t keep = times_of_keys[key / USERS].keep;

        model->known[key] = model->remembered[key] = true;
        model->until[key] = model->now + (keep < CACHE_BURST_USEC ? keep : CACHE_BURST_USEC);
}

/* Returns what must be told. */
static Result model_land(Model *model, unsigned key, Result result, size_t step)
{
        bool outdated = model->outdated[key];

        model->flights[key] = NULL;
        model->outdated[key] = false;
        model->known[key] = false;
        if (result == RESULT_MISMATCH)
                model_miss(model, user_of(key));
        if (result == RESULT_OK)
                model_supersede(model, key);
        if (result == RESULT_OK && !outdated) {
                model_keep(model, key, step);
        } else if (result == RESULT_UNAVAILABLE && model->stale_until[key] > model->now) {
                model_recall(model, key);
                return RESULT_OK;
        } else {
                model->stale_until[key] = 0;
        }
        return result;
}

static void step_land(Fixture *fixture, Model *model, unsigned key, Random *random)
{
        static const Result results[] = {RESULT_OK, RESULT_OK, RESULT_MISMATCH, RESULT_MISMATCH,
                RESULT_UNKNOWN, RESULT_UNAVAILABLE, RESULT_UNAVAILABLE};
        Result result = results[random_below(random, 7)], expected;
        size_t step = random_below(random, 2);
        CacheEntry *flight = model->flights[key];
        CacheOutcome told = land_by(fixture, flight, result, step, times_of_keys[key / USERS]);

        expected = model_land(model, key, result, step);
        assert_int_equal(told.result, expected);
        assert_int_equal(told.remembered, result != expected);
}

static void step_decline(Model *model, unsigned key, Random *random)
{
        size_t step = random_below(random, 2);

        login_cache_decline(model->flights[key], step);
        if (model->step[key] == step)
                model->stale_until[key] = 0;
}

static void step_enter(Fixture *fixture, Model *model, unsigned key)
{
        CacheState expected = CACHE_LEADS;
        CacheEntry *entry;
        CacheOutcome known;

        if (model->flights[key])
                expected = model->outdated[key] ? CACHE_FAILS : CACHE_JOINS;
        else if (model->known[key] && model->until[key] > model->now)
                expected = CACHE_KNOWS;
        assert_int_equal(enter(fixture, key, 1000 + user_of(key), &entry, &known), expected);
        if (expected == CACHE_LEADS) {
                if (!model->known[key]) /* a new one remembers nothing, of no backend */
                        model->stale_until[key] = model->step[key] = 0;
                model->flights[key] = entry;
                label(entry, password_of(key));
        } else if (expected == CACHE_KNOWS) {
                assert_int_equal(known.remembered, model->remembered[key]);
        }
}

static void step_time(Model *model, Random *random)
{
        passed_usec += random_below(random, 4) * USEC_PER_SEC;
        model->now = passed_usec;
}

static void step(Fixture *fixture, Model *model, Random *random)
{
        unsigned key = (unsigned)random_below(random, KEYS);
        size_t choice = random_below(random, 50);

        if (choice == 0) {
                login_cache_clear(&fixture->cache);
                model_clear(model);
        } else if (choice < 5) {
                step_time(model, random);
        } else if (model->flights[key] && choice < 8) {
                step_decline(model, key, random);
        } else if (model->flights[key] && choice < 28) {
                step_land(fixture, model, key, random);
        } else {
                step_enter(fixture, model, key);
        }
        for (unsigned user = 0; user < USERS; user++)
                if (!has_entries(model, user))
                        model->misses[user] = 0; /* what is counted goes with the entries */
}

static void test_histories(void **state)
{
        Random random = {0x5a51a4d};

        (void)state;
        for (unsigned history = 0; history < 5000; history++) {
                Fixture fixture;
                Model model = {};

                set_up(&fixture);
                for (unsigned i = 0; i < 200; i++)
                        step(&fixture, &model, &random);
                for (unsigned key = 0; key < KEYS; key++)
                        if (model.flights[key])
                                (void)land_by(&fixture, model.flights[key], RESULT_DENIED, 0,
                                        times_of_keys[key / USERS]);
                tear_down(&fixture);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_histories),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
