/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Ruleset: finds the first rule that decides. Rules that say their VM exactly, by name or by UUID,
 * are kept in hashes on (service, VM), the others in one list; these are merged by the rules'
 * numbers, so that a hundred thousand rules with exact VMs cost what ten cost. Where it cannot be
 * told which VM asks, the same holds for those of them whose users are plain names; the others are
 * all looked at.
 */

#include "daemon/rule.h"

typedef struct Ruleset Ruleset;

typedef struct Decision {
        const Rule *rule; /* the rule that decided, or NULL: none did, refused */
        Tri value;        /* TRI_TRUE: it matched; TRI_UNDECIDED: it could not be told, refused */
        const Condition *undecided; /* for TRI_UNDECIDED */
} Decision;

/* Indexes count rules, which must stay where they are, numbered in ascending order. Returns NULL
 * without memory. Free with ruleset_free(). */
Ruleset *ruleset_new(const Rule *rules, size_t count);
Ruleset *ruleset_free(Ruleset *ruleset);

/* The first rule whose value is not TRI_FALSE. */
Decision ruleset_decide(const Ruleset *ruleset, const Facts *facts);

/* For somebody who is no VM and whom no rule lets in: the first permit among the first rules (a
 * bounded number of them) that would match if it had no vm=, or NULL. Never looks up a group. */
const Rule *ruleset_blame_vm(const Ruleset *ruleset, const Facts *facts);
