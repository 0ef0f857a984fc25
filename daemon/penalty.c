/* SPDX-License-Identifier: BSD-2-Clause */
#include "penalty.h"

#include <inttypes.h>
#include <stdio.h>

/* Elsewhere all users of a mail server are one, and anybody could spoil it for everybody. */
static bool is_told_apart(const Facts *facts)
{
        return facts->vm.state == VM_KNOWN || network_is_client(facts->client);
}

/* Who cannot be told to be exempt is not. */
static bool holds(const Penalty *penalty, const Facts *facts)
{
        Tri value = rule_match(&penalty->rule, facts).value;

        return penalty->none ? value == TRI_TRUE : value != TRI_FALSE;
}

const PenaltyLimits *penalty_find(const Penalty *penalties, size_t count, const Facts *facts)
{
        static const PenaltyLimits standard = PENALTY_LIMITS_DEFAULT;

        if (!is_told_apart(facts))
                return NULL;
        for (size_t i = 0; i < count; i++)
                if (holds(&penalties[i], facts))
                        return penalties[i].none ? NULL : &penalties[i].limits;
        return &standard;
}

void penalty_tell(const PenaltyLimits *limits, char *out)
{
        bool seconds = limits->every_usec % USEC_PER_SEC == 0;
        uint64_t unit = seconds ? USEC_PER_SEC : USEC_PER_MSEC;

        (void)snprintf(out, PENALTY_REASON_SIZE,
                "too many wrong passwords: one check every %" PRIu64 " %s",
                limits->every_usec / unit, seconds ? "s" : "ms");
}
