/* SPDX-License-Identifier: BSD-2-Clause */
#include "json_output.h"

#include "daemon/cli/output.h"
#include "proto/cleanup.h"

static struct json_object *new_string(Bytes text)
{
        _cleanup_(free_pointer) char *safe = output_safe(text);

        return json_object_new_string(safe);
}

void json_add(struct json_object *object, const char *key, const char *text)
{
        (void)json_object_object_add(
                object, key, text ? new_string(bytes_from_string(text)) : NULL);
}

void json_add_bytes(struct json_object *object, const char *key, Bytes text)
{
        (void)json_object_object_add(object, key, new_string(text));
}

void json_append(struct json_object *array, const char *text)
{
        (void)json_object_array_add(array, new_string(bytes_from_string(text)));
}

void json_write(struct json_object *value, FILE *out)
{
        (void)fprintf(out, "%s\n",
                json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY |
                                                              JSON_C_TO_STRING_SPACED |
                                                              JSON_C_TO_STRING_NOSLASHESCAPE));
        (void)json_object_put(value);
}
