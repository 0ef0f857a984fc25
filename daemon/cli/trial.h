/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Trial: a login that an administrator has the daemon decide, with the real backends. */

#include "proto/request.h"

#include <json-c/json_object.h>

typedef struct TrialOptions {
        const char *directory; /* of the control socket, or NULL: the default one */
        const char *vm;        /* the VM that is to be taken to ask, or NULL: we ourselves */
        const MuxRequest *request;
} TrialOptions;

/* Returns the decision, for the caller; or NULL, and in *error a text for people, for the caller,
 * too. */
struct json_object *trial_make(const TrialOptions *options, char **error);
