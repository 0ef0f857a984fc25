/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Decision: what the rules may know of a login, with whatever has to be looked up for it.
 */

#include "daemon/chain.h"
#include "daemon/membership_cache.h"
#include "daemon/ruling.h"

/* What the rules asked about groups in one go. */
typedef struct Lookups {
        Login *login;
        MembershipCache *memberships;
        MembershipEntry *pending; /* one that has to be waited for, or NULL */
        const char *failure;      /* why one could not be told, or NULL */
        bool remembers;           /* whether each yes is to be remembered */
        uint64_t recall_usec;     /* those that cannot be told are what is remembered, no longer ago
                                     than that; 0: they are not */
} Lookups;

/* All that the rules may know of an identified login whose name is that; lookups is filled in as
 * they ask, and has to live as long as the facts. */
Facts decision_facts(Login *login, Bytes name, MembershipCache *memberships, Lookups *lookups);

/* Remembers the groups that let a login in under the rule, if that is a rule with stale=. */
void decision_remember(const Rule *rule, const Facts *facts, Lookups *lookups);

/* Whether a rule with stale= that cannot be told, because of groups that could not be looked up, or
 * have not been yet, would match if they were what is remembered of them. */
bool decision_recall(const Rule *rule, const Facts *facts, Lookups *lookups);
