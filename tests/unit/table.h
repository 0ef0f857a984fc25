/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Tables of test cases for cmocka: every row becomes a test, and with it a TAP line, of its own. A
 * row is a struct whose first member is its name; the test function finds it in *state.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/bytes.h"

/* A view of a string literal, NULs inside it included: as initializer, and as expression. */
#define LIT(text)                                                                                  \
        {                                                                                          \
                (const uint8_t *)(text), sizeof(text) - 1                                          \
        }
#define BYTES(text) ((Bytes)LIT(text))

#define TABLE_MAX 256

typedef struct Table {
        struct CMUnitTest tests[TABLE_MAX];
        size_t count;
} Table;

/* The three arguments for table_add_rows() that describe an array of rows. */
#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0]), sizeof((rows)[0])

static inline void table_add(Table *table, const char *name, CMUnitTestFunction test, void *row)
{
        if (table->count == TABLE_MAX) {
                print_error("%s: TABLE_MAX is too small\n", name);
                abort();
        }
        table->tests[table->count++] =
                (struct CMUnitTest){name, test, NULL, NULL, .initial_state = row};
}

static inline void table_add_rows(
        Table *table, CMUnitTestFunction test, const void *rows, size_t count, size_t row_size)
{
        for (size_t i = 0; i < count; i++) {
                const char *row = (const char *)rows + i * row_size;

                table_add(table, *(const char *const *)(const void *)row, test, (void *)row);
        }
}

/* Runs all tests. Returns what main() returns: the number of failures. */
static inline int table_run(const Table *table, const char *name)
{
        return _cmocka_run_group_tests(name, table->tests, table->count, NULL, NULL);
}

#define EXACT_LEAD 16u

/* A copy that ends where its allocation ends, so that valgrind and ASan see a read behind it even
 * if it is empty. Free with exact_free(). */
static inline Bytes exact_copy(Bytes bytes)
{
        uint8_t *base = malloc(EXACT_LEAD + bytes.size);

        assert_non_null(base);
        if (bytes.size > 0)
                memcpy(base + EXACT_LEAD, bytes.data, bytes.size);
        return (Bytes){base + EXACT_LEAD, bytes.size};
}

static inline void exact_free(Bytes *copy)
{
        free((uint8_t *)copy->data - EXACT_LEAD);
}

/* Fails the test with both views if they differ. */
static inline void assert_bytes_equal(Bytes a, Bytes b)
{
        assert_int_equal(a.size, b.size);
        if (a.size > 0)
                assert_memory_equal(a.data, b.data, a.size);
}
