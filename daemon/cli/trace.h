/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Trace: what each condition of a rule says to a login. */

#include "daemon/config.h"

typedef struct Trace {
        const Rule *rule;
        RuleValue value;                 /* rule_match()'s */
        Tri conditions[CONDITION_KINDS]; /* condition_match()'s, in the order of the rule's */
        unsigned failing;                /* how many of them are not true */
} Trace;

/* Looks at all conditions, also at those that the daemon can leave out. */
void trace_rule(Trace *trace, const Rule *rule, const Facts *facts);

/* The permit that the fewest conditions keep from holding, of several one about the same service,
 * of these the first; trace->rule is NULL where there is no permit at all. */
void trace_closest(Trace *trace, const Config *config, const Facts *facts);

/* What the login is where a condition looks ("the VM is win11"), safe for a terminal, owned.
 * failure is why a group could not be told, or NULL. */
char *trace_subject(const Condition *condition, Tri value, const Facts *facts, const char *failure);
