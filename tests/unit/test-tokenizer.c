/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/tokenizer.h"

#include "table.h"

#include <stdio.h>

typedef struct Row {
        const char *name;
        Bytes input;
        const char *lines; /* each line's words as [word], quoted characters between ' */
        const char *complaints;
} Row;

static const Row rows[] = {
        {"empty", LIT(""), "", ""},
        {"empty lines", LIT("\n \n\t\n"), "", ""},
        {"words", LIT("permit  a\tb \n"), "[permit][a][b]\n", ""},
        {"lines", LIT("a b\n\n  c\n"), "[a][b]\n[c]\n", ""},
        {"a comment", LIT("# what \"for\n a # and 'why\\\n"), "[a]\n", ""},
        {"# within a word", LIT("a#b c=#d\n"), "[a#b][c=#d]\n", ""},
        {"quotes", LIT("a \"b c\" d\n"), "[a]['b c'][d]\n", ""},
        {"quotes behind a prefix", LIT("a=\"b c\"\n"), "[a='b c']\n", ""},
        {"empty quotes", LIT("\"\" a=\"\"\n"), "[''][a='']\n", ""},
        {"escapes", LIT("\"a\\\"b\\\\c\"\n"), "['a\"b\\c']\n", ""},
        {"# and , in quotes", LIT("\"#a,b\",c\n"), "['#a,b',c]\n", ""},
        {"a tab in quotes", LIT("\"a\tb\"\n"), "['a\tb']\n", ""},
        {"the line goes on", LIT("a \\\n b\n"), "[a][b]\n", ""},
        {"the word goes on", LIT("a,\\\nb\n"), "[a,b]\n", ""},
        {"goes on twice", LIT("a\\\n\\\n\\\nb\n"), "[ab]\n", ""},
        {"goes on in a comment", LIT("a \\\n# b\nc\n"), "[a]\n[c]\n", ""},
        {"a comment does not go on", LIT("# a \\\nb\n"), "[b]\n", ""},
        {"goes on behind quotes", LIT("\"a\" \\\n b\n"), "['a'][b]\n", ""},
        {"UTF-8", LIT("vmé=\"日本\"\n"), "[vmé='日本']\n", ""},
        {"bytes that are no UTF-8", LIT("a\xff\xc3 b\n"), "[a\xff\xc3][b]\n", ""},

        {"no newline", LIT("a b"), "",
                "1:4 the file ends within a line and may be cut short; end it with a newline"},
        {"no newline behind a blank", LIT("a\nb "), "[a]\n",
                "2:3 the file ends within a line and may be cut short; end it with a newline"},
        {"no newline, blanks only", LIT("a\n  "), "[a]\n",
                "2:3 the file ends within a line and may be cut short; end it with a newline"},
        {"no newline behind a comment", LIT("# a"), "",
                "1:4 the file ends within a line and may be cut short; end it with a newline"},
        {"cut behind a backslash", LIT("a \\"), "",
                "1:4 the file ends within a line and may be cut short; end it with a newline"},
        {"cut where the line goes on", LIT("a \\\n"), "",
                "2:1 the file ends within a line and may be cut short; end it with a newline"},
        {"cut where nothing goes on", LIT("\\\n"), "",
                "2:1 the file ends within a line and may be cut short; end it with a newline"},
        {"cut in an escape", LIT("\"a\\"), "",
                "1:4 the file ends within a line and may be cut short; end it with a newline"},
        {"cut in quotes", LIT("a \"b"), "", "1:3 this quote is not closed; close it in its line"},
        {"cut behind quotes", LIT("a \"b\""), "",
                "1:6 the file ends within a line and may be cut short; end it with a newline"},
        {"an open quote", LIT("é \"b\nc\n"), "[c]\n",
                "1:3 this quote is not closed; close it in its line"},
        {"quotes over two lines", LIT("\"a\\\nb\"\nc\n"), "[c]\n",
                "1:3 quotes cannot go on in the next line; close them before the backslash"},
        {"an escape of nothing", LIT("\"a\\n\"\nb\n"), "[b]\n",
                "1:3 a backslash in quotes stands before \" or \\ only; write \\\\ for one"},
        {"something behind quotes", LIT("\"a\"b\nc\n"), "[c]\n",
                "1:4 a quote ends a word; put a blank or a comma behind it"},
        {"quotes behind quotes", LIT("\"a\"\"b\"\n"), "",
                "1:4 a quote ends a word; put a blank or a comma behind it"},
        {"a backslash in a line", LIT("DOM\\user x\nb\n"), "[b]\n",
                "1:4 a backslash not at the line's end; put the word in quotes and write \\\\"},
        {"a backslash before a blank", LIT("a \\ \nb\n"), "[b]\n",
                "1:3 a backslash not at the line's end; put the word in quotes and write \\\\"},
        {"wrong, and the line goes on", LIT("a \"b\"c \\\n d\ne\n"), "[e]\n",
                "1:6 a quote ends a word; put a blank or a comma behind it"},
        {"wrong where the line went on", LIT("a \\\n b \"\nc\n"), "[c]\n",
                "2:4 this quote is not closed; close it in its line"},
        {"NUL", LIT("a\0b\nc\n"), "[c]\n", "1:2 a NUL byte; a configuration is a text file"},
        {"NUL in quotes", LIT("\"a\0\"\n"), "", "1:3 a NUL byte; a configuration is a text file"},
        {"NUL behind quotes", LIT("\"a\"\0\n"), "",
                "1:4 a NUL byte; a configuration is a text file"},
        {"NUL in a comment", LIT("# a\0\nb\n"), "[b]\n",
                "1:4 a NUL byte; a configuration is a text file"},
        {"NUL first", LIT("\0"), "", "1:1 a NUL byte; a configuration is a text file"},
        {"CR", LIT("a\r\nb\r\n"), "",
                "1:2 a carriage return; save the file with unix line ends\n"
                "2:2 a carriage return; save the file with unix line ends"},
        {"a control character", LIT("a\x1b[1m\n\x7f\nb\n"), "[b]\n",
                "1:2 a control character; remove it\n2:1 a control character; remove it"},
};

