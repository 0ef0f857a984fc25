/* SPDX-License-Identifier: BSD-2-Clause */
#include "escape.h"

#include <stdio.h>

#define ELLIPSIS "..."

static bool is_continuation(Bytes text, size_t at, size_t count)
{
        if (text.size - at < count)
                return false;
        for (size_t i = 1; i < count; i++)
                if ((text.data[at + i] & 0xc0) != 0x80)
                        return false;
        return true;
}

/* The size of the well-formed UTF-8 sequence at a position (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF; C1 controls U+0080…U+009F are not printable), or 0. */
static size_t utf8_size(Bytes text, size_t at)
{
        uint8_t first = text.data[at];
        uint8_t second = at + 1 < text.size ? text.data[at + 1] : 0;

        if (first >= 0xc2 && first <= 0xdf)
                return is_continuation(text, at, 2) && !(first == 0xc2 && second < 0xa0) ? 2 : 0;
        if (first >= 0xe0 && first <= 0xef) {
                if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f))
                        return 0;
                return is_continuation(text, at, 3) ? 3 : 0;
        }
        if (first >= 0xf0 && first <= 0xf4) {
                if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
                        return 0;
                return is_continuation(text, at, 4) ? 4 : 0;
        }
        return 0;
}

static bool is_plain(uint8_t byte, const char *reserved)
{
        return byte >= 0x20 && byte < 0x7f && !strchr(reserved, byte);
}

/* Writes one character or one \xNN into unit; says how many input bytes that stands for. */
static size_t escape_one(
        Bytes text, size_t at, const char *reserved, char unit[static 5], size_t *consumed)
{
        size_t size = is_plain(text.data[at], reserved) ? 1 : utf8_size(text, at);

        if (size > 0) {
                memcpy(unit, text.data + at, size);
                *consumed = size;
                return size;
        }
        (void)snprintf(unit, 5, "\\x%02x", text.data[at]);
        *consumed = 1;
        return 4;
}

static char *escape_but(Bytes text, const char *reserved, char *out, size_t size)
{
        const size_t limit = size - sizeof(ELLIPSIS);
        size_t used = 0, at = 0;

        while (at < text.size) {
                char unit[5];
                size_t consumed;
                size_t length = escape_one(text, at, reserved, unit, &consumed);

                if (used + length > limit) {
                        memcpy(out + used, ELLIPSIS, sizeof(ELLIPSIS));
                        return out;
                }
                memcpy(out + used, unit, length);
                used += length;
                at += consumed;
        }
        out[used] = '\0';
        return out;
}

char *escape(Bytes text, char *out, size_t size)
{
        return escape_but(text, "[]\\", out, size);
}

char *escape_control(Bytes text, char *out, size_t size)
{
        return escape_but(text, "", out, size);
}
