/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Secret: that memory is wiped is seen by looking. The program is linked with --wrap=free and
 * --wrap=malloc: what is about to be freed is copied first, and an allocation can be made to fail.
 */

#include "proto/secret.h"

#include "proto/cleanup.h"

#include "table.h"

#include <errno.h>
#include <malloc.h>

#define MARK 0x5a /* what the "passwords" consist of */

void __real_free(void *pointer);
void __wrap_free(void *pointer);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static struct {
        void *watched; /* the block to copy when it is freed */
        uint8_t copy[8192];
        size_t copied; /* 0: it has not been freed */
} last_words;

static bool malloc_fails;

void __wrap_free(void *pointer)
{
        if (pointer && pointer == last_words.watched) {
                last_words.copied = malloc_usable_size(pointer);
                if (last_words.copied > sizeof(last_words.copy))
                        abort();
                memcpy(last_words.copy, pointer, last_words.copied);
                last_words.watched = NULL;
        }
        __real_free(pointer);
}

void *__wrap_malloc(size_t size)
{
        return malloc_fails ? NULL : __real_malloc(size);
}

static void watch(Secret *secret)
{
        last_words.watched = secret;
        last_words.copied = 0;
}

static size_t marks_in(const uint8_t *data, size_t size)
{
        size_t marks = 0;

        for (size_t i = 0; i < size; i++)
                marks += data[i] == MARK;
        return marks;
}

static void assert_freed_wiped(void)
{
        assert_int_not_equal(last_words.copied, 0);
        assert_int_equal(marks_in(last_words.copy, last_words.copied), 0);
}

/* Writes size marks behind what is there. */
static void fill(Secret *secret, size_t size)
{
        size_t room;
        uint8_t *space = secret_space(secret, &room);

        assert_true(room >= size);
        memset(space, MARK, size);
        secret_commit(secret, size);
}

/* A secret of size bytes, used of which are marks, and none of which is uninitialized. */
static Secret *marked_secret(size_t size, size_t used)
{
        Secret *secret = secret_new(size);
        size_t room;
        uint8_t *space;

        assert_non_null(secret);
        space = secret_space(secret, &room);
        assert_int_equal(room, size);
        memset(space, 0, size);
        fill(secret, used);
        return secret;
}

typedef struct SizeRow {
        const char *name;
        size_t size, used;
} SizeRow;

static const SizeRow size_rows[] = {
        {"wiped: one byte", 1, 1},
        {"wiped: a usual password", 16, 9},
        {"wiped: a full secret", 64, 64},
        {"wiped: a whole request", 7306, 7306},
        {"wiped: part of a whole request", 7306, 4000},
        {"wiped: nothing written", 16, 0},
        {"wiped: no room at all", 0, 0},
};

static void test_free_wipes(const SizeRow *row)
{
        Secret *secret = marked_secret(row->size, row->used);

        watch(secret);
        assert_null(secret_free(secret));
        assert_freed_wiped();
}

static void test_freep_wipes(const SizeRow *row)
{
        Secret *secret = marked_secret(row->size, row->used);

        watch(secret);
        secret_freep(&secret);
        assert_null(secret);
        assert_freed_wiped();
}

static void test_wipe_wipes(const SizeRow *row)
{
        _cleanup_(secret_freep) Secret *secret = marked_secret(row->size, row->used);
        Bytes content = secret_bytes(secret);
        size_t room;

        assert_int_equal(marks_in(content.data, content.size), row->used);
        secret_wipe(secret);
        assert_int_equal(marks_in(content.data, row->size), 0);
        assert_int_equal(secret_bytes(secret).size, 0);
        assert_ptr_equal(secret_space(secret, &room), content.data);
        assert_int_equal(room, row->size);
}

static void test_grow_wipes(const SizeRow *row)
{
        _cleanup_(secret_freep) Secret *secret = marked_secret(row->size, row->used);

        watch(secret);
        assert_int_equal(secret_grow(&secret, row->size + 100), 0);
        assert_freed_wiped();
        assert_int_equal(secret_bytes(secret).size, row->used);
        assert_int_equal(marks_in(secret_bytes(secret).data, row->used), row->used);
}

