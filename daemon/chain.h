/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Chain: the way of a permitted login through the backends of its rule, one after the other, unless
 * the same question has just been answered, or is being.
 */

#include "daemon/flights.h"
#include "daemon/login.h"
#include "daemon/pool.h"

struct Chain {
        const Config *config;
        sd_event *event; /* not owned */
        Pool *pools;     /* one a backend */
        size_t pool_count;
        Flights flights;
};

/* Prepares the pools and asks for their workers. database_watch tells of changes in sasldbs, -1 =
 * nothing does. Returns 0 or a negative errno; chain_deinit() is due in any case. */
int chain_init(
        Chain *chain, sd_event *event, const Config *config, int channel, int database_watch);

/* Lets all workers go; what they were asked fails. */
void chain_stop(Chain *chain);

/* Nobody may be on his way any more. */
void chain_deinit(Chain *chain);

/* Whether the rule's first backend can still be asked. One that is asked without time would be
 * taken for hung. */
bool chain_has_time(const Login *login);

/* Has the password checked: login->checked is called once, possibly at once, by the backend's
 * deadline at the latest. The login's rule, expires, name and realm are set. */
void chain_start(Login *login);
