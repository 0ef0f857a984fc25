/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* A daemon's status as OpenMetrics text
 * (https://github.com/OpenObservability/OpenMetrics/blob/main/specification/OpenMetrics.md). */

#include <json-c/json.h>
#include <stdio.h>

/* Writes the status (saslward-control(7)), with the end mark. */
void metrics_print(struct json_object *status, FILE *out);
