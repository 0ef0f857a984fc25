/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine_record.h"

#include "proto/scan.h"

#define CLASS_MAX 32u

/* A value being read; where there is no buffer it is only looked at. */
typedef struct Value {
        char *buffer;
        size_t size;
        size_t used;
} Value;

static void put(Value *value, uint8_t byte)
{
        if (value->used < value->size)
                value->buffer[value->used] = (char)byte;
        value->used++;
}

/* In double quotes a backslash stands for itself before other bytes than these (systemd
 * src/basic/escape.h, SHELL_NEED_ESCAPE). */
static bool is_escape(uint8_t byte, uint8_t quote)
{
        return quote != '"' || memchr("\"\\`$", byte, 4) != NULL;
}

/*
 * Reads a value as systemd does (src/basic/env-file.c), which writes it bare with backslashes, up
 * to version 252, or in double quotes; what systemd would not write is not one. Returns whether it
 * is whole.
 */
static bool read_value(Bytes text, Value *value)
{
        uint8_t quote = text.size > 0 && text.data[0] == '"' ? '"' : 0;
        size_t i = quote != 0;

        for (; i < text.size && (quote == 0 || text.data[i] != quote); i++) {
                uint8_t byte = text.data[i];

                if (quote == 0 && memchr("\"'", byte, 2))
                        return false;
                if (byte == '\\') {
                        if (++i == text.size)
                                return false;
                        if (!is_escape(text.data[i], quote))
                                put(value, '\\');
                        byte = text.data[i];
                }
                put(value, byte);
        }
        return quote ? i + 1 == text.size : true;
}

/* Where the values go that matter. */
typedef struct Field {
        const char *key;
        Value value;
        bool seen;
} Field;

static Field *find_field(Bytes key, Field *fields, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (bytes_equal_string(key, fields[i].key))
                        return &fields[i];
        return NULL;
}

static const char *take_line(Bytes line, Field *fields, size_t count)
{
        bool is_assignment = bytes_contain(line, '=');
        Value ignored = {};
        Bytes key = scan_part(&line, '=');
        Field *field = find_field(key, fields, count);
        Value *value = field ? &field->value : &ignored;

        if (!is_assignment || key.size == 0)
                return "a line that is no assignment";
        if (field && field->seen)
                return "a key that is given twice";
        if (!read_value(line, value))
                return "a value that is not whole";
        if (!field)
                return NULL;
        if (value->used >= value->size)
                return "a value that is too long";
        value->buffer[value->used] = '\0';
        field->seen = true;
        return NULL;
}

static bool is_uuid(const char *text)
{
        return text[0] == '\0' || (strlen(text) == PEER_UUID_SIZE &&
                                          strspn(text, "0123456789abcdef") == PEER_UUID_SIZE &&
                                          strspn(text, "0") != PEER_UUID_SIZE);
}

static const char *check(MachineRecord *record, const char *class)
{
        record->is_container = strcmp(class, "container") == 0;
        if (!record->is_container && strcmp(class, "vm") != 0)
                return "neither class vm nor container";
        if (record->name[0] == '\0' || record->unit[0] == '\0')
                return "no name or scope";
        if (!is_uuid(record->uuid))
                return "an ID that is no UUID";
        return NULL;
}

const char *machine_record_parse(Bytes content, MachineRecord *record)
{
        char class[CLASS_MAX] = "";
        Field fields[] = {
                {"NAME", {record->name, sizeof(record->name)}},
                {"SCOPE", {record->unit, sizeof(record->unit)}},
                {"SERVICE", {record->service, sizeof(record->service)}},
                {"ID", {record->uuid, sizeof(record->uuid)}},
                {"CLASS", {class, sizeof(class)}},
        };

        *record = (MachineRecord){};
        if (!scan_ends_with(content, "\n") || bytes_contain(content, 0))
                return "cut, or no text";
        while (content.size > 0) {
                Bytes line = scan_part(&content, '\n');
                const char *complaint = NULL;

                if (line.size > 0 && line.data[0] != '#')
                        complaint = take_line(line, fields, sizeof(fields) / sizeof(fields[0]));
                if (complaint)
                        return complaint;
        }
        return check(record, class);
}

/* "qemu-N-…", as libvirt's virDomainGenerateMachineName() makes it. */
static bool is_made_by_libvirt(const char *name)
{
        size_t digits;

        if (strncmp(name, "qemu-", 5) != 0)
                return false;
        digits = strspn(name + 5, "0123456789");
        return digits > 0 && (name[5 + digits] == '-' || name[5 + digits] == '\0');
}

bool machine_record_name_is_exact(const MachineRecord *record)
{
        return strncmp(record->service, "libvirt-", 8) != 0 && !is_made_by_libvirt(record->name);
}
