/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Bytes: a view of memory that somebody else owns. Not NUL-terminated; may hold any byte. A view of
 * a password points into a Secret and never outlives it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Bytes {
        const uint8_t *data;
        size_t size;
} Bytes;

#define BYTES_EMPTY ((Bytes){NULL, 0})

/* The bytes of a C string without its NUL; NULL gives the empty view. */
static inline Bytes bytes_from_string(const char *string)
{
        return (Bytes){(const uint8_t *)string, string ? strlen(string) : 0};
}

/* Compares for equality, not in constant time: never for secrets. */
static inline bool bytes_equal(Bytes a, Bytes b)
{
        return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool bytes_equal_string(Bytes a, const char *string)
{
        return bytes_equal(a, bytes_from_string(string));
}

/* Copies the view into out as a C string. Returns false, with out empty, if it holds a NUL or does
 * not fit with its end into size bytes. */
static inline bool bytes_to_string(Bytes a, char *out, size_t size)
{
        out[0] = '\0';
        if (a.size >= size || (a.size > 0 && memchr(a.data, 0, a.size)))
                return false;
        if (a.size > 0)
                memcpy(out, a.data, a.size);
        out[a.size] = '\0';
        return true;
}

/* Whether the byte occurs in the view. */
static inline bool bytes_contain(Bytes a, uint8_t byte)
{
        return a.size > 0 && memchr(a.data, byte, a.size) != NULL;
}
