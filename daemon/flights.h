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
        int database_watch; /* -1: sasldbs are not watched, or not any more; not owned */
        sd_event_source *database_source;
} Flights;

/* Returns 0 or a negative errno. */
int flights_init(Flights *flights, sd_event *event, Digester *digester, int database_watch);

/* Forgets what is kept and remembered of the user of that name, of the VM of that name or UUID, or,
 * where both are empty, of everybody. Returns of how many logins that was. Flies on whatever flies.
 */
unsigned flights_flush(Flights *flights, Bytes user, Bytes vm);

/* Nobody may fly any more. */
void flights_deinit(Flights *flights);

/* Whether an OK for just this question, under the same rule, is remembered. The login's rule has
 * chosen it, and its names are expanded. */
bool flights_remember(Flights *flights, const Login *login);

/* Looks such a login up. CACHE_KNOWS: *known is the answer. CACHE_JOINS: landed() will be called,
 * at expires at the latest. Otherwise the login goes to the backends, and is landed. */
CacheState flights_enter(Flights *flights, Login *login, uint64_t expires,
        void (*landed)(CacheJoiner *joiner, const CacheOutcome *outcome), CacheOutcome *known);

/* The backend that the login is at has said no, and the next one is asked. */
void flights_decline(const Login *login);

/* Nobody will be asked: what is remembered of the login stays. */
void flights_abandon(Flights *flights, Login *login);

/* Lets those who joined have the outcome, and keeps it if it may be kept. Returns what the login
 * itself is to have: where the backends could not be asked, what is remembered. */
CacheOutcome flights_land(Flights *flights, Login *login, const CacheOutcome *outcome);
