/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * JsonAnswer: objects and arrays for administrators, of which any part may be missing for want of
 * memory. What could not be made whole is freed and becomes NULL, and whatever is added to NULL is
 * freed, too: who makes an answer looks at it once, when it is done.
 */

#include <json-c/json_object.h>

/* Adds value, which it takes, as a member. */
void json_answer_add(struct json_object **object, const char *key, struct json_object *value);

/* Adds value, which it takes, as the last element. */
void json_answer_append(struct json_object **array, struct json_object *value);
