/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Parse: what the parts of the parser have in common while a configuration is being read. */

#include "daemon/config.h"
#include "daemon/item_parser.h"

/* What can be understood only when all files have been read. */
typedef struct ParseReference {
        enum {
                REFERENCE_BACKEND, /* a name in with= */
                REFERENCE_GROUP,   /* @name in a condition */
                REFERENCE_RULE,    /* the whole of a rule that was right so far */
        } kind;
        size_t rule;             /* index */
        ConditionKind condition; /* for groups */
        size_t item;             /* index in the condition, or in with= */
        Place place;
        char *name; /* of a backend, owned; else NULL */
} ParseReference;

typedef struct Parse {
        Config *config; /* not owned */
        const NameSource *names;
        Report *report;
        ParseReference *references;
        size_t reference_count;
        unsigned lookups; /* of groups of the system */
        bool incomplete;  /* something could not be read: what it defines may only seem unknown */
} Parse;

void parse_deinit(Parse *parse);

/* Remembers a reference, whose name is then owned. Returns false without memory (reported). */
bool parse_add_reference(Parse *parse, ParseReference reference);

/* An option KEY=VALUE of a directive. */
typedef struct OptionKind OptionKind;
struct OptionKind {
        const char *key;
        /* Takes the value for target. Returns false if it was wrong, and reported. */
        bool (*set)(Parse *parse, void *target, const OptionKind *kind, Word value);
        size_t offset;       /* of the field in target, for the functions below */
        const char *keyword; /* for option_set_keyword() */
};

#define OPTION_KINDS_MAX (MECHANISM_OPTIONS_MAX + 16u) /* in all tables of a directive */

/* Reads words as options of the kinds in two tables, each of which ends with a NULL key; none may
 * be there twice. Returns false if something was wrong, and reported. */
bool parse_options(Parse *parse, const Word *words, size_t count, const OptionKind *kinds,
        const OptionKind *more, void *target);

/* Set a field char *, uint64_t (in microseconds), or bool (only that keyword can stand there). */
bool option_set_text(Parse *parse, void *target, const OptionKind *kind, Word value);
bool option_set_duration(Parse *parse, void *target, const OptionKind *kind, Word value);
bool option_set_keyword(Parse *parse, void *target, const OptionKind *kind, Word value);

/* Read a value. They return false if it was wrong, and reported; *text is then to be freed all the
 * same. parse_text() does not accept the empty text, parse_any_text() does. */
bool parse_text(Parse *parse, Word value, char **text);
bool parse_any_text(Parse *parse, Word value, char **text);
bool parse_name(Parse *parse, Word word, char **name); /* stands in lists and logs without quotes */
bool parse_path(Parse *parse, Word value, char **path);
bool parse_number(Parse *parse, Word value, unsigned min, unsigned max, unsigned *number);

/* Reports that memory is short. Returns false. */
bool parse_out_of_memory(Parse *parse, Place place);
