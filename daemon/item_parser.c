/* SPDX-License-Identifier: BSD-2-Clause */
#include "item_parser.h"

#include "daemon/template.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UUID_DIGITS 32u

/* An item on its way: its text, the part of it that was quoted, where it stands. */
typedef struct Source {
        const char *text;
        size_t literal_from; /* from here on it was quoted */
        Place place;
        const NameSource *names;
        Report *report;
} Source;

/* Takes a prefix off that is not quoted. */
static bool skip(Source *source, const char *prefix)
{
        size_t length = strlen(prefix);

        if (source->literal_from < length || strncmp(source->text, prefix, length) != 0)
                return false;
        source->text += length;
        source->literal_from -= length;
        return true;
}

static bool is_word(const Source *source, const char *word)
{
        return source->literal_from > 0 && strcmp(source->text, word) == 0;
}

static bool set_text(Item *item, const Source *source, const char *text)
{
        item->text = strdup(text);
        return item->text != NULL || report_error(source->report, source->place, "out of memory");
}

static bool check_tokens(const Source *source, const char *allowed)
{
        size_t at;

        if (template_check(source->text, allowed, &at))
                return true;
        return report_error(source->report, source->place,
                "\"%.2s\" means nothing here; %s, and %%%% is a percent sign; or put it in quotes",
                source->text + at,
                allowed[0] ? "%v is the VM's name, %i its UUID" : "no token does");
}

/* A name: in quotes it is literal, else it may be a pattern and have tokens. */
static bool read_name(Source *source, const char *tokens, Item *item)
{
        bool quoted = source->literal_from == 0;

        item->quoted = quoted;
        item->kind = !quoted && strpbrk(source->text, "*?[") ? ITEM_GLOB : ITEM_EXACT;
        if (source->text[0] == '\0' && !quoted)
                return report_error(
                        source->report, source->place, "a value is missing; \"\" is the empty one");
        if (!quoted && !check_tokens(source, tokens))
                return false;
        item->has_tokens = !quoted && template_has_tokens(source->text);
        return set_text(item, source, source->text);
}

static bool read_plain(Source *source, Item *item)
{
        return read_name(source, TEMPLATE_VOUCHED, item);
}

/* 32 digits, with the usual hyphens or without. */
static bool normalise_uuid(const char *text, char digits[static UUID_DIGITS + 1])
{
        bool hyphens = strlen(text) == UUID_DIGITS + 4;
        size_t used = 0;

        for (size_t i = 0; text[i]; i++) {
                if (hyphens && (i == 8 || i == 13 || i == 18 || i == 23)) {
                        if (text[i] != '-')
                                return false;
                        continue;
                }
                if (!isxdigit((unsigned char)text[i]) || used == UUID_DIGITS)
                        return false;
                digits[used++] = (char)tolower((unsigned char)text[i]);
        }
        digits[used] = '\0';
        return used == UUID_DIGITS;
}

static bool read_uuid(Source *source, Item *item)
{
        char digits[UUID_DIGITS + 1];

        item->kind = ITEM_UUID;
        if (!normalise_uuid(source->text, digits))
                return report_error(source->report, source->place,
                        "no UUID: write uuid:01234567-89ab-cdef-0123-456789abcdef");
        return set_text(item, source, digits);
}

static bool read_vm(Source *source, Item *item)
{
        if (is_word(source, "any") || is_word(source, "none")) {
                item->kind = source->text[0] == 'a' ? ITEM_ANY : ITEM_NONE;
                return set_text(item, source, source->text);
        }
        if (skip(source, "uuid:"))
                return read_uuid(source, item);
        return read_name(source, "", item);
}

static bool read_network(Source *source, Item *item)
{
        const char *wrong = network_parse(source->text, &item->network);

        item->kind = ITEM_NETWORK;
        if (wrong)
                return report_error(source->report, source->place, "%s", wrong);
        return set_text(item, source, source->text);
}

bool uid_parse(const char *text, const NameSource *names, uid_t *uid)
{
        char *end;
        unsigned long number;

        if (!isdigit((unsigned char)text[0]))
                return names->find_uid(text, uid);
        number = strtoul(text, &end, 10);
        *uid = (uid_t)number;
        return *end == '\0' && number < UINT32_MAX;
}

static bool read_uid(Source *source, Item *item)
{
        item->kind = ITEM_UID;
        if (!uid_parse(source->text, source->names, &item->uid))
                return report_error(source->report, source->place,
                        "no user \"%s\" on this machine; create it, or write its number",
                        source->text);
        return set_text(item, source, source->text);
}

static bool read_peer(Source *source, Item *item)
{
        if (skip(source, "uid:"))
                return read_uid(source, item);
        if (!skip(source, "unit:"))
                return report_error(
                        source->report, source->place, "write uid:USER or unit:PATTERN");
        if (!read_name(source, "", item))
                return false;
        item->kind = ITEM_UNIT;
        return true;
}

