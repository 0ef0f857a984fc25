/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Penalty: a line "penalty …": how many wrong passwords may be tried where its conditions hold. */

#include "daemon/duration.h"
#include "daemon/rule.h"

#define PENALTY_AFTER_MAX   32u
#define PENALTY_FORGOTTEN   (3600 * USEC_PER_SEC) /* so long after the last wrong password */
#define PENALTY_REASON_SIZE 80u

typedef struct PenaltyLimits {
        unsigned after;      /* different wrong passwords, 1 to PENALTY_AFTER_MAX */
        uint64_t every_usec; /* the time between two checks behind them, to PENALTY_FORGOTTEN */
} PenaltyLimits;

#define PENALTY_LIMITS_DEFAULT ((PenaltyLimits){.after = 10, .every_usec = 2 * USEC_PER_SEC})

typedef struct Penalty {
        Rule rule; /* first: its place, and its conditions as a rule has them; no more is used */
        bool none; /* who meets the conditions is exempt; limits are not used */
        PenaltyLimits limits;
} Penalty;

/* The limits for a login, valid as long as the penalties, or NULL: there are none. */
const PenaltyLimits *penalty_find(const Penalty *penalties, size_t count, const Facts *facts);

/* Writes why a login is refused by the limits, in out of PENALTY_REASON_SIZE. */
void penalty_tell(const PenaltyLimits *limits, char *out);
