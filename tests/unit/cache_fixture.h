/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* A LoginCache whose time a test can let pass. */

#include "daemon/login_cache.h"

#include "proto/cleanup.h"

#include "clock.h"
#include "table.h"

#define HOUR_USEC (3600 * USEC_PER_SEC)

typedef struct Fixture {
        sd_event *event;
        LoginCache cache;
} Fixture;

static inline void set_up(Fixture *fixture)
{
        *fixture = (Fixture){};
        passed_usec = 0;
        assert_int_equal(sd_event_new(&fixture->event), 0);
        assert_true(login_cache_init(&fixture->cache, fixture->event) >= 0);
}

static inline void tear_down(Fixture *fixture)
{
        login_cache_deinit(&fixture->cache);
        sd_event_unref(fixture->event);
}

/* A digest as any other, told apart by a number. */
static inline Digest digest(unsigned number)
{
        Digest made = {};

        memcpy(made.bytes, &number, sizeof(number));
        return made;
}

/* Says which password an entry is about. */
static inline void label(CacheEntry *entry, unsigned password)
{
        const CacheLabels labels = {.password = digest(password)};

        login_cache_label(entry, &labels);
}

static inline CacheState enter(
        Fixture *fixture, unsigned key, unsigned user, CacheEntry **entry, CacheOutcome *known)
{
        const Digest key_digest = digest(key), user_digest = digest(user);

        return login_cache_enter(&fixture->cache, &key_digest, &user_digest, entry, known);
}

static inline CacheOutcome land_by(
        Fixture *fixture, CacheEntry *entry, Result result, size_t step, CacheTimes times)
{
        const CacheOutcome outcome = {
                .result = result,
                .is_missed = result == RESULT_MISMATCH,
                .account = bytes_from_string("alice"),
                .reason = bytes_from_string("why"),
        };

        return login_cache_land(&fixture->cache, entry, &outcome, step, &times);
}
