/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Ruleset: finds the first rule that decides. Rules that name their VM exactly are kept in a hash
 * on (service, VM), the others in one list; the two are merged by the rules' numbers, so that a
 * hundred thousand rules with exact names cost what ten cost.
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
