/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* JSON of what others wrote: control bytes and what is no UTF-8 stand as \xNN in its strings. */

#include "proto/bytes.h"

#include <json-c/json.h>
#include <stdio.h>

/* Adds a string to an object; the empty one, too, if data is not NULL, else null. */
void json_add(struct json_object *object, const char *key, const char *text);
void json_add_bytes(struct json_object *object, const char *key, Bytes text);

/* Adds a string to an array. */
void json_append(struct json_object *array, const char *text);

/* Writes the value, which is freed, as a document. */
void json_write(struct json_object *value, FILE *out);
