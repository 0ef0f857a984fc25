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

/* Whether the byte occurs in the view. */
static inline bool bytes_contain(Bytes a, uint8_t byte)
{
        return a.size > 0 && memchr(a.data, byte, a.size) != NULL;
}
