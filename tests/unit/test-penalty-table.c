/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/penalty_table.h"

#include "random.h"
#include "table.h"

#define SEED      0x70e11a17u
#define ROUNDS    300u
#define STEPS     400u
#define KEYS      6u
#define PASSWORDS 40u
#define SPRAYED   100000u

static Digest digest(uint64_t number)
{
        Random random = {number + 1};
        Digest made;

        for (size_t i = 0; i < DIGEST_SIZE; i++)
                made.bytes[i] = (uint8_t)random_below(&random, 256);
        return made;
}

static PenaltyAttempt attempt_of(uint64_t key, uint64_t password)
{
        return (PenaltyAttempt){.key = digest(key), .password = digest(1u << 30 | password)};
}

/* Has a password checked, or tries to. It stays the wrong one. */
static bool try(
        PenaltyTable *table, uint64_t key, uint64_t password, PenaltyLimits limits, uint64_t now)
{
        PenaltyAttempt attempt = attempt_of(key, password);

        return penalty_table_admit(table, &attempt, &limits, now);
}

/* What has happened to one key, as it comes. */
typedef struct Event {
        enum {
                EVENT_CHECK,
                EVENT_CLEAR,
                EVENT_WITHDRAW,
        } kind;
        unsigned password;
        PenaltyLimits limits;
        uint64_t at;
} Event;

typedef struct History {
        Event events[STEPS];
        size_t count;
} History;

/* What the table has to know of a key. */
typedef struct Knowledge {
        bool wrong[PASSWORDS];
        unsigned count;
        uint64_t newest;
        uint64_t checked;
} Knowledge;

static void take_check(Knowledge *known, const Event *event)
{
        if (known->count > 0 && event->at - known->newest >= PENALTY_FORGOTTEN)
                *known = (Knowledge){};
        known->checked = event->at;
        if (known->wrong[event->password])
                return;
        known->newest = event->at;
        if (known->count >= event->limits.after)
                return;
        known->wrong[event->password] = true;
        known->count++;
}

/* All that follows from a history, from its beginning each time. */
static Knowledge look_back(const History *history)
{
        Knowledge known = {};

        for (size_t i = 0; i < history->count; i++) {
                const Event *event = &history->events[i];

                if (event->kind == EVENT_CHECK) {
                        take_check(&known, event);
                } else if (event->kind == EVENT_CLEAR) {
                        known = (Knowledge){};
                } else if (known.wrong[event->password]) {
                        known.wrong[event->password] = false;
                        known.count--;
                }
        }
        return known;
}

static bool may_check(const History *history, const PenaltyLimits *limits, uint64_t now)
{
        const Knowledge known = look_back(history);

        return known.count < limits->after || now - known.newest >= PENALTY_FORGOTTEN ||
               now - known.checked >= limits->every_usec;
}

/* Attempts whose answer is not there yet. */
typedef struct Pending {
        PenaltyAttempt attempts[STEPS];
        unsigned keys[STEPS];
        unsigned passwords[STEPS];
        size_t count;
} Pending;

static void note(History *history, Event event)
{
        history->events[history->count++] = event;
}

static void step_admit(
        PenaltyTable *table, History *histories, Pending *pending, Random *random, uint64_t now)
{
        unsigned key = (unsigned)random_below(random, KEYS);
        unsigned password = (unsigned)random_below(random, PASSWORDS);
        PenaltyLimits limits = {
                key < 2 ? PENALTY_AFTER_MAX : 1 + (unsigned)random_below(random, 5), USEC_PER_SEC};
        PenaltyAttempt attempt = attempt_of(key, password);
        bool admitted = penalty_table_admit(table, &attempt, &limits, now);

        assert_int_equal(admitted, may_check(&histories[key], &limits, now));
        if (!admitted)
                return;
        note(&histories[key], (Event){EVENT_CHECK, password, limits, now});
        pending->attempts[pending->count] = attempt;
        pending->keys[pending->count] = key;
        pending->passwords[pending->count++] = password;
}

