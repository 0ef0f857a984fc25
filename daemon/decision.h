/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Decision: what the rules say to a login, with whatever has to be looked up for it, and what the
 * log says of a refusal.
 */

#include "daemon/chain.h"
#include "daemon/membership_cache.h"
#include "daemon/ruling.h"

#define DECISION_REASON_SIZE RULING_REASON_SIZE

/* What the rules asked about groups in one go. */
typedef struct Lookups {
        Login *login;
        MembershipCache *memberships;
        MembershipEntry *pending; /* one that has to be waited for, or NULL */
        const char *failure;      /* why one could not be told, or NULL */
} Lookups;

/* All that the rules may know of an identified login whose name is that; lookups is filled in as
 * they ask, and has to live as long as the facts. */
Facts decision_facts(Login *login, Bytes name, MembershipCache *memberships, Lookups *lookups);

/* Whether who asks may use the socket at all. */
bool decision_may_ask(const Login *login, const Facts *facts);

/* Why a login is refused, in out of DECISION_REASON_SIZE: no rule matched; a condition could not be
 * told; its rule denies it. */
void decision_tell_unmatched(
        const Login *login, const Ruleset *ruleset, const Facts *facts, char *out);
void decision_tell_undecided(
        const Login *login, const Condition *condition, const Lookups *lookups, char *out);
void decision_tell_denied(const Rule *rule, const Facts *facts, char *out);
