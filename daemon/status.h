/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Status: how a front is doing, as a JSON object (saslward-control(7)). */

#include "daemon/connection_set.h"
#include "daemon/front_memory.h"

#include <json-c/json_object.h>

/* Returns a new object, or NULL without memory. */
struct json_object *status_describe(
        const ConnectionSet *connections, const FrontMemory *memory, unsigned generation);
