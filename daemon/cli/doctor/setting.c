/* SPDX-License-Identifier: BSD-2-Clause */
#include "setting.h"

#include "proto/scan.h"

#include <ctype.h>

static bool is_blank(uint8_t byte)
{
        return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static Bytes trim(Bytes text)
{
        while (text.size > 0 && is_blank(text.data[0]))
                scan_skip(&text, 1);
        while (text.size > 0 && is_blank(text.data[text.size - 1]))
                text.size--;
        return text;
}

static bool is_key_byte(uint8_t byte)
{
        return isalnum(byte) || byte == '-' || byte == '_';
}

/* Takes the key and what separates it from its value off a line. Returns false if it is none. */
static bool take_key(Bytes *line, uint8_t separator, Bytes *key)
{
        size_t size = 0;

        *line = trim(*line);
        while (size < line->size && is_key_byte(line->data[size]))
                size++;
        *key = (Bytes){line->data, size};
        scan_skip(line, size);
        *line = separator == ':' ? *line : trim(*line);
        if (size == 0 || line->size == 0 || line->data[0] != separator)
                return false;
        scan_skip(line, 1);
        *line = trim(*line);
        return true;
}

static bool same_key(Bytes key, const char *wanted)
{
        if (key.size != strlen(wanted))
                return false;
        for (size_t i = 0; i < key.size; i++)
                if (tolower(key.data[i]) != wanted[i])
                        return false;
        return true;
}

/* What stands between quotes, or before a comment. */
static Bytes unquote(Bytes value)
{
        uint8_t quote;

        if (value.size == 0 || (value.data[0] != '"' && value.data[0] != '\'')) {
                value = scan_part(&value, '#');
                return trim(value);
        }
        quote = value.data[0];
        scan_skip(&value, 1);
        return scan_part(&value, quote);
}

/* Adds to a C string what fits. */
static void append(char *value, size_t size, Bytes text)
{
        size_t used = strlen(value);

        if (text.size > size - 1 - used)
                text.size = size - 1 - used;
        if (text.size > 0)
                memcpy(value + used, text.data, text.size);
        value[used + text.size] = '\0';
}

/* Adds what a further line says. */
static void append_line(char *value, size_t size, Bytes text)
{
        append(value, size, bytes_from_string(value[0] ? " " : ""));
        append(value, size, text);
}

static void set(char *value, size_t size, Bytes text, SettingFormat format)
{
        value[0] = '\0';
        append(value, size, format == SETTING_LIBVIRT ? unquote(text) : text);
}

/* Whether a line goes on with the value of the one before. */
static bool is_continuation(Bytes line, SettingFormat format)
{
        return format == SETTING_POSTFIX && line.size > 0 && is_blank(line.data[0]);
}

bool setting_find(Bytes content, SettingFormat format, const char *key, char *value, size_t size)
{
        uint8_t separator = format == SETTING_SASL ? ':' : '=';
        bool found = false, is_open = false; /* the line before was of that key */

        value[0] = '\0';
        while (content.size > 0) {
                Bytes line = scan_part(&content, '\n');
                Bytes trimmed = trim(line), name;

                if (trimmed.size == 0 || trimmed.data[0] == '#')
                        continue;
                if (is_continuation(line, format)) {
                        if (is_open)
                                append_line(value, size, trimmed);
                        continue;
                }
                is_open = take_key(&trimmed, separator, &name) && same_key(name, key) &&
                          !(found && format == SETTING_SASL);
                if (is_open)
                        set(value, size, trimmed, format);
                found = found || is_open;
        }
        return found;
}

unsigned setting_sasl_error(Bytes content)
{
        for (unsigned number = 1; content.size > 0; number++) {
                Bytes line = scan_part(&content, '\n');
                Bytes trimmed = trim(line), key;

                if (trimmed.size == 0 || trimmed.data[0] == '#')
                        continue;
                if (!take_key(&line, ':', &key) || line.size == 0)
                        return number;
        }
        return 0;
}

bool setting_word(Bytes *list, Bytes *word)
{
        size_t size = 0;

        while (list->size > 0 && (is_blank(list->data[0]) || list->data[0] == ','))
                scan_skip(list, 1);
        while (size < list->size && !is_blank(list->data[size]) && list->data[size] != ',')
                size++;
        *word = (Bytes){list->data, size};
        if (size > 0)
                scan_skip(list, size);
        return size > 0;
}