static void test_wiped(void **state)
{
        test_free_wipes(*state);
        test_freep_wipes(*state);
        test_wipe_wipes(*state);
        test_grow_wipes(*state);
}

/* What a wiped secret is filled with again is wiped again. */
static void test_refill(void **state)
{
        Secret *secret = marked_secret(32, 32);

        (void)state;
        secret_wipe(secret);
        fill(secret, 8);
        assert_int_equal(secret_bytes(secret).size, 8);
        watch(secret);
        secret_free(secret);
        assert_freed_wiped();
}

static void test_pieces(void **state)
{
        _cleanup_(secret_freep) Secret *secret = secret_new(6);
        size_t room;

        (void)state;
        assert_non_null(secret);
        assert_int_equal(secret_bytes(secret).size, 0);
        memcpy(secret_space(secret, &room), "abc", 3);
        assert_int_equal(room, 6);
        secret_commit(secret, 3);
        secret_commit(secret, 0);
        memcpy(secret_space(secret, &room), "def", 3);
        assert_int_equal(room, 3);
        secret_commit(secret, 3);
        (void)secret_space(secret, &room);
        assert_int_equal(room, 0);
        assert_bytes_equal(secret_bytes(secret), BYTES("abcdef"));
}

static void test_grow_keeps(void **state)
{
        _cleanup_(secret_freep) Secret *secret = secret_new(3);
        size_t room;

        (void)state;
        assert_non_null(secret);
        memcpy(secret_space(secret, &room), "a\0c", 3);
        secret_commit(secret, 3);
        assert_int_equal(secret_grow(&secret, 5), 0);
        assert_bytes_equal(secret_bytes(secret), BYTES("a\0c"));
        memcpy(secret_space(secret, &room), "de", 2);
        assert_int_equal(room, 2);
        secret_commit(secret, 2);
        assert_bytes_equal(secret_bytes(secret), BYTES("a\0cde"));
}

static void test_grow_same_size(void **state)
{
        _cleanup_(secret_freep) Secret *secret = marked_secret(4, 4);

        (void)state;
        assert_int_equal(secret_grow(&secret, 4), 0);
        assert_int_equal(marks_in(secret_bytes(secret).data, 4), 4);
}

static void test_without_memory(void **state)
{
        _cleanup_(secret_freep) Secret *secret = marked_secret(4, 4), *none;
        Secret *before = secret;
        int r;

        (void)state;
        malloc_fails = true;
        none = secret_new(8);
        r = secret_grow(&secret, 8);
        malloc_fails = false;

        assert_null(none);
        assert_int_equal(r, -ENOMEM);
        assert_ptr_equal(secret, before);
        assert_int_equal(marks_in(secret_bytes(secret).data, 4), 4);
}

static void test_null(void **state)
{
        Secret *secret = NULL;

        (void)state;
        assert_null(secret_free(NULL));
        secret_freep(&secret);
        assert_null(secret);
}

static void test_string(void **state)
{
        Secret *secret = secret_new_string(BYTES("secret"));
        Secret *empty = secret_new_string(BYTES_EMPTY);

        (void)state;
        assert_bytes_equal(secret_bytes(secret), BYTES("secret\0"));
        assert_bytes_equal(secret_bytes(empty), BYTES("\0"));
        secret_free(secret);
        secret_free(empty);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_wiped, ROWS(size_rows));
        table_add(&table, "wiped: filled a second time", test_refill, NULL);
        table_add(&table, "written in pieces", test_pieces, NULL);
        table_add(&table, "grow keeps the content", test_grow_keeps, NULL);
        table_add(&table, "grow to the same size", test_grow_same_size, NULL);
        table_add(&table, "without memory nothing changes", test_without_memory, NULL);
        table_add(&table, "NULL may be freed", test_null, NULL);
        table_add(&table, "a C string", test_string, NULL);
        return table_run(&table, "secret");
}
