/* SPDX-License-Identifier: BSD-2-Clause */
#include "master_service.h"

#include "daemon/cli/doctor/setting.h"
#include "proto/scan.h"

#include <stdio.h>

#define COLUMNS        8u
#define COLUMN_CHROOT  4u
#define COLUMN_COMMAND 7u
#define ARGUMENT_MAX   1024u

static bool is_blank(uint8_t byte)
{
        return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Comments and empty lines may stand between a line and those that go on with it. */
static bool is_ignored(Bytes line)
{
        while (line.size > 0 && is_blank(line.data[0]))
                scan_skip(&line, 1);
        return line.size == 0 || line.data[0] == '#' || line.data[0] == '\n';
}

/* Words of a line and of those that go on with it. */
typedef struct Words {
        Bytes line, rest;
} Words;

static bool next_word(Words *words, Bytes *word)
{
        while (!setting_word(&words->line, word)) {
                if (words->rest.size == 0)
                        return false;
                words->line = scan_part(&words->rest, '\n');
                if (is_ignored(words->line))
                        words->line = BYTES_EMPTY;
        }
        return true;
}

static Bytes take_lines(Bytes *content)
{
        Bytes lines = *content;

        do
                (void)scan_part(content, '\n');
        while (content->size > 0 && (is_blank(content->data[0]) || is_ignored(*content)));
        lines.size -= content->size;
        return lines;
}

bool master_service_next(Bytes *content, MasterService *service)
{
        while (content->size > 0) {
                Words words = {.rest = take_lines(content)};
                const uint8_t *end = words.rest.data + words.rest.size;
                Bytes columns[COLUMNS];
                size_t count = 0;

                while (count < COLUMNS && next_word(&words, &columns[count]))
                        count++;
                if (count < COLUMNS)
                        continue;
                *service = (MasterService){
                        .command = columns[COLUMN_COMMAND],
                        .is_confined = bytes_equal_string(columns[COLUMN_CHROOT], "y"),
                        .settings = {words.line.data, (size_t)(end - words.line.data)},
                };
                return true;
        }
        return false;
}

/* Adds to a C string what fits. */
static void append(char *text, size_t size, Bytes word)
{
        size_t used = strlen(text);

        (void)snprintf(text + used, size - used, "%.*s", (int)word.size, (const char *)word.data);
}

/* Reads the argument of -o, "KEY=VALUE" or "{ KEY = VALUE }", whose blanks are left out. */
static void take_argument(Words *words, Bytes word, char *text, size_t size)
{
        bool is_open = scan_prefix(&word, "{");

        text[0] = '\0';
        do {
                is_open = is_open && !scan_suffix(&word, "}");
                append(text, size, word);
        } while (is_open && next_word(words, &word));
}

bool master_service_setting(const MasterService *service, const char *key, char *value, size_t size)
{
        Words words = {.rest = service->settings};
        size_t length = strlen(key);
        bool found = false;
        Bytes word;

        while (next_word(&words, &word)) {
                char text[ARGUMENT_MAX];

                if (!scan_prefix(&word, "-o") || (word.size == 0 && !next_word(&words, &word)))
                        continue;
                take_argument(&words, word, text, sizeof(text));
                if (strncmp(text, key, length) != 0 || text[length] != '=')
                        continue;
                (void)snprintf(value, size, "%s", text + length + 1);
                found = true;
        }
        return found;
}
