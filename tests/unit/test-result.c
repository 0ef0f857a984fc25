/* SPDX-License-Identifier: BSD-2-Clause */

#include "proto/result.h"

#include "table.h"

typedef struct WordRow {
        const char *name; /* the word itself */
        Result result;
} WordRow;

static const WordRow word_rows[] = {
        {"OK", RESULT_OK},
        {"MISMATCH", RESULT_MISMATCH},
        {"UNKNOWN", RESULT_UNKNOWN},
        {"DENIED", RESULT_DENIED},
        {"UNAVAILABLE", RESULT_UNAVAILABLE},
};

static void test_word(void **state)
{
        const WordRow *row = *state;
        Result result = row->result == RESULT_OK ? RESULT_DENIED : RESULT_OK;

        assert_string_equal(result_to_string(row->result), row->name);
        assert_true(result_from_bytes(bytes_from_string(row->name), &result));
        assert_int_equal(result, row->result);
}

typedef struct OtherRow {
        const char *name;
        Bytes word;
} OtherRow;

static const OtherRow other_rows[] = {
        {"no result: empty", LIT("")},
        {"no result: lower case", LIT("ok")},
        {"no result: mixed case", LIT("Ok")},
        {"no result: blank in front", LIT(" OK")},
        {"no result: blank behind", LIT("OK ")},
        {"no result: NUL behind", LIT("OK\0")},
        {"no result: NUL and more", LIT("OK\0MISMATCH")},
        {"no result: first byte only", LIT("O")},
        {"no result: a mux reply", LIT("OKAY")},
        {"no result: NO", LIT("NO")},
        {"no result: last byte missing", LIT("UNAVAILABL")},
        {"no result: one byte more", LIT("UNAVAILABLEX")},
        {"no result: two words", LIT("OK MISMATCH")},
};

static void test_other(void **state)
{
        const OtherRow *row = *state;
        Result result = RESULT_DENIED;

        assert_false(result_from_bytes(row->word, &result));
        assert_int_equal(result, RESULT_DENIED);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_word, ROWS(word_rows));
        table_add_rows(&table, test_other, ROWS(other_rows));
        return table_run(&table, "result");
}