/* An answer: most passwords are wrong, and nothing has to be done for them. */
static void step_settle(PenaltyTable *table, History *histories, Pending *pending, Random *random)
{
        size_t at = random_below(random, pending->count);
        unsigned key = pending->keys[at], password = pending->passwords[at];
        const PenaltyAttempt attempt = pending->attempts[at];
        size_t outcome = random_below(random, 8);

        pending->count--;
        pending->attempts[at] = pending->attempts[pending->count];
        pending->keys[at] = pending->keys[pending->count];
        pending->passwords[at] = pending->passwords[pending->count];
        if (outcome == 0) {
                penalty_table_clear(table, &attempt);
                note(&histories[key], (Event){.kind = EVENT_CLEAR});
        } else if (outcome == 1) {
                penalty_table_withdraw(table, &attempt);
                if (attempt.counted)
                        note(&histories[key],
                                (Event){.kind = EVENT_WITHDRAW, .password = password});
        }
}

static void play(Random *random)
{
        static History histories[KEYS];
        static Pending pending;
        PenaltyTable *table = penalty_table_new();
        uint64_t now = USEC_PER_SEC;

        memset(histories, 0, sizeof(histories));
        pending.count = 0;
        assert_non_null(table);
        for (unsigned step = 0; step < STEPS; step++) {
                if (random_below(random, 100) == 0)
                        now += random_below(random, 2 * PENALTY_FORGOTTEN);
                else if (random_below(random, 2) == 0)
                        now += random_below(random, USEC_PER_SEC);
                if (pending.count > 0 && random_below(random, 3) == 0)
                        step_settle(table, histories, &pending, random);
                else
                        step_admit(table, histories, &pending, random, now);
        }
        (void)penalty_table_free(table);
}

static void test_histories(void **state)
{
        Random random = {SEED};

        (void)state;
        print_message("# seed %#x\n", SEED);
        for (unsigned round = 0; round < ROUNDS; round++)
                play(&random);
}

static const PenaltyLimits ten = {10, 2 * USEC_PER_SEC};

static void test_one_check_at_a_time(void **state)
{
        PenaltyTable *table = penalty_table_new();
        unsigned checks = 0;

        (void)state;
        assert_non_null(table);
        for (unsigned password = 0; password < 50; password++)
                checks += try(table, 1, password, ten, 0);
        assert_int_equal(checks, 10);
        assert_false(try(table, 1, 50, ten, ten.every_usec - 1));
        assert_true(try(table, 1, 50, ten, ten.every_usec));
        assert_false(try(table, 1, 51, ten, 2 * ten.every_usec - 1));
        assert_true(try(table, 1, 0, ten, 2 * ten.every_usec));
        assert_true(try(table, 2, 0, ten, 0));
        (void)penalty_table_free(table);
}

static void test_the_same_password(void **state)
{
        PenaltyTable *table = penalty_table_new();

        (void)state;
        assert_non_null(table);
        for (unsigned i = 0; i < 50; i++)
                assert_true(try(table, 1, 7, ten, 0));
        (void)penalty_table_free(table);
}

/* It is an hour since the last new one, not since the last. */
static void test_forgotten(void **state)
{
        PenaltyTable *table = penalty_table_new();
        unsigned checks = 0;

        (void)state;
        assert_non_null(table);
        for (unsigned password = 0; password < 10; password++)
                (void)try(table, 1, password, ten, 0);
        assert_true(try(table, 1, 0, ten, PENALTY_FORGOTTEN - 1));
        assert_false(try(table, 1, 1, ten, PENALTY_FORGOTTEN - 1));
        for (unsigned password = 0; password < 50; password++)
                checks += try(table, 1, password, ten, PENALTY_FORGOTTEN);
        assert_int_equal(checks, 10);
        (void)penalty_table_free(table);
}

/* Only the attempt with which a password came to be counted can take it out again: a service that
 * is out of order must not wash clean what another has found to be wrong. */
