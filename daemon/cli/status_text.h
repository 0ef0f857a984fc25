/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* A daemon's status as tables, for people. */

#include <json-c/json.h>
#include <stdio.h>

/* Draws the status (saslward-control(7)). */
void status_print(struct json_object *status, FILE *out);
