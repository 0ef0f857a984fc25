/* SPDX-License-Identifier: BSD-2-Clause */
#include "record.h"

#include "daemon/escape.h"

#include <inttypes.h>
#include <stdio.h>

#define VALUE_MIN 16u  /* room in which a value is worth to be begun */
#define VALUE_MAX 512u /* so that no field leaves out all others */

void record_add(Record *record, const char *name, Bytes value)
{
        const size_t head = strlen(RECORD_PREFIX) + strlen(name) + strlen("=");
        char *line = record->lines + record->size;
        size_t room;

        if (value.size == 0 || record->size + head + VALUE_MIN > RECORD_SIZE)
                return;
        room = RECORD_SIZE - record->size - head;
        (void)snprintf(line, head + 1, RECORD_PREFIX "%s=", name);
        (void)escape_control(value, line + head, room < VALUE_MAX ? room : VALUE_MAX);
        record->size += strlen(line);
        record->lines[record->size++] = '\n'; /* in the place of the NUL */
}

void record_add_number(Record *record, const char *name, uint64_t value)
{
        char text[24];

        (void)snprintf(text, sizeof(text), "%" PRIu64, value);
        record_add(record, name, bytes_from_string(text));
}

Bytes record_bytes(const Record *record)
{
        return (Bytes){(const uint8_t *)record->lines, record->size};
}

bool record_next(Bytes *rest, Bytes *name, Bytes *value)
{
        const size_t prefix = strlen(RECORD_PREFIX);
        const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
        const uint8_t *equals = end ? memchr(rest->data, '=', (size_t)(end - rest->data)) : NULL;

        if (!equals || (size_t)(equals - rest->data) <= prefix ||
                memcmp(rest->data, RECORD_PREFIX, prefix) != 0)
                return false;
        *name = (Bytes){rest->data + prefix, (size_t)(equals - rest->data) - prefix};
        *value = (Bytes){equals + 1, (size_t)(end - equals) - 1};
        *rest = (Bytes){end + 1, rest->size - (size_t)(end + 1 - rest->data)};
        return true;
}

Bytes record_value(Bytes record, const char *name)
{
        Bytes key, value;

        while (record_next(&record, &key, &value))
                if (bytes_equal_string(key, name))
                        return value;
        return BYTES_EMPTY;
}
