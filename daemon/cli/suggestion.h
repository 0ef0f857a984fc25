/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Suggestion: the smallest rule that would let a login in. */

#include "daemon/config.h"

typedef struct Suggestion {
        Rule rule; /* its parts are the suggestion's, or the closest rule's */
        Condition conditions[4];
        Item items[4];
        char *texts[4];
        unsigned backend;
        BackendConfig stand_in; /* where the configuration names no backend */
        Config config;          /* whose backends the rule names */
} Suggestion;

/* Makes one for the facts, with the backends of the closest permit (NULL = there is none), or
 * others where these refuse the service. Returns false where no rule can let this login in, since
 * it cannot be told which VM asks. Free with suggestion_deinit(). */
bool suggestion_init(
        Suggestion *suggestion, const Config *config, const Rule *closest, const Facts *facts);
void suggestion_deinit(Suggestion *suggestion);
