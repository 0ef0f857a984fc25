/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Refusal: for what kind of reason a login was refused: these, and no others, so that they can be
 * counted. The log has the reason itself. */

typedef enum Refusal {
        REFUSAL_REQUEST,     /* it was no request that rules could be asked about */
        REFUSAL_NO_RULE,     /* no rule permits it, or who asks may not use the socket */
        REFUSAL_RULE,        /* a rule denies it */
        REFUSAL_UNDECIDED,   /* what a rule wants to know could not be told */
        REFUSAL_PENALTY,     /* too many wrong passwords before */
        REFUSAL_PASSWORD,    /* it was wrong */
        REFUSAL_USER,        /* no backend knows him */
        REFUSAL_ACCOUNT,     /* it may not log in, or is another than the rule was chosen for */
        REFUSAL_UNAVAILABLE, /* no backend could tell */
        REFUSALS,
} Refusal;

/* The word for it: "request", "no-rule", … */
const char *refusal_to_string(Refusal refusal);
