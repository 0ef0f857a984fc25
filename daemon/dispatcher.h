/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Dispatcher: takes a login from its request to its answer: who asks, what the rules say, which
 * backends check the password, whether the account that answered is the one that was let in.
 */

#include "daemon/chain.h"
#include "daemon/login.h"
#include "daemon/membership_cache.h"
#include "daemon/peer_table.h"
#include "daemon/ruleset.h"

struct Dispatcher {
        sd_event *event; /* not owned */
        Ruleset *ruleset;
        Chain chain;
        PeerTable peers;
        MembershipCache memberships;
        Statistics *statistics; /* not owned */
        LastAskers last_askers;
        uint64_t started; /* microseconds, CLOCK_MONOTONIC */
        AuditLog audit_log;
        DeadlineQueue waiting; /* logins, for what the rules want to know */
};

/* Prepares all, and asks for workers. memory is not owned. database_watch tells of changes in
 * sasldbs, -1 = nothing does. Returns 0 or a negative errno. */
int dispatcher_init(Dispatcher *dispatcher, sd_event *event, const Config *config,
        const FrontMemory *memory, int channel, int database_watch);

/* No login may be left. */
void dispatcher_deinit(Dispatcher *dispatcher);

/* Forgets answers that are kept: to the user of that name, to the VM of that name, or all, where
 * both are empty; groups, too, then. Returns to how many logins. */
unsigned dispatcher_flush(Dispatcher *dispatcher, Bytes user, Bytes vm);

/* Has a login answered, possibly at once; request, listen, peer and reply are set by the caller. */
void dispatcher_submit(Dispatcher *dispatcher, Login *login);
