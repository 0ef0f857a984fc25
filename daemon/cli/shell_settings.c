/* SPDX-License-Identifier: BSD-2-Clause */
#include "shell_settings.h"

#include "daemon/cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Reader {
        ShellSettings *settings;
        const uint8_t *next;
        const uint8_t *end;
        unsigned line;
} Reader;

#define NO_BYTE (-1)

void shell_settings_deinit(ShellSettings *settings)
{
        for (size_t i = 0; i < settings->count; i++) {
                free(settings->variables[i].name);
                free(settings->variables[i].value);
        }
        free(settings->variables);
        *settings = (ShellSettings){};
}

static ShellVariable *find(const ShellSettings *settings, const char *name)
{
        for (size_t i = 0; i < settings->count; i++)
                if (strcmp(settings->variables[i].name, name) == 0)
                        return &settings->variables[i];
        return NULL;
}

const char *shell_settings_get(const ShellSettings *settings, const char *name)
{
        const ShellVariable *variable = find(settings, name);

        return variable ? variable->value : "";
}

/* Owns both. */
static void set(ShellSettings *settings, char *name, char *value)
{
        ShellVariable *variable = find(settings, name);

        if (variable) {
                free(name);
                free(variable->value);
                variable->value = value;
                return;
        }
        settings->variables = reallocarray(
                settings->variables, settings->count + 1, sizeof(*settings->variables));
        if (!settings->variables)
                output_no_memory();
        settings->variables[settings->count++] = (ShellVariable){name, value};
}

static int peek(const Reader *reader)
{
        return reader->next < reader->end ? *reader->next : NO_BYTE;
}

static int take(Reader *reader)
{
        int byte = peek(reader);

        if (byte != NO_BYTE)
                reader->next++;
        reader->line += byte == '\n';
        return byte;
}

static bool take_if(Reader *reader, int expected)
{
        if (peek(reader) != expected)
                return false;
        (void)take(reader);
        return true;
}

static bool is_name_byte(int byte, bool first)
{
        return byte == '_' || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
               (!first && byte >= '0' && byte <= '9');
}

/* Returns the name that stands next, or NULL if none does. */
static char *take_name(Reader *reader)
{
        const uint8_t *start = reader->next;

        while (is_name_byte(peek(reader), reader->next == start))
                (void)take(reader);
        return reader->next > start ? output_format("%.*s", (int)(reader->next - start), start)
                                    : NULL;
}

/* Behind a "$": $NAME or ${NAME}, and no other expansion. A "$" before anything else is one. */
static bool take_expansion(Reader *reader, FILE *value)
{
        bool braces = take_if(reader, '{');
        char *name = take_name(reader);

        if (!name) {
                int byte = peek(reader);

                (void)fputc('$', value);
                return !braces && (byte == NO_BYTE || strchr(" \t\n\"'/.,:%=+", byte));
        }
        (void)fputs(shell_settings_get(reader->settings, name), value);
        free(name);
        return !braces || take_if(reader, '}');
}

static bool take_single_quoted(Reader *reader, FILE *value)
{
        int byte;

        while ((byte = take(reader)) != '\'') {
                if (byte == NO_BYTE)
                        return false;
                (void)fputc(byte, value);
        }
        return true;
}

/* A backslash counts before some characters only. */
static void take_quoted_escape(Reader *reader, FILE *value)
{
        int byte = peek(reader);

        if (byte == NO_BYTE || !strchr("$`\"\\\n", byte))
                (void)fputc('\\', value);
        else if (take(reader) != '\n')
                (void)fputc(byte, value);
}

static bool take_double_quoted(Reader *reader, FILE *value)
{
        int byte;

        while ((byte = take(reader)) != '"') {
                if (byte == NO_BYTE || byte == '`')
                        return false;
                if (byte == '\\')
                        take_quoted_escape(reader, value);
                else if (byte != '$')
                        (void)fputc(byte, value);
                else if (!take_expansion(reader, value))
                        return false;
        }
        return true;
}

/* What an unquoted byte begins. Returns false for what a shell would do more with. */
static bool take_piece(Reader *reader, FILE *value)
{
        int byte = take(reader);

        switch (byte) {
        case '\'': return take_single_quoted(reader, value);
        case '"': return take_double_quoted(reader, value);
        case '$': return take_expansion(reader, value);
        case '\\':
                byte = take(reader);
                if (byte != '\n' && byte != NO_BYTE)
                        (void)fputc(byte, value);
                return byte != NO_BYTE;
        case '`':
        case '(':
        case ')':
        case '<':
        case '>':
        case '|':
        case '&': return false;
        default: (void)fputc(byte, value); return true;
        }
}

static bool is_word_end(int byte)
{
        return byte == NO_BYTE || byte == ' ' || byte == '\t' || byte == '\n' || byte == ';';
}

/* Returns the value, or NULL. */
static char *take_value(Reader *reader)
{
        char *value = NULL;
        size_t size;
        FILE *stream = open_memstream(&value, &size);
        bool good = true;

        if (!stream)
                output_no_memory();
        while (good && !is_word_end(peek(reader)))
                good = take_piece(reader, stream);
        if (fclose(stream) != 0)
                output_no_memory();
        if (good)
                return value;
        free(value);
        return NULL;
}

static bool take_assignment(Reader *reader)
{
        char *name = take_name(reader), *value;

        if (name && strcmp(name, "export") == 0 && peek(reader) == ' ') {
                free(name);
                return true;
        }
        value = name && take_if(reader, '=') ? take_value(reader) : NULL;
        if (!value) {
                free(name);
                return false;
        }
        set(reader->settings, name, value);
        return true;
}

static void skip_comment(Reader *reader)
{
        while (peek(reader) != '\n' && peek(reader) != NO_BYTE)
                (void)take(reader);
}

unsigned shell_settings_read(ShellSettings *settings, Bytes content)
{
        Reader reader = {settings, content.data, content.data + content.size, 1};

        if (bytes_contain(content, '\0')) /* shells differ */
                return 1;
        while (peek(&reader) != NO_BYTE) {
                unsigned line = reader.line;

                if (peek(&reader) == '#')
                        skip_comment(&reader);
                else if (is_word_end(peek(&reader)))
                        (void)take(&reader);
                else if (!take_assignment(&reader))
                        return line;
        }
        return 0;
}
