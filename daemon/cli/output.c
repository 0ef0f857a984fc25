/* SPDX-License-Identifier: BSD-2-Clause */
#include "output.h"

#include "daemon/cli/command.h"
#include "daemon/config_print.h"
#include "daemon/escape.h"
#include "proto/cleanup.h"

#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#define OMITTED "..."

void output_no_memory(void)
{
        (void)fputs("saslward: out of memory\n", stderr);
        exit(CLI_ERROR);
}

char *output_safe(Bytes text)
{
        char *safe = malloc(ESCAPED_SIZE(text.size));

        if (!safe)
                output_no_memory();
        return escape_control(text, safe, ESCAPED_SIZE(text.size));
}

/* A byte that no character begins with in this locale is one column, as a terminal shows it. */
size_t output_width(const char *text)
{
        mbstate_t state = {};
        size_t width = 0;

        while (*text) {
                wchar_t character;
                size_t size = mbrtowc(&character, text, strlen(text), &state);
                int columns = 1;

                if (size == (size_t)-1 || size == (size_t)-2) {
                        state = (mbstate_t){};
                        size = 1;
                } else {
                        columns = wcwidth(character);
                }
                width += columns > 0 ? (size_t)columns : 0;
                text += size;
        }
        return width;
}

static const char *next_character(const char *text)
{
        do
                text++;
        while ((*text & 0xC0) == 0x80); /* RFC 3629: it goes on */
        return text;
}

char *output_shortened(const char *text, size_t columns)
{
        const size_t width = output_width(text), kept = columns - strlen(OMITTED);
        const char *beginning = text, *end = text;

        if (width <= columns)
                return output_format("%s", text);
        while (width - output_width(next_character(beginning)) <= kept / 3)
                beginning = next_character(beginning);
        while (output_width(end) > kept - kept / 3)
                end = next_character(end);
        return output_format("%.*s" OMITTED "%s", (int)(beginning - text), text, end);
}

void output_wrapped(FILE *out, const char *head, size_t indent, const char *text)
{
        _cleanup_(free_pointer) char *safe = output_safe(bytes_from_string(text));
        size_t column = output_width(head);
        char *rest = NULL;

        (void)fputs(head, out);
        for (char *word = strtok_r(safe, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                size_t width = output_width(word);

                if (column > indent && column + 1 + width > OUTPUT_COLUMNS) {
                        (void)fputc('\n', out);
                        column = 0;
                } else if (column > indent) {
                        (void)fputc(' ', out);
                        column++;
                }
                for (; column < indent; column++)
                        (void)fputc(' ', out);
                (void)fputs(word, out);
                column += width;
        }
        (void)fputc('\n', out);
}

/* What a function writes into a stream, safe. */
typedef struct Memory {
        char *text;
        size_t size;
        FILE *stream;
} Memory;

static FILE *memory_open(Memory *memory)
{
        memory->stream = open_memstream(&memory->text, &memory->size);
        if (!memory->stream)
                output_no_memory();
        return memory->stream;
}

static char *memory_close(Memory *memory)
{
        char *safe;

        if (fclose(memory->stream) != 0)
                output_no_memory();
        safe = output_safe(bytes_from_string(memory->text));
        free(memory->text);
        return safe;
}

char *output_rule(const Config *config, const Rule *rule)
{
        Memory memory = {};

        config_print_rule(config, rule, memory_open(&memory));
        return memory_close(&memory);
}

char *output_condition(const Condition *condition)
{
        Memory memory = {};

        config_print_condition(condition, memory_open(&memory));
        return memory_close(&memory);
}

char *output_rule_options(const Rule *rule)
{
        Memory memory = {};

        config_print_rule_options(rule, memory_open(&memory));
        return memory_close(&memory);
}

/* allow= is a list as that of peer=. */
char *output_allow(const ListenConfig *listen)
{
        const Condition allow = {CONDITION_PEER, listen->allow};
        _cleanup_(free_pointer) char *condition = NULL, *path = NULL;

        if (allow.list.count == 0)
                return NULL;
        condition = output_condition(&allow);
        path = output_safe(bytes_from_string(listen->path));
        return output_format("allow%s at %s", strchr(condition, '='), path);
}

char *output_place(const Config *config, Place place)
{
        _cleanup_(free_pointer) char *plain =
                output_format("%s:%u", config_file(config, place), place.line);

        return output_safe(bytes_from_string(plain));
}

char *output_format(const char *format, ...)
{
        va_list arguments;
        char *text;
        int length;

        va_start(arguments, format);
        length = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (length < 0)
                output_no_memory();
        return text;
}
