/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokenizer.h"

#include <stdlib.h>
#include <string.h>

/* What a character does to the line it is read in. */
typedef enum Step {
        STEP_ON,  /* the line goes on */
        STEP_END, /* the line is complete */
        STEP_WRONG,
        STEP_NO_MEMORY,
} Step;

void tokenizer_init(Tokenizer *tokenizer, Bytes input, unsigned file, Report *report)
{
        *tokenizer = (Tokenizer){
                .input = input,
                .place = {.file = file, .line = 1, .column = 1},
                .report = report,
        };
}

void tokenizer_deinit(Tokenizer *tokenizer)
{
        free(tokenizer->characters);
        free(tokenizer->words);
}

/* Makes room for one more of count elements of size bytes. */
static bool reserve(void *array, size_t count, size_t *capacity, size_t size)
{
        void **elements = array;
        size_t wanted = *capacity ? 2 * *capacity : 64;
        void *grown;

        if (count < *capacity)
                return true;
        grown = reallocarray(*elements, wanted, size);
        if (!grown)
                return false;
        *elements = grown;
        *capacity = wanted;
        return true;
}

static bool is_at_end(const Tokenizer *tokenizer)
{
        return tokenizer->offset >= tokenizer->input.size;
}

static char peek(const Tokenizer *tokenizer)
{
        return (char)tokenizer->input.data[tokenizer->offset];
}

/* Columns count characters: the further bytes of one in UTF-8 are none of their own. */
static void advance(Tokenizer *tokenizer)
{
        uint8_t byte = tokenizer->input.data[tokenizer->offset++];

        if (byte == '\n') {
                tokenizer->place.line++;
                tokenizer->place.column = 1;
        } else if (is_at_end(tokenizer) ||
                   (tokenizer->input.data[tokenizer->offset] & 0xc0) != 0x80) {
                tokenizer->place.column++;
        }
}

static Step add_character(Tokenizer *tokenizer, char byte, bool quoted, Place place)
{
        if (!reserve(&tokenizer->characters, tokenizer->character_count,
                    &tokenizer->character_capacity, sizeof(Character)))
                return STEP_NO_MEMORY;
        tokenizer->characters[tokenizer->character_count++] = (Character){byte, quoted, place};
        tokenizer->words[tokenizer->word_count - 1].size++;
        return STEP_ON;
}

/* Words hold offsets while their line grows: it may move. */
static Step begin_word(Tokenizer *tokenizer)
{
        if (!reserve(&tokenizer->words, tokenizer->word_count, &tokenizer->word_capacity,
                    sizeof(Word)))
                return STEP_NO_MEMORY;
        tokenizer->words[tokenizer->word_count++] = (Word){.place = tokenizer->place};
        return STEP_ON;
}

static void fix_words(Tokenizer *tokenizer)
{
        size_t start = 0;

        for (size_t i = 0; i < tokenizer->word_count; i++) {
                tokenizer->words[i].characters = tokenizer->characters + start;
                start += tokenizer->words[i].size;
        }
}

static Step wrong(Tokenizer *tokenizer, Place place, const char *text)
{
        (void)report_error(tokenizer->report, place, "%s", text);
        return STEP_WRONG;
}

static Step cut_short(Tokenizer *tokenizer)
{
        return wrong(tokenizer, tokenizer->place,
                "the file ends within a line and may be cut short; end it with a newline");
}

static const char *control_complaint(char byte)
{
        switch (byte) {
        case '\0': return "a NUL byte; a configuration is a text file";
        case '\r': return "a carriage return; save the file with unix line ends";
        default: return "a control character; remove it";
        }
}

