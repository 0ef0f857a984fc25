/* SPDX-License-Identifier: BSD-2-Clause */
#include "parse.h"

#include "daemon/duration.h"
#include "proto/nearest.h"
#include "proto/cleanup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool parse_out_of_memory(Parse *parse, Place place)
{
        return report_error(parse->report, place, "out of memory");
}

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
                        return parse_out_of_memory(parse, reference.place);
                }
                parse->references = grown;
        }
        parse->references[parse->reference_count++] = reference;
        return true;
}

static const OptionKind *find_kind(const OptionKind *kinds, Word word)
{
        for (; kinds && kinds->key; kinds++)
                if (word_is(word, kinds->key))
                        return kinds;
        return NULL;
}

/* Adds "a, b, c" of the table's keys. */
static void list_keys(const OptionKind *kinds, char *out, size_t size)
{
        for (; kinds && kinds->key; kinds++) {
                if (out[0])
                        (void)strncat(out, ", ", size - strlen(out) - 1);
                (void)strncat(out, kinds->key, size - strlen(out) - 1);
        }
}

static bool unknown_option(
        Parse *parse, Place place, const char *key, const OptionKind *kinds, const OptionKind *more)
{
        char known[1200] = "";
        Nearest nearest;

        nearest_init(&nearest, key);
        for (const OptionKind *kind = kinds; kind->key; kind++)
                nearest_try(&nearest, kind->key);
        for (const OptionKind *kind = more; kind && kind->key; kind++)
                nearest_try(&nearest, kind->key);
        if (nearest.name)
                return report_error(parse->report, place,
                        "unknown option \"%s\"; did you mean %s=?", key, nearest.name);
        list_keys(kinds, known, sizeof(known));
        list_keys(more, known, sizeof(known));
        return report_error(
                parse->report, place, "unknown option \"%s\"; there are: %s", key, known);
}

/* A word that is no option of the tables. */
static bool wrong_option(
        Parse *parse, Word word, bool has_value, const OptionKind *kinds, const OptionKind *more)
{
        _cleanup_(free_pointer) char *key = word_text(word);

        if (!key)
                return parse_out_of_memory(parse, word.place);
        if (!has_value || word_is_quoted(word))
                return report_error(parse->report, word.place,
                        "\"%s\" is one word too many; an option is KEY=VALUE", key);
        return unknown_option(parse, word.place, key, kinds, more);
}

/* Whether the kind is among those that were there before. Then it is one of them. */
static bool is_repeated(const OptionKind **seen, size_t *count, const OptionKind *kind)
{
        for (size_t i = 0; i < *count; i++)
                if (seen[i] == kind)
                        return true;
        assert(*count < OPTION_KINDS_MAX);
        seen[(*count)++] = kind;
        return false;
}

bool parse_options(Parse *parse, const Word *words, size_t count, const OptionKind *kinds,
        const OptionKind *more, void *target)
{
        const OptionKind *seen[OPTION_KINDS_MAX];
        size_t seen_count = 0;
        bool good = true;

        for (size_t i = 0; i < count; i++) {
                Word value = words[i];
                Word word = word_split(&value, '=');
                const OptionKind *kind = value.characters ? find_kind(kinds, word) : NULL;

                if (!kind && value.characters)
                        kind = find_kind(more, word);
                if (!kind)
                        good = wrong_option(parse, word, value.characters != NULL, kinds, more);
                else if (is_repeated(seen, &seen_count, kind))
                        good = report_error(parse->report, word.place,
                                "%s= is given twice; write it once", kind->key);
                else
                        good &= kind->set(parse, target, kind, value);
        }
        return good;
}

static void *field(void *target, const OptionKind *kind)
{
        return (char *)target + kind->offset;
}

bool option_set_text(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        return parse_text(parse, value, field(target, kind));
}

bool option_set_duration(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        _cleanup_(free_pointer) char *text = NULL;

        if (!parse_text(parse, value, &text))
                return false;
        if (!duration_parse(text, field(target, kind)))
                return report_error(parse->report, value.place,
                        "\"%s\" is no duration; write a number with its unit, as 500ms, 5s or 10m",
                        text);
        return true;
}

bool option_set_keyword(Parse *parse, void *target, const OptionKind *kind, Word value)
{
        bool *flag = field(target, kind);

        *flag = true;
        return word_is(value, kind->keyword) ||
               report_error(parse->report, value.place, "%s= can only be one word; write %s=%s",
                       kind->key, kind->key, kind->keyword);
}

bool parse_any_text(Parse *parse, Word value, char **text)
{
        if (word_is_quoted(value) && !word_is_literal(value))
                return report_error(parse->report, value.place,
                        "only a part of this is in quotes; put the whole value in them");
        *text = word_text(value);
        return *text != NULL || parse_out_of_memory(parse, value.place);
}

bool parse_text(Parse *parse, Word value, char **text)
{
        if (!parse_any_text(parse, value, text))
                return false;
        return (*text)[0] != '\0' ||
               report_error(parse->report, value.place, "a value is missing; write one here");
}

bool parse_path(Parse *parse, Word value, char **path)
{
        if (!parse_text(parse, value, path))
                return false;
        return (*path)[0] == '/' ||
               report_error(parse->report, value.place,
                       "\"%s\" is no absolute path; begin it with \"/\"", *path);
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
                        "\"%s\" cannot stand here; write a number from %u to %u", text, min, max);
        *number = (unsigned)parsed;
        return true;
}

bool parse_name(Parse *parse, Word word, char **name)
{
        if (!parse_text(parse, word, name))
                return false;
        if (strspn(*name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
                strlen(*name))
                return true;
        return report_error(parse->report, word.place,
                "\"%s\" is no name; write letters, digits, _ . - only", *name);
}
