/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Flights: permitted logins on their way to the backends, past the cache. Which of them may share
 * an answer, and for how long, is decided here.
 */

#include "daemon/digest.h"
#include "daemon/login.h"
#include "daemon/login_cache.h"

typedef struct Flights {
        LoginCache cache;
        Digester *digester; /* not owned */
        int database_watch; /* -1: sasldbs are not watched; not owned */
} Flights;

/* Returns 0 or a negative errno. */
int flights_init(Flights *flights, sd_event *event, Digester *digester, int database_watch);

/* Nobody may fly any more. */
void flights_deinit(Flights *flights);

/* Looks a login up, whose rule has chosen it and whose names are expanded. CACHE_KNOWS: *account is
 * the account's own name. CACHE_JOINS: landed() will be called, at expires at the latest. Otherwise
 * the login goes to the backends, and is landed. */
CacheState flights_enter(Flights *flights, Login *login, uint64_t expires,
        void (*landed)(CacheJoiner *joiner, const CacheOutcome *outcome), Bytes *account);

/* Lets those who joined have the outcome, and keeps it if it may be kept. */
void flights_land(Flights *flights, Login *login, const CacheOutcome *outcome);
