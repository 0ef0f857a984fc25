/* SPDX-License-Identifier: BSD-2-Clause */
#include "json_answer.h"

/* Neither the value nor what it was for is any use without the other. */
static void give_up(struct json_object **whole, struct json_object *value)
{
        (void)json_object_put(value);
        (void)json_object_put(*whole);
        *whole = NULL;
}

void json_answer_add(struct json_object **object, const char *key, struct json_object *value)
{
        if (!*object || !value || json_object_object_add(*object, key, value) < 0)
                give_up(object, value);
}

void json_answer_append(struct json_object **array, struct json_object *value)
{
        if (!*array || !value || json_object_array_add(*array, value) < 0)
                give_up(array, value);
}
