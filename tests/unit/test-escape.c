/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/escape.h"
#include "proto/cleanup.h"

#include "table.h"

typedef struct EscapeRow {
        const char *name;
        Bytes text;
        const char *escaped;
} EscapeRow;

static const EscapeRow rows[] = {
        {"plain", LIT("alice@vmA"), "alice@vmA"},
        {"empty", LIT(""), ""},
        {"blanks and punctuation", LIT("a b\"c'd=e"), "a b\"c'd=e"},
        {"brackets would end a field", LIT("x] [reason=y"), "x\\x5d \\x5breason=y"},
        {"backslash would hide an escape", LIT("\\x41"), "\\x5cx41"},
        {"newline would start a line", LIT("a\nb\r"), "a\\x0ab\\x0d"},
        {"NUL", LIT("a\0b"), "a\\x00b"},
        {"DEL and escape", LIT("\x7f\x1b[0m"), "\\x7f\\x1b\\x5b0m"},
        {"UTF-8 of two bytes", LIT("m\xc3\xbcller"), "m\xc3\xbcller"},
        {"UTF-8 of three bytes", LIT("\xef\xbd\x85"), "\xef\xbd\x85"},
        {"UTF-8 of four bytes", LIT("\xf0\x9f\x94\x92"), "\xf0\x9f\x94\x92"},
        {"C1 control U+009B", LIT("\xc2\x9b"), "\\xc2\\x9b"},
        {"first printable behind C1", LIT("\xc2\xa0"), "\xc2\xa0"},
        {"a lone continuation byte", LIT("\x80"), "\\x80"},
        {"a sequence cut short", LIT("\xc3"), "\\xc3"},
        {"overlong slash", LIT("\xc0\xaf"), "\\xc0\\xaf"},
        {"overlong of three bytes", LIT("\xe0\x80\xaf"), "\\xe0\\x80\\xaf"},
        {"overlong of four bytes", LIT("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf"},
        {"surrogate", LIT("\xed\xa0\x80"), "\\xed\\xa0\\x80"},
        {"above U+10FFFF", LIT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
        {"no UTF-8 at all", LIT("\xff\xfe"), "\\xff\\xfe"},
};

static void test_escape(void **state)
{
        const EscapeRow *row = *state;
        _cleanup_(exact_free) Bytes text = exact_copy(row->text);
        char out[64];

        assert_string_equal(escape(text, out, sizeof(out)), row->escaped);
}

/* Without brackets around it. */
static void test_control(void **state)
{
        char out[ESCAPED_SIZE(12)];

        (void)state;
        assert_string_equal(escape_control(BYTES("win[0-9]\\*"), out, sizeof(out)), "win[0-9]\\*");
        assert_string_equal(
                escape_control(BYTES("\x1b[31m\n\xff"), out, sizeof(out)), "\\x1b[31m\\x0a\\xff");
        assert_string_equal(escape_control(BYTES("\1\1\1\1\1\1\1\1\1\1\1\1"), out, sizeof(out)),
                "\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x01");
}

/* Cut between characters, never inside one, and always within the size. */
static void test_cut(void **state)
{
        static const struct {
                Bytes text;
                const char *escaped;
        } cuts[] = {
                {LIT("12345678"), "12345678"},
                {LIT("123456789"), "12345678..."},
                {LIT("1234567\xc3\xbc"), "1234567..."},
                {LIT("12345\n"), "12345..."},
                {LIT("1234\n"), "1234\\x0a"},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
                char out[12];

                assert_string_equal(escape(cuts[i].text, out, sizeof(out)), cuts[i].escaped);
        }
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_escape, ROWS(rows));
        table_add(&table, "without brackets around it", test_control, NULL);
        table_add(&table, "cut where it does not fit", test_cut, NULL);
        return table_run(&table, "escape");
}
