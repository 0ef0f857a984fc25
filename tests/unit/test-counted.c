/* SPDX-License-Identifier: BSD-2-Clause */

#include "proto/counted.h"

#include "proto/cleanup.h"

#include "random.h"
#include "table.h"

typedef struct GetRow {
        const char *name;
        Bytes input;
        bool whole;
        Bytes string;
        size_t rest; /* bytes left in the input afterwards */
} GetRow;

static const GetRow get_rows[] = {
        {"get: nothing", LIT(""), false, LIT(""), 0},
        {"get: half a header", LIT("\0"), false, LIT(""), 1},
        {"get: header without its byte", LIT("\0\1"), false, LIT(""), 2},
        {"get: one byte short", LIT("\0\3ab"), false, LIT(""), 4},
        {"get: empty string", LIT("\0\0"), true, LIT(""), 0},
        {"get: one byte", LIT("\0\1a"), true, LIT("a"), 0},
        {"get: NUL inside", LIT("\0\3a\0b"), true, LIT("a\0b"), 0},
        {"get: bytes behind it stay", LIT("\0\1ab"), true, LIT("a"), 1},
        {"get: next string stays", LIT("\0\0\0\1a"), true, LIT(""), 3},
        {"get: most significant byte first", LIT("\1\0a"), false, LIT(""), 3},
        {"get: 65535 announced, nothing there", LIT("\377\377"), false, LIT(""), 2},
};

static void test_get(void **state)
{
        const GetRow *row = *state;
        _cleanup_(exact_free) Bytes copy = exact_copy(row->input);
        Bytes input = copy, string = BYTES("untouched");

        assert_int_equal(counted_get(&input, &string), row->whole);
        assert_int_equal(input.size, row->rest);
        assert_ptr_equal(input.data, copy.data + (row->input.size - row->rest));
        assert_bytes_equal(string, row->whole ? row->string : BYTES("untouched"));
        if (row->whole)
                assert_ptr_equal(string.data, copy.data + COUNTED_HEADER);
}

typedef struct AnnouncedRow {
        const char *name;
        Bytes input;
        long announced;
} AnnouncedRow;

static const AnnouncedRow announced_rows[] = {
        {"announced: no byte", LIT(""), -1},
        {"announced: one byte", LIT("\377"), -1},
        {"announced: 0", LIT("\0\0"), 0},
        {"announced: 255", LIT("\0\377"), 255},
        {"announced: 256", LIT("\1\0"), 256},
        {"announced: 65535", LIT("\377\377"), 65535},
        {"announced: bytes behind the header", LIT("\0\2abcdef"), 2},
};

static void test_announced(void **state)
{
        const AnnouncedRow *row = *state;
        _cleanup_(exact_free) Bytes copy = exact_copy(row->input);

        assert_int_equal(counted_announced(copy), row->announced);
}

typedef struct PutRow {
        const char *name;
        size_t size, used, string;
        bool fits;
} PutRow;

static const PutRow put_rows[] = {
        {"put: empty string into nothing", 0, 0, 0, false},
        {"put: header into one byte", 1, 0, 0, false},
        {"put: empty string fits exactly", 2, 0, 0, true},
        {"put: fits exactly", 7, 0, 5, true},
        {"put: one byte short", 6, 0, 5, false},
        {"put: behind others, fits exactly", 10, 3, 5, true},
        {"put: behind others, one byte short", 9, 3, 5, false},
        {"put: behind others, buffer full", 9, 9, 0, false},
        {"put: 256 bytes", 300, 0, 256, true},
        {"put: 65535 bytes", 65537, 0, 65535, true},
        {"put: 65536 bytes", 70000, 0, 65536, false},
};

static uint8_t content[70000];

static void test_put(void **state)
{
        const PutRow *row = *state;
        _cleanup_(free_pointer) uint8_t *buffer = malloc(row->size + 1);
        Bytes string = {content, row->string}, input, back;
        size_t used = row->used;

        assert_non_null(buffer);
        memset(buffer, 0xaa, row->size + 1);
        memset(content, 'x', row->string);
        assert_int_equal(counted_put(buffer, row->size, &used, string), row->fits);

        input = (Bytes){buffer + row->used, used - row->used};
        if (row->fits) {
                assert_true(counted_get(&input, &back));
                assert_bytes_equal(back, string);
        }
        assert_int_equal(input.size, 0);
        for (size_t i = 0; i < row->used; i++)
                assert_int_equal(buffer[i], 0xaa);
        for (size_t i = used; i < row->size + 1; i++)
                assert_int_equal(buffer[i], 0xaa);
}

static void test_put_null(void **state)
{
        uint8_t buffer[2] = {0xaa, 0xaa};
        size_t used = 0;

        (void)state;
        assert_true(counted_put(buffer, sizeof(buffer), &used, BYTES_EMPTY));
        assert_int_equal(used, 2);
        assert_memory_equal(buffer, "\0\0", 2);
}

#define SEED    0x5a51u
#define STRINGS 8

/* Whether a sequence of random strings comes back as it was written. */
static bool sequence_survives(Random *random)
{
        static uint8_t store[STRINGS][600], wire[STRINGS * 602];
        Bytes strings[STRINGS], input, back;
        size_t used = 0;

        for (size_t i = 0; i < STRINGS; i++) {
                strings[i] = random_bytes(random, store[i], 0, sizeof(store[i]));
                if (!counted_put(wire, sizeof(wire), &used, strings[i]))
                        return false;
        }
        input = (Bytes){wire, used};
        for (size_t i = 0; i < STRINGS; i++)
                if (!counted_get(&input, &back) || !bytes_equal(back, strings[i]))
                        return false;
        return input.size == 0;
}

static void test_sequences(void **state)
{
        Random random = {SEED};

        (void)state;
        for (unsigned round = 0; round < 500; round++)
                if (!sequence_survives(&random))
                        fail_msg("seed %#x, round %u", SEED, round);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_get, ROWS(get_rows));
        table_add_rows(&table, test_announced, ROWS(announced_rows));
        table_add_rows(&table, test_put, ROWS(put_rows));
        table_add(&table, "put: a NULL view is the empty string", test_put_null, NULL);
        table_add(&table, "round trip of random sequences", test_sequences, NULL);
        return table_run(&table, "counted");
}