static bool read_date(Source *source, Item *item)
{
        struct tm day = {.tm_isdst = -1}, asked;
        int used = 0;

        item->kind = ITEM_DATE;
        if (sscanf(source->text, "%4d-%2d-%2d%n", &day.tm_year, &day.tm_mon, &day.tm_mday, &used) !=
                        3 ||
                source->text[used] != '\0' || used != 10)
                return report_error(source->report, source->place,
                        "no date: write until=2026-03-31, the last day");
        day.tm_year -= 1900;
        day.tm_mon -= 1;
        asked = day;
        if (mktime(&day) == -1 || day.tm_mday != asked.tm_mday || day.tm_mon != asked.tm_mon)
                return report_error(source->report, source->place, "there is no such day");
        day = asked;
        day.tm_mday++;
        item->end = mktime(&day);
        return set_text(item, source, source->text);
}

static bool (*const readers[CONDITION_KINDS])(Source *source, Item *item) = {
        [CONDITION_SERVICE] = read_plain,
        [CONDITION_REALM] = read_plain,
        [CONDITION_SOCKET] = read_plain,
        [CONDITION_USER] = read_plain,
        [CONDITION_VM] = read_vm,
        [CONDITION_FROM] = read_network,
        [CONDITION_PEER] = read_peer,
        [CONDITION_UNTIL] = read_date,
};

static bool read_group(ConditionKind kind, Source *source, Item *item)
{
        item->kind = ITEM_GROUP;
        item->quoted = source->literal_from == 0;
        if (kind == CONDITION_UNTIL || source->text[0] == '\0')
                return report_error(source->report, source->place, "no group can stand here");
        if (strchr(source->text, ':') && !item->quoted)
                return report_error(source->report, source->place,
                        "no backend knows groups; name a group of this file or of the system");
        if (!item->quoted && kind == CONDITION_USER && !check_tokens(source, TEMPLATE_VOUCHED))
                return false;
        item->has_tokens =
                !item->quoted && kind == CONDITION_USER && template_has_tokens(source->text);
        return set_text(item, source, source->text);
}

static bool read_item(ConditionKind kind, Source *source, Item *item)
{
        return skip(source, "@") ? read_group(kind, source, item) : readers[kind](source, item);
}

/* A zeroed item at the list's end, or NULL without memory. */
static Item *add_item(ItemList *list)
{
        Item *grown = reallocarray(list->items, list->count + 1, sizeof(Item));

        if (!grown)
                return NULL;
        list->items = grown;
        grown[list->count] = (Item){};
        return &grown[list->count++];
}

/* Where the quoted part of a word begins; behind its end if none does. */
static size_t find_literal(Word word)
{
        size_t i = 0;

        while (i < word.size && !word.characters[i].quoted)
                i++;
        return i < word.size ? i : word.size + 1;
}

static bool parse_one(
        ConditionKind kind, Word word, const NameSource *names, ItemList *list, Report *report)
{
        bool exclude = word_skip(&word, "!");
        char *text = word_text(word);
        Item *item = text ? add_item(list) : NULL;
        Source source = {text, find_literal(word), word.place, names, report};
        bool good;

        if (!item) {
                free(text);
                return report_error(report, word.place, "out of memory");
        }
        item->exclude = exclude;
        good = read_item(kind, &source, item);
        if (good && word_is_quoted(word) && source.literal_from > 0) /* not just behind a prefix */
                good = report_error(report, word.place, "put the whole word in quotes");
        free(text);
        return good;
}

bool item_list_parse(
        ConditionKind kind, Word value, const NameSource *names, ItemList *list, Report *report)
{
        bool good = true;

        do {
                Word word = word_split(&value, ',');

                good &= parse_one(kind, word, names, list, report);
        } while (value.characters);
        return good;
}

static bool parse_word(Word word, ItemList *list, Report *report)
{
        Item *item;

        if (word.size == 0)
                return report_error(report, word.place, "a word is missing");
        if (!word.characters[0].quoted && strchr("@!", word.characters[0].byte))
                return report_error(report, word.place,
                        "a group holds plain words, no further group and no exclusion");
        if (word_is_quoted(word) && find_literal(word) > 0)
                return report_error(report, word.place, "put the whole word in quotes");
        item = add_item(list);
        if (item)
                item->text = word_text(word);
        if (!item || !item->text)
                return report_error(report, word.place, "out of memory");
        item->quoted = word_is_quoted(word);
        return true;
}

bool item_list_parse_words(Word value, ItemList *list, Report *report)
{
        bool good = true;

        do {
                good &= parse_word(word_split(&value, ','), list, report);
        } while (value.characters);
        return good;
}

bool item_list_convert(ConditionKind kind, const ItemList *words, Place place,
        const NameSource *names, ItemList *list, Report *report)
{
        for (size_t i = 0; i < words->count; i++) {
                const Item *word = &words->items[i];
                Source source = {word->text, word->quoted ? 0 : strlen(word->text) + 1, place,
                        names, report};
                Item *item = add_item(list);

                if (!item)
                        return report_error(report, place, "out of memory");
                if (!readers[kind](&source, item))
                        return false;
        }
        return true;
}