static void test_withdrawn_by_another(void **state)
{
        const PenaltyLimits two = {2, USEC_PER_SEC};
        PenaltyTable *table = penalty_table_new();
        PenaltyAttempt again = attempt_of(1, 7);

        (void)state;
        assert_non_null(table);
        assert_true(try(table, 1, 7, two, 0));
        assert_true(penalty_table_admit(table, &again, &two, 0));
        penalty_table_withdraw(table, &again);
        assert_true(try(table, 1, 8, two, 0));
        assert_false(try(table, 1, 9, two, 0));
        (void)penalty_table_free(table);
}

/* Whoever is under a penalty stays there, whatever names are made up to fill the table. */
static void test_spray(void **state)
{
        PenaltyTable *table = penalty_table_new();

        (void)state;
        assert_non_null(table);
        for (unsigned password = 0; password < 10; password++)
                (void)try(table, 1, password, ten, 0);
        for (uint64_t key = 2; key < SPRAYED; key++)
                assert_true(try(table, key, 0, ten, 1));
        assert_false(try(table, 1, 11, ten, 1));
        (void)penalty_table_free(table);
}

/* It does not grow; of those who are all under a penalty the last ones are remembered. */
static void test_bound(void **state)
{
        const PenaltyLimits one = {1, PENALTY_FORGOTTEN};
        PenaltyTable *table = penalty_table_new();
        uint64_t key = SPRAYED;

        (void)state;
        assert_non_null(table);
        for (uint64_t i = 1; i <= SPRAYED; i++)
                assert_true(try(table, i, 0, one, i));
        while (key > 0 && !try(table, key, 1, one, SPRAYED))
                key--;
        assert_in_range(SPRAYED - key, 500, 4096);
        (void)penalty_table_free(table);
}

/* What a front that was killed may have left. */
static void test_rubbish(void **state)
{
        PenaltyTable *table = penalty_table_new();
        PenaltyAttempt attempt = {};

        (void)state;
        assert_non_null(table);
        memset(attempt.key.bytes, 0xfe, DIGEST_SIZE / 2);
        for (uint64_t now = 0; now < 4 * PENALTY_FORGOTTEN; now += PENALTY_FORGOTTEN / 2) {
                memset((void *)table, 0xfe, 2048); /* within the bucket of that key */
                assert_true(penalty_table_admit(table, &attempt, &ten, now));
                memset((void *)table, 0xfe, 2048);
                attempt.counted = true;
                penalty_table_withdraw(table, &attempt);
                penalty_table_clear(table, &attempt);
                assert_true(penalty_table_admit(table, &attempt, &ten, now));
        }
        (void)penalty_table_free(table);
}

/* Who has come to the limit, until he has the right one, or is forgotten. */
static void test_count(void **state)
{
        const PenaltyLimits limits = {.after = 3, .every_usec = USEC_PER_SEC};
        PenaltyTable *table = penalty_table_new();
        PenaltyAttempt attempt = attempt_of(0, 0);

        (void)state;
        assert_non_null(table);
        for (unsigned password = 0; password < 3; password++) {
                assert_int_equal(penalty_table_count(table, USEC_PER_SEC), 0);
                for (uint64_t key = 0; key < 20; key++)
                        assert_true(try(table, key, password, limits, USEC_PER_SEC));
        }
        assert_int_equal(penalty_table_count(table, USEC_PER_SEC), 20);
        penalty_table_clear(table, &attempt);
        assert_int_equal(penalty_table_count(table, USEC_PER_SEC), 19);
        assert_int_equal(penalty_table_count(table, USEC_PER_SEC + PENALTY_FORGOTTEN), 0);
        penalty_table_free(table);
}

int main(void)
{
        static Table table;

        table_add(&table, "random histories", test_histories, NULL);
        table_add(&table, "one check at a time", test_one_check_at_a_time, NULL);
        table_add(&table, "the same password", test_the_same_password, NULL);
        table_add(&table, "forgotten after an hour", test_forgotten, NULL);
        table_add(&table, "withdrawn by another attempt", test_withdrawn_by_another, NULL);
        table_add(&table, "100,000 names", test_spray, NULL);
        table_add(&table, "a bound", test_bound, NULL);
        table_add(&table, "rubbish", test_rubbish, NULL);
        table_add(&table, "how many", test_count, NULL);
        return table_run(&table, "penalty-table");
}
