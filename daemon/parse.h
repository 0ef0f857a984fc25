/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Parse: what the parts of the parser have in common while a configuration is being read. */

#include "daemon/config.h"
#include "daemon/item_parser.h"

/* A name in a rule that can be understood only when all files have been read. */
typedef struct ParseReference {
        enum { REFERENCE_BACKEND, REFERENCE_GROUP } kind;
        size_t rule;             /* index */
        ConditionKind condition; /* for groups */
        size_t item;             /* index in the condition, or in with= */
        Place place;
        char *name; /* of a backend, owned; NULL for groups */
} ParseReference;

typedef struct Parse {
        Config *config; /* not owned */
        const NameSource *names;
        Report *report;
        ParseReference *references;
        size_t reference_count;
} Parse;

void parse_deinit(Parse *parse);

/* Remembers a reference, whose name is then owned. Returns false without memory (reported). */
bool parse_add_reference(Parse *parse, ParseReference reference);

/* An option KEY=VALUE of a directive. */
typedef struct OptionKind {
        const char *key;
        /* Takes the value for target. Returns false if it was wrong, and reported. */
        bool (*set)(Parse *parse, void *target, Word value);
} OptionKind;

/* Reads words as options of the kinds in the table, which ends with a NULL key; none may be there
 * twice. Those that the table does not have are given to other(), if that is not NULL, which
 * returns false for one that it does not know either, unreported. */
bool parse_options(Parse *parse, const Word *words, size_t count, const OptionKind *kinds,
        bool (*other)(Parse *parse, void *target, const char *key, Word value, bool *good),
        void *target);

/* Read the value of an option. They return false if it was wrong, and reported. parse_text() does
 * not accept the empty text. */
bool parse_text(Parse *parse, Word value, char **text);
bool parse_path(Parse *parse, Word value, char **path);
bool parse_number(Parse *parse, Word value, unsigned min, unsigned max, unsigned *number);
bool parse_duration(Parse *parse, Word value, uint64_t *usec);

/* A value that can only be one word, as in unavailable=temporary. */
bool parse_keyword(Parse *parse, Word value, const char *keyword, bool *flag);
