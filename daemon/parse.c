/* SPDX-License-Identifier: BSD-2-Clause */
#include "parse.h"

#include "daemon/duration.h"
#include "proto/cleanup.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

void parse_deinit(Parse *parse)
{
        for (size_t i = 0; i < parse->reference_count; i++)
                free(parse->references[i].name);
        free(parse->references);
}

bool parse_add_reference(Parse *parse, ParseReference reference)
{
        size_t count = parse->reference_count;

        if ((count & (count - 1)) == 0) {
                size_t capacity = count > 0 ? 2 * count : 1;
                ParseReference *grown = reallocarray(parse->references, capacity, sizeof(*grown));

                if (!grown) {
                        free(reference.name);
                        return report_error(parse->report, reference.place, "out of memory");
                }
                parse->references = grown;
        }
        parse->references[parse->reference_count++] = reference;
        return true;
}

static bool is_repeated(const Word *words, size_t index, Word key)
{
        for (size_t i = 0; i < index; i++) {
                Word value = words[i];
                Word earlier = word_split(&value, '=');

                if (earlier.size == key.size && key.size > 0) {
                        size_t at = 0;

                        while (at < key.size &&
                                earlier.characters[at].byte == key.characters[at].byte)
                                at++;
                        if (at == key.size)
                                return true;
                }
        }
        return false;
}

/* "a, b, c" of the table's keys. */
static void list_keys(const OptionKind *kinds, char *out, size_t size)
{
        out[0] = '\0';
        for (size_t i = 0; kinds[i].key; i++) {
                if (i > 0)
                        (void)strncat(out, ", ", size - strlen(out) - 1);
                (void)strncat(out, kinds[i].key, size - strlen(out) - 1);
        }
}

static bool unknown_option(Parse *parse, Place place, const char *key, const OptionKind *kinds)
{
        char known[512];

        list_keys(kinds, known, sizeof(known));
        return report_error(
                parse->report, place, "unknown option \"%s\"; there are: %s", key, known);
}

static bool parse_option(Parse *parse, const char *key, Word word, Word value,
        const OptionKind *kinds,
        bool (*other)(Parse *parse, void *target, const char *key, Word value, bool *good),
        void *target)
{
        bool good = true;

        for (size_t i = 0; kinds[i].key; i++)
                if (strcmp(kinds[i].key, key) == 0)
                        return kinds[i].set(parse, target, value);
        if (other && other(parse, target, key, value, &good))
                return good;
        return unknown_option(parse, word.place, key, kinds);
}

bool parse_options(Parse *parse, const Word *words, size_t count, const OptionKind *kinds,
        bool (*other)(Parse *parse, void *target, const char *key, Word value, bool *good),
        void *target)
{
        bool good = true;

        for (size_t i = 0; i < count; i++) {
                Word value = words[i];
                Word word = word_split(&value, '=');
                _cleanup_(free_pointer) char *key = word_text(word);

                if (!key)
                        good = report_error(parse->report, word.place, "out of memory");
                else if (!value.characters || word_is_quoted(word))
                        good = report_error(parse->report, word.place,
                                "\"%s\" is one word too many; an option is KEY=VALUE", key);
                else if (is_repeated(words, i, word))
                        good = report_error(parse->report, word.place,
                                "%s= is given twice; write one, with a comma between values", key);
                else
                        good &= parse_option(parse, key, word, value, kinds, other, target);
        }
        return good;
}

bool parse_text(Parse *parse, Word value, char **text)
{
        bool quoted = word_is_quoted(value);

        if (quoted && !value.characters[0].quoted)
                return report_error(parse->report, value.place, "put the whole value in quotes");
        *text = word_text(value);
        if (!*text)
                return report_error(parse->report, value.place, "out of memory");
        if ((*text)[0] == '\0')
                return report_error(parse->report, value.place, "a value is missing");
        return true;
}

bool parse_path(Parse *parse, Word value, char **path)
{
        if (!parse_text(parse, value, path))
                return false;
        if ((*path)[0] != '/')
                return report_error(
                        parse->report, value.place, "no absolute path; begin it with \"/\"");
        return true;
}

bool parse_number(Parse *parse, Word value, unsigned min, unsigned max, unsigned *number)
{
        _cleanup_(free_pointer) char *text = NULL;
        char *end;
        unsigned long parsed;

        if (!parse_text(parse, value, &text))
                return false;
        parsed = strtoul(text, &end, 10);
        if (text[0] < '0' || text[0] > '9' || *end || parsed < min || parsed > max)
                return report_error(parse->report, value.place,
                        "\"%s\": write a number from %u to %u", text, min, max);
        *number = (unsigned)parsed;
        return true;
}

bool parse_duration(Parse *parse, Word value, uint64_t *usec)
{
        _cleanup_(free_pointer) char *text = NULL;

        if (!parse_text(parse, value, &text))
                return false;
        if (!duration_parse(text, usec))
                return report_error(parse->report, value.place,
                        "\"%s\": write a duration with its unit, as 500ms, 5s or 10m", text);
        return true;
}

bool parse_keyword(Parse *parse, Word value, const char *keyword, bool *flag)
{
        *flag = true;
        return word_is(value, keyword) ||
               report_error(parse->report, value.place, "only \"%s\" can stand here", keyword);
}
