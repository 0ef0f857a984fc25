/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Rule: a line "permit …" or "deny …". */

#include "daemon/condition.h"

#define RULE_BACKENDS_MAX 32u

/* Where in the configuration something stands. */
typedef struct Place {
        unsigned file; /* index in the configuration's list of files */
        unsigned line; /* from 1 */
        unsigned column;
} Place;

typedef struct Rule {
        Place place;
        uint32_t number; /* in the order of the configuration, from 1 */
        bool permit;
        Condition *conditions; /* in the order of their kinds, one a kind; owned */
        size_t condition_count;
        /* the rest is for those whom the rule permits */
        unsigned *backends; /* with=, indices in the configuration; owned */
        size_t backend_count;
        char *as;       /* template, or NULL: the login; owned */
        char *as_realm; /* template, or NULL: the realm; owned */
        bool next_if_unavailable;
        bool temporary;         /* unavailable=temporary */
        uint64_t deadline_usec; /* 0 = not given */
        uint64_t cache_usec;    /* how long an OK is kept; 0 = not given */
        uint64_t stale_usec;    /* how long it stands in for what is unavailable; 0 = not given */
        char *reason;           /* template, or NULL; owned */
} Rule;

/* What a rule says to the facts. */
typedef struct RuleValue {
        Tri value;
        const Condition *undecided; /* the first condition that could not be told, if value is
                                       TRI_UNDECIDED */
} RuleValue;

/* The condition of that kind, or NULL: not given. */
const Condition *rule_condition(const Rule *rule, ConditionKind kind);

/* Evaluates all conditions: one that is false makes the rule false whatever else is undecided;
 * those that need a lookup are asked only if all others are true or undecided. */
RuleValue rule_match(const Rule *rule, const Facts *facts);

/* Frees what the rule owns. */
void rule_deinit(Rule *rule);