typedef struct Said {
        Report report;
        FILE *stream;
} Said;

static void say(Report *report, Place place, bool is_warning, const char *text)
{
        Said *said = report->userdata;

        assert_false(is_warning);
        assert_int_equal(place.file, 7);
        (void)fprintf(said->stream, "%s%u:%u %s", report->errors > 1 ? "\n" : "", place.line,
                place.column, text);
}

static void show_word(Word word, FILE *out)
{
        bool quoted = false;

        (void)fputc('[', out);
        for (size_t i = 0; i < word.size; i++) {
                if (word.characters[i].quoted != quoted || word.characters[i].byte == '\0')
                        (void)fputc('\'', out);
                quoted = word.characters[i].quoted;
                if (word.characters[i].byte != '\0')
                        (void)fputc(word.characters[i].byte, out);
        }
        (void)fputs(quoted ? "']" : "]", out);
}

static void test_lines(void **state)
{
        const Row *row = *state;
        Bytes input = exact_copy(row->input);
        char *lines, *complaints;
        size_t size;
        FILE *out = open_memstream(&lines, &size);
        Said said = {.stream = open_memstream(&complaints, &size)};
        Tokenizer tokenizer;
        TokenizerOutcome outcome;

        assert_true(out && said.stream);
        said.report = (Report){.write = say, .userdata = &said};
        tokenizer_init(&tokenizer, input, 7, &said.report);
        while ((outcome = tokenizer_next(&tokenizer)) != TOKENIZER_END) {
                assert_int_not_equal(outcome, TOKENIZER_NO_MEMORY);
                for (size_t i = 0; outcome == TOKENIZER_LINE && i < tokenizer.word_count; i++)
                        show_word(tokenizer.words[i], out);
                if (outcome == TOKENIZER_LINE)
                        (void)fputc('\n', out);
        }
        (void)fclose(out);
        (void)fclose(said.stream);
        assert_string_equal(lines, row->lines);
        assert_string_equal(complaints, row->complaints);
        free(lines);
        free(complaints);
        tokenizer_deinit(&tokenizer);
        exact_free(&input);
}

/* The words of one line, for the functions below. */
static void read_line(Tokenizer *tokenizer, const char *text)
{
        static Report report;

        tokenizer_init(tokenizer, bytes_from_string(text), 0, &report);
        assert_int_equal(tokenizer_next(tokenizer), TOKENIZER_LINE);
}

static void check_word(Word word, const char *expected, unsigned line, unsigned column)
{
        char *text = word_text(word);

        assert_string_equal(text, expected);
        assert_int_equal(word.place.line, line);
        assert_int_equal(word.place.column, column);
        free(text);
}

static void test_split(void **state)
{
        Tokenizer tokenizer;
        Word rest;

        (void)state;
        read_line(&tokenizer, "user=é,\"a,b\",\\\n  c,,\\\nd,\n");
        assert_int_equal(tokenizer.word_count, 2);
        rest = tokenizer.words[0];
        check_word(word_split(&rest, '='), "user", 1, 1);
        check_word(word_split(&rest, ','), "é", 1, 6);
        check_word(word_split(&rest, ','), "a,b", 1, 8);
        assert_non_null(rest.characters);
        check_word(word_split(&rest, ','), "", 1, 14);
        assert_null(rest.characters);
        rest = tokenizer.words[1];
        check_word(word_split(&rest, ','), "c", 2, 3);
        check_word(word_split(&rest, ','), "", 2, 5);
        check_word(word_split(&rest, ','), "d", 3, 1);
        check_word(word_split(&rest, ','), "", 3, 3);
        assert_null(rest.characters);
        tokenizer_deinit(&tokenizer);
}

static void test_compare(void **state)
{
        Tokenizer tokenizer;
        Word word, quoted;

        (void)state;
        read_line(&tokenizer, "any \"any\" uid:\"x\"\n");
        word = tokenizer.words[0];
        quoted = tokenizer.words[1];
        assert_true(word_is(word, "any"));
        assert_false(word_is(word, "an") || word_is(word, "anyy"));
        assert_false(word_is(quoted, "any") || word_is(quoted, ""));
        assert_false(word_skip(&quoted, "a"));
        assert_true(word_skip(&word, "an"));
        check_word(word, "y", 1, 3);
        assert_true(word_is_quoted(quoted) && word_is_literal(quoted));
        word = tokenizer.words[2];
        assert_true(word_is_quoted(word) && !word_is_literal(word));
        assert_true(word_skip(&word, "uid:"));
        assert_true(word_is_literal(word));
        check_word(word, "x", 1, 15);
        assert_true(!word_is_quoted(tokenizer.words[0]) && !word_is_literal(tokenizer.words[0]));
        tokenizer_deinit(&tokenizer);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_lines, ROWS(rows));
        table_add(&table, "split", test_split, NULL);
        table_add(&table, "compare", test_compare, NULL);
        return table_run(&table, "tokenizer");
}
