/* SPDX-License-Identifier: BSD-2-Clause */
#include "item_parser.h"

#include "daemon/template.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UUID_DIGITS (ITEM_UUID_SIZE - 1)

#define PARTLY_QUOTED "only a part of this is in quotes; put the whole word in them"

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
                "\"%.*s\" means nothing here; write %s%%%% for a percent sign, or put the word in "
                "quotes",
                (int)template_token_size(source->text + at), source->text + at,
                allowed[0] ? "%v for the VM's name, %i for its UUID, " : "");
}

/* A name: in quotes it is literal, else it may be a pattern and have tokens. */
static bool read_name(Source *source, const char *tokens, Item *item)
{
        bool quoted = source->literal_from == 0;

        item->quoted = quoted;
        item->kind = !quoted && strpbrk(source->text, "*?[") ? ITEM_GLOB : ITEM_EXACT;
        if (source->text[0] == '\0' && !quoted)
                return report_error(source->report, source->place,
                        "a value is missing; write \"\" for the empty one");
        if (!quoted && !check_tokens(source, tokens))
                return false;
        item->has_tokens = !quoted && template_has_tokens(source->text);
        return set_text(item, source, source->text);
}

static bool read_plain(Source *source, Item *item)
{
        return read_name(source, TEMPLATE_VOUCHED, item);
}

bool item_read_uuid(const char *text, char digits[static ITEM_UUID_SIZE])
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
        char digits[ITEM_UUID_SIZE];

        item->kind = ITEM_UUID;
        if (!item_read_uuid(source->text, digits))
                return report_error(source->report, source->place,
                        "\"%s\" is no UUID; write it as uuid:01234567-89ab-cdef-0123-456789abcdef",
                        source->text);
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
                return names->find_uid(names, text, uid);
        number = strtoul(text, &end, 10);
        *uid = (uid_t)number;
        return *end == '\0' && number < UINT32_MAX;
}

static bool read_uid(Source *source, Item *item)
{
        item->kind = ITEM_UID;
        item->quoted = source->literal_from == 0;
        if (source->text[0] == '\0')
                return report_error(source->report, source->place,
                        "a user is missing; write a name or a number behind uid:");
        if (!uid_parse(source->text, source->names, &item->uid))
                return report_error(source->report, source->place, UID_UNKNOWN, source->text);
        return set_text(item, source, source->text);
}

static bool read_peer(Source *source, Item *item)
{
        if (skip(source, "uid:"))
                return read_uid(source, item);
        if (!skip(source, "unit:"))
                return report_error(source->report, source->place,
                        "\"%s\" does not say what it is; write uid:USER or unit:PATTERN",
                        source->text);
        if (!read_name(source, "", item))
                return false;
        item->kind = ITEM_UNIT;
        return true;
}

/* "2026-03-31", and nothing that looks like it. */
static bool read_day(const char *text, struct tm *day)
{
        static const char shape[] = "dddd-dd-dd";

        for (size_t i = 0; i < sizeof(shape); i++)
                if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
                        return false;
        *day = (struct tm){
                .tm_year = (int)strtol(text, NULL, 10) - 1900,
                .tm_mon = (int)strtol(text + 5, NULL, 10) - 1,
                .tm_mday = (int)strtol(text + 8, NULL, 10),
                .tm_isdst = -1,
        };
        return true;
}

static bool read_date(Source *source, Item *item)
{
        struct tm day, same;

        item->kind = ITEM_DATE;
        if (!read_day(source->text, &day))
                return report_error(source->report, source->place,
                        "\"%s\" is no date; write the last day as until=2026-03-31", source->text);
        same = day;
        (void)mktime(&same); /* makes a day that exists of one that does not */
        if (same.tm_mday != day.tm_mday || same.tm_mon != day.tm_mon)
                return report_error(source->report, source->place,
                        "there is no day %s; write the last one that the rule holds on",
                        source->text);
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

/* What is wrong with the name of a group, and what would be right, or NULL. */
static const char *check_group(ConditionKind kind, const char *name, bool quoted)
{
        if (kind == CONDITION_UNTIL)
                return "no group can stand here; write a day, as until=2026-03-31";
        if (name[0] == '\0')
                return "a group's name is missing; write it behind the @";
        if (quoted)
                return NULL;
        if (name[0] == '!')
                return "an exclusion stands before the @; write !@GROUP";
        if (strchr(name, ':') && kind != CONDITION_USER)
                return "groups of a backend are for user= only; name a group of this file";
        return strpbrk(name, "*?[") ? "a group's name is no pattern; name each group" : NULL;
}

static bool read_group(ConditionKind kind, Source *source, Item *item)
{
        const char *wrong;

        item->quoted = source->literal_from == 0;
        item->kind = !item->quoted && strchr(source->text, ':') ? ITEM_BACKEND_GROUP : ITEM_GROUP;
        wrong = check_group(kind, source->text, item->quoted);
        if (wrong)
                return report_error(source->report, source->place, "%s", wrong);
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

/* A zeroed item at the list's end, or NULL without memory. There is room for as many as the next
 * power of two. */
static Item *add_item(ItemList *list)
{
        if ((list->count & (list->count - 1)) == 0) {
                size_t capacity = list->count > 0 ? 2 * list->count : 1;
                Item *grown = reallocarray(list->items, capacity, sizeof(Item));

                if (!grown)
                        return NULL;
                list->items = grown;
        }
        list->items[list->count] = (Item){};
        return &list->items[list->count++];
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
                good = report_error(report, word.place, PARTLY_QUOTED);
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
                return report_error(
                        report, word.place, "a word is missing; write \"\" for the empty one");
        if (!word.characters[0].quoted && strchr("@!", word.characters[0].byte))
                return report_error(report, word.place,
                        "a group holds neither groups nor exclusions; write plain words");
        if (word_is_quoted(word) && !word_is_literal(word))
                return report_error(report, word.place, PARTLY_QUOTED);
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
