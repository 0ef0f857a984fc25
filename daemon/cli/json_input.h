/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading the daemon's answers: what is missing in one of another version counts as nothing. */

#include <json-c/json.h>
#include <stdbool.h>

/* A member of an object, or NULL. */
struct json_object *json_member(struct json_object *object, const char *key);

/* A number, or 0; a text, owned by the object, or "". */
uint64_t json_number(struct json_object *object, const char *key);
const char *json_text(struct json_object *object, const char *key);

/* Whether a member is true. */
bool json_is_true(struct json_object *object, const char *key);

/* The elements of an array that is a member; 0 where there is none. */
size_t json_length(struct json_object *object, const char *key);
struct json_object *json_element(struct json_object *object, const char *key, size_t index);
