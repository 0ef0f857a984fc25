/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes between the brackets of a log line: two bytes for the room there is, then the text. */

#include "daemon/escape.h"

#include "fuzz.h"

#define ROOM_MIN 4u /* the dots and the end */

static void check_harmless(const char *out, bool brackets_too)
{
        for (const char *p = out; *p; p++) {
                unsigned char c = (unsigned char)*p;

                CHECK(c >= 0x20 && c != 0x7f);
                CHECK(c != 0xc2 || (unsigned char)p[1] >= 0xa0); /* U+0080 to U+009F */
                CHECK(!brackets_too || !strchr("[]", c));
        }
}

/* What fits with room for the dots is written whole; what does not ends in them. */
static void check_escape(char *(*function)(Bytes text, char *out, size_t size), Bytes text,
        size_t room, bool brackets_too)
{
        char *whole = malloc(ESCAPED_SIZE(text.size)), *out = malloc(room);

        CHECK(whole && out);
        CHECK(function(text, whole, ESCAPED_SIZE(text.size)) == whole);
        CHECK(strlen(whole) < ESCAPED_SIZE(text.size));
        check_harmless(whole, brackets_too);
        CHECK(function(text, out, room) == out);
        CHECK(strlen(out) < room);
        check_harmless(out, brackets_too);
        if (strlen(whole) + ROOM_MIN <= room)
                CHECK(strcmp(out, whole) == 0);
        else
                CHECK(strcmp(out + strlen(out) - 3, "...") == 0);
        free(whole);
        free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        size_t room;

        if (size < 2)
                return 0;
        room = ROOM_MIN + ((size_t)data[0] << 8 | data[1]);
        check_escape(escape, (Bytes){data + 2, size - 2}, room, true);
        check_escape(escape_control, (Bytes){data + 2, size - 2}, room, false);
        return 0;
}
