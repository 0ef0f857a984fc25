/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Past: a decision of the past, by its number; and what the configuration of today says to it. */

#include "daemon/cli/explanation.h"

#include <json-c/json_object.h>

typedef struct PastOptions {
        const char *number;
        const char *config;    /* today's, or NULL: the default */
        const char *directory; /* of the control socket, or NULL */
        bool json;
} PastOptions;

/* Finds the decision in the memory of a running daemon, else in the journal, and prints it. Returns
 * the exit status. */
int past_explain(const PastOptions *options);

/* Asks the daemon of that control socket (NULL: the default one) for a decision. Returns it, for
 * the caller; or NULL, if it does not remember it, or, with a text for the caller in *error, cannot
 * be asked. */
struct json_object *past_ask(const char *directory, uint64_t number, char **error);

/* Writes for people what was decided, by whom and on what grounds. */
void past_print(struct json_object *decision, FILE *out);