static bool is_control(char byte)
{
        return ((uint8_t)byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f;
}

/* Behind a backslash within quotes. */
static Step read_escape(Tokenizer *tokenizer)
{
        Place place = tokenizer->place;
        char byte;

        advance(tokenizer);
        if (is_at_end(tokenizer))
                return cut_short(tokenizer);
        byte = peek(tokenizer);
        if (byte == '\n')
                return wrong(tokenizer, place,
                        "quotes cannot go on in the next line; close them before the backslash");
        if (byte != '"' && byte != '\\')
                return wrong(tokenizer, place,
                        "a backslash in quotes stands before \" or \\ only; write \\\\ for one");
        advance(tokenizer);
        return add_character(tokenizer, byte, true, place);
}

static Step check_behind_quote(Tokenizer *tokenizer)
{
        if (is_at_end(tokenizer) || strchr(" \t\n,", peek(tokenizer)))
                return STEP_ON;
        return wrong(tokenizer, tokenizer->place,
                "a quote ends a word; put a blank or a comma behind it");
}

/* From the opening quote to behind the closing one. */
static Step read_quoted(Tokenizer *tokenizer)
{
        Place open = tokenizer->place;
        Step step = add_character(tokenizer, '\0', true, open);

        advance(tokenizer);
        while (step == STEP_ON) {
                char byte;

                if (is_at_end(tokenizer) || peek(tokenizer) == '\n')
                        return wrong(
                                tokenizer, open, "this quote is not closed; close it in its line");
                byte = peek(tokenizer);
                if (is_control(byte))
                        return wrong(tokenizer, tokenizer->place, control_complaint(byte));
                if (byte == '\\') {
                        step = read_escape(tokenizer);
                        continue;
                }
                if (byte != '"')
                        step = add_character(tokenizer, byte, true, tokenizer->place);
                advance(tokenizer);
                if (byte == '"')
                        return check_behind_quote(tokenizer);
        }
        return step;
}

/* A backslash outside quotes: the line goes on behind the newline. */
static Step read_continuation(Tokenizer *tokenizer)
{
        Place place = tokenizer->place;

        advance(tokenizer);
        if (is_at_end(tokenizer))
                return cut_short(tokenizer);
        if (peek(tokenizer) != '\n')
                return wrong(tokenizer, place,
                        "a backslash not at the line's end; put the word in quotes and write \\\\");
        advance(tokenizer);
        return STEP_ON;
}

static Step read_word(Tokenizer *tokenizer)
{
        Step step = begin_word(tokenizer);

        while (step == STEP_ON) {
                char byte;

                if (is_at_end(tokenizer))
                        return cut_short(tokenizer);
                byte = peek(tokenizer);
                if (strchr(" \t\n", byte) && byte != '\0')
                        return STEP_ON;
                if (is_control(byte))
                        return wrong(tokenizer, tokenizer->place, control_complaint(byte));
                if (byte == '"') {
                        step = read_quoted(tokenizer);
                } else if (byte == '\\') {
                        step = read_continuation(tokenizer);
                } else {
                        step = add_character(tokenizer, byte, false, tokenizer->place);
                        advance(tokenizer);
                }
        }
        return step;
}

/* To behind the line's end; what a backslash adds to the line belongs to it. */
static void skip_line(Tokenizer *tokenizer)
{
        bool goes_on = true;

        while (goes_on && !is_at_end(tokenizer)) {
                bool backslash = tokenizer->offset > 0 &&
                                 tokenizer->input.data[tokenizer->offset - 1] == '\\';

                goes_on = peek(tokenizer) != '\n' || backslash;
                advance(tokenizer);
        }
}

/* Comments may hold anything but what makes a file no text. */
static Step read_comment(Tokenizer *tokenizer)
{
        for (; !is_at_end(tokenizer) && peek(tokenizer) != '\n'; advance(tokenizer))
                if (is_control(peek(tokenizer)))
                        return wrong(
                                tokenizer, tokenizer->place, control_complaint(peek(tokenizer)));
        return is_at_end(tokenizer) ? cut_short(tokenizer) : STEP_ON;
}

static Step read_step(Tokenizer *tokenizer)
{
        if (is_at_end(tokenizer))
                return cut_short(tokenizer);
        switch (peek(tokenizer)) {
        case '\n': advance(tokenizer); return STEP_END;
        case ' ':
        case '\t': advance(tokenizer); return STEP_ON;
        case '#': return read_comment(tokenizer);
        case '\\': return read_continuation(tokenizer);
        default: return read_word(tokenizer);
        }
}

static Step read_line(Tokenizer *tokenizer)
{
        Step step = STEP_ON;

        tokenizer->character_count = tokenizer->word_count = 0;
        while (step == STEP_ON)
                step = read_step(tokenizer);
        if (step == STEP_END)
                fix_words(tokenizer);
        return step;
}

TokenizerOutcome tokenizer_next(Tokenizer *tokenizer)
{
        while (!is_at_end(tokenizer)) {
                Step step = read_line(tokenizer);

                if (step == STEP_NO_MEMORY)
                        return TOKENIZER_NO_MEMORY;
                if (step == STEP_WRONG) {
                        skip_line(tokenizer);
                        return TOKENIZER_WRONG;
                }
                if (tokenizer->word_count > 0)
                        return TOKENIZER_LINE;
        }
        return TOKENIZER_END;
}

/* Takes the first count characters, at least one, off the word. */
static void take_off(Word *word, size_t count)
{
        word->characters += count;
        word->size -= count;
        if (word->size > 0) {
                word->place = word->characters[0].place;
        } else {
                word->place = word->characters[-1].place;
                word->place.column++;
        }
}

Word word_split(Word *word, char byte)
{
        Word before = *word;
        size_t i = 0;

        while (i < word->size && (word->characters[i].quoted || word->characters[i].byte != byte))
                i++;
        before.size = i;
        if (i < word->size)
                take_off(word, i + 1);
        else
                *word = (Word){.place = word->place};
        return before;
}

/* Whether the word begins with text, unquoted. */
static bool begins_with(Word word, const char *text)
{
        size_t i = 0;

        while (i < word.size && text[i] && !word.characters[i].quoted &&
                word.characters[i].byte == text[i])
                i++;
        return text[i] == '\0';
}

bool word_is(Word word, const char *text)
{
        return word.size == strlen(text) && begins_with(word, text);
}

bool word_skip(Word *word, const char *text)
{
        if (!begins_with(*word, text))
                return false;
        take_off(word, strlen(text));
        return true;
}

bool word_is_quoted(Word word)
{
        for (size_t i = 0; i < word.size; i++)
                if (word.characters[i].quoted)
                        return true;
        return false;
}

bool word_is_literal(Word word)
{
        for (size_t i = 0; i < word.size; i++)
                if (!word.characters[i].quoted)
                        return false;
        return word.size > 0;
}

char *word_text(Word word)
{
        char *text = malloc(word.size + 1);
        size_t used = 0;

        if (!text)
                return NULL;
        for (size_t i = 0; i < word.size; i++)
                if (word.characters[i].byte != '\0')
                        text[used++] = word.characters[i].byte;
        text[used] = '\0';
        return text;
}
