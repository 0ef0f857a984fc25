/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Tokenizer: the bytes of a configuration file as lines of words. Words are separated by blanks and
 * tabs; "#" at a word's beginning starts a comment; a backslash at a line's end goes on with the
 * next; between double quotes everything is literal but \" and \\. Each character remembers where
 * it stood and whether it was quoted.
 */

#include "daemon/report.h"
#include "proto/bytes.h"

typedef struct Character {
        char byte; /* 0: an opening quote, without which "" would leave no trace */
        bool quoted;
        Place place;
} Character;

/* A word or a part of one: a view into the tokenizer's line. */
typedef struct Word {
        const Character *characters;
        size_t size;
        Place place; /* of its beginning, also if it is empty */
} Word;

typedef struct Tokenizer {
        Bytes input;
        size_t offset;
        Place place;
        Report *report;
        Character *characters; /* of the current line */
        size_t character_count, character_capacity;
        Word *words;
        size_t word_count, word_capacity;
} Tokenizer;

/* Starts with the first line of input, which is the file of that index. */
void tokenizer_init(Tokenizer *tokenizer, Bytes input, unsigned file, Report *report);
void tokenizer_deinit(Tokenizer *tokenizer);

typedef enum TokenizerOutcome {
        TOKENIZER_LINE,  /* words holds a line's words, at least one */
        TOKENIZER_WRONG, /* the line was reported and is to be left out */
        TOKENIZER_END,
        TOKENIZER_NO_MEMORY,
} TokenizerOutcome;

/* Goes on to the next line that has words. */
TokenizerOutcome tokenizer_next(Tokenizer *tokenizer);

/* Splits *word at the first character that is byte and not quoted: the part before it is returned,
 * the part behind it stays in *word, whose characters are NULL if there was none. */
Word word_split(Word *word, char byte);

/* Whether the word is exactly that text, without quotes. */
bool word_is(Word word, const char *text);

/* Whether the word begins with that text, not empty, without quotes. If so it is taken off. */
bool word_skip(Word *word, const char *text);

/* Whether any of its characters is quoted, and whether all of them are. */
bool word_is_quoted(Word word);
bool word_is_literal(Word word);

/* Its text without quotes, owned by the caller, or NULL without memory. */
char *word_text(Word word);
