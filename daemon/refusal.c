/* SPDX-License-Identifier: BSD-2-Clause */
#include "refusal.h"

const char *refusal_to_string(Refusal refusal)
{
        static const char *const words[REFUSALS] = {
                [REFUSAL_REQUEST] = "request",
                [REFUSAL_NO_RULE] = "no-rule",
                [REFUSAL_RULE] = "rule",
                [REFUSAL_UNDECIDED] = "undecided",
                [REFUSAL_PENALTY] = "penalty",
                [REFUSAL_PASSWORD] = "password",
                [REFUSAL_USER] = "user",
                [REFUSAL_ACCOUNT] = "account",
                [REFUSAL_UNAVAILABLE] = "unavailable",
        };

        return words[refusal];
}
