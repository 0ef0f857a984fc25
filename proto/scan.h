/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Taking a text apart: views of the parts, nothing is copied. */

#include "bytes.h"

/* Takes size bytes, which are there, off *rest. */
static inline void scan_skip(Bytes *rest, size_t size)
{
        *rest = (Bytes){rest->data + size, rest->size - size};
}

/* Takes what stands before the separator off *rest, and the separator with it; everything where
 * there is none. */
static inline Bytes scan_part(Bytes *rest, uint8_t separator)
{
        const uint8_t *end = rest->size > 0 ? memchr(rest->data, separator, rest->size) : NULL;
        Bytes part = {rest->data, end ? (size_t)(end - rest->data) : rest->size};

        if (rest->size > 0)
                scan_skip(rest, part.size + (end != NULL));
        return part;
}

static inline bool scan_starts_with(Bytes text, const char *prefix)
{
        size_t size = strlen(prefix);

        return text.size >= size && (size == 0 || memcmp(text.data, prefix, size) == 0);
}

static inline bool scan_ends_with(Bytes text, const char *suffix)
{
        size_t size = strlen(suffix);

        return text.size >= size &&
               (size == 0 || memcmp(text.data + text.size - size, suffix, size) == 0);
}

/* Takes the prefix off *text. Returns whether it was there. */
static inline bool scan_prefix(Bytes *text, const char *prefix)
{
        if (!scan_starts_with(*text, prefix))
                return false;
        if (prefix[0])
                scan_skip(text, strlen(prefix));
        return true;
}

/* Takes the suffix off *text. Returns whether it was there. */
static inline bool scan_suffix(Bytes *text, const char *suffix)
{
        if (!scan_ends_with(*text, suffix))
                return false;
        text->size -= strlen(suffix);
        return true;
}

/* Reads a decimal number without sign that is all of text. Returns false for anything else. */
static inline bool scan_number(Bytes text, uint64_t *number)
{
        uint64_t value = 0;

        for (size_t i = 0; i < text.size; i++) {
                uint8_t digit = (uint8_t)(text.data[i] - '0');

                if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
                        __builtin_add_overflow(value, digit, &value))
                        return false;
        }
        *number = value;
        return text.size > 0;
}
