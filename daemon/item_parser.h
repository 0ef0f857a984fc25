/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading the items of a condition: "win*", "!eve", "@kvm", "uuid:…", "10.0.0.0/8". */

#include "daemon/condition.h"
#include "daemon/report.h"
#include "daemon/tokenizer.h"
#include "proto/secret.h"

/* What a configuration means by the names of this machine. read_file returns the content of a file
 * whose mode has none of the forbidden bits, or NULL: why then says what is wrong with it, as
 * trusted_file_read() does; may_run is trusted_file_may_run(). */
typedef struct NameSource NameSource;
struct NameSource {
        bool (*find_uid)(const NameSource *names, const char *name, uid_t *uid);
        bool (*has_group)(const NameSource *names, const char *name); /* of the system */
        Secret *(*read_file)(
                const NameSource *names, const char *path, mode_t forbidden, char *why);
        bool (*may_run)(const NameSource *names, const char *path, char *why);
        bool warns; /* of groups that the system has, too: asking for each may take long */
};

/* Reads a comma separated list for a condition of that kind and appends its items. Groups stand as
 * ITEM_GROUP without members. Returns false if something was wrong, and reported. */
bool item_list_parse(
        ConditionKind kind, Word value, const NameSource *names, ItemList *list, Report *report);

/* Reads a comma separated list of plain words, without exclusions and groups, as ITEM_EXACT. */
bool item_list_parse_words(Word value, ItemList *list, Report *report);

/* Reads a list of plain words, written at place, as items of a condition of that kind. If something
 * was wrong, and reported, the word is that of the last item appended. */
bool item_list_convert(ConditionKind kind, const ItemList *words, Place place,
        const NameSource *names, ItemList *list, Report *report);

#define ITEM_UUID_SIZE 33u

/* Reads a UUID of 32 digits, with the usual hyphens or without, in any case. Returns whether it is
 * one; digits are then its digits, in lower case. */
bool item_read_uuid(const char *text, char digits[static ITEM_UUID_SIZE]);

/* The format of the complaint about a name for which there is no user. */
#define UID_UNKNOWN "no user \"%s\" on this machine; create it, or write its number"

/* Reads a user's name or number. Returns false, unreported, if there is no such user. */
bool uid_parse(const char *text, const NameSource *names, uid_t *uid);
