/* SPDX-License-Identifier: BSD-2-Clause */
#include "json_input.h"

struct json_object *json_member(struct json_object *object, const char *key)
{
        struct json_object *member = NULL;

        (void)json_object_object_get_ex(object, key, &member);
        return member;
}

uint64_t json_number(struct json_object *object, const char *key)
{
        return json_object_get_uint64(json_member(object, key));
}

const char *json_text(struct json_object *object, const char *key)
{
        struct json_object *member = json_member(object, key);

        return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : "";
}

static struct json_object *array(struct json_object *object, const char *key)
{
        struct json_object *member = json_member(object, key);

        return json_object_is_type(member, json_type_array) ? member : NULL;
}

bool json_is_true(struct json_object *object, const char *key)
{
        return json_object_get_boolean(json_member(object, key));
}

size_t json_length(struct json_object *object, const char *key)
{
        struct json_object *member = array(object, key);

        return member ? json_object_array_length(member) : 0;
}

struct json_object *json_element(struct json_object *object, const char *key, size_t index)
{
        struct json_object *member = array(object, key);

        return member ? json_object_array_get_idx(member, index) : NULL;
}
