/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Explanation: what the rules say to a login, and what it lacks. */

#include "daemon/cli/asking.h"
#include "daemon/cli/suggestion.h"
#include "daemon/cli/trace.h"
#include "daemon/pam_backend.h"
#include "daemon/ruling.h"

#include <json-c/json_object.h>
#include <stdio.h>

typedef enum Verdict {
        VERDICT_LET_IN, /* if a backend accepts the password */
        VERDICT_REFUSED,
        VERDICT_UNTOLD, /* it depends on what was not said */
} Verdict;

typedef struct Explanation {
        const Config *config;
        const Asking *asking;
        Groups *groups;
        Verdict verdict;
        Ruling ruling;
        const char *reason;           /* unless it is let in */
        char barred[PAM_REASON_SIZE]; /* why its rule's backends let nobody in, or empty */
        char *missing;                /* the options that would tell, if it is untold */
        Trace closest;                /* unless it is let in; its rule may be NULL: none helps */
        bool has_suggestion;
        Suggestion suggestion;
} Explanation;

/* Free with explanation_deinit(). All that is handed over must outlive it. */
void explanation_init(Explanation *explanation, const Config *config, const Ruleset *ruleset,
        const Asking *asking, Groups *groups);
void explanation_deinit(Explanation *explanation);

/* How many of the rules were looked at, from the first. */
size_t explanation_rule_count(const Explanation *explanation);

/* Why a condition has that value, safe for a terminal, owned. */
char *explanation_why(const Explanation *explanation, const Condition *condition, Tri value);

/* "true", "false", "undecided". */
const char *explanation_word(Tri value);

/* Write it: for people, and as JSON. */
void explanation_print(const Explanation *explanation, FILE *out);
void explanation_print_json(const Explanation *explanation, FILE *out);

/* The same as a new object. */
struct json_object *explanation_to_json(const Explanation *explanation);
