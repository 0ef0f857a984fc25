/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as what arrives on a worker's socket: frames, the strings in them, numbers. */

#include "proto/frame.h"

#include "fuzz.h"

/* The slow twin of the number parser: decimal, canonical, at most 2^64 - 1. */
static bool is_number(Bytes text)
{
        static const char greatest[] = "18446744073709551615";

        if (text.size == 0 || text.size > 20 || (text.size > 1 && text.data[0] == '0'))
                return false;
        for (size_t i = 0; i < text.size; i++)
                if (text.data[i] < '0' || text.data[i] > '9')
                        return false;
        return text.size < 20 || memcmp(text.data, greatest, 20) <= 0;
}

static void check_number(Bytes before, Bytes string)
{
        uint8_t buffer[64];
        Frame frame = frame_begin(buffer, sizeof(buffer), "");
        uint64_t number = 0;
        Bytes rest = before, written, text;
        bool good = frame_next_number(&rest, &number);

        CHECK(good == is_number(string));
        if (!good)
                return;
        CHECK(rest.size == before.size - 2 - string.size);
        frame_put_number(&frame, number);
        written = (Bytes){buffer, frame_end(&frame)};
        CHECK(frame_get(&written, &rest));
        CHECK(frame_is(&rest, ""));
        CHECK(frame_next(&rest, &text));
        CHECK(bytes_equal(text, string));
}

/* Takes a body apart, and puts it together again. */
static void check_body(Bytes body)
{
        static uint8_t wire[FRAME_MAX + 2];
        Frame frame = frame_begin(wire, sizeof(wire), "");
        Bytes rest = body, before = body, string, written, again;
        size_t size;

        for (; frame_next(&rest, &string); before = rest) {
                check_inside(string, body);
                CHECK(before.size == rest.size + 2 + string.size);
                check_number(before, string);
                frame_put(&frame, string);
        }
        CHECK(rest.size == before.size);
        size = frame_end(&frame); /* two bytes longer than body: it has the empty verb */
        CHECK((size > 0) == (2 + body.size - rest.size <= FRAME_MAX - 2));
        if (size == 0)
                return;
        written = (Bytes){wire, size};
        CHECK(frame_get(&written, &again));
        CHECK(written.size == 0);
        CHECK(again.size == 2 + body.size - rest.size);
        CHECK(memcmp(again.data + 2, body.data, body.size - rest.size) == 0);
}

/* Bytes that are not all there are not taken, and do not become less by waiting for more. */
static void check_cut(Bytes input, Bytes rest)
{
        Bytes early = {input.data, input.size - rest.size - 1}, body = BYTES_EMPTY;

        CHECK(!frame_get(&early, &body));
        CHECK(early.data == input.data);
        CHECK(early.size == input.size - rest.size - 1);
        CHECK(body.size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes input = {data, size}, rest = input, body;

        for (; frame_get(&rest, &body); input = rest) {
                check_inside(body, input);
                CHECK(input.size == rest.size + 2 + body.size);
                check_body(body);
                check_cut(input, rest);
        }
        CHECK(rest.data == input.data && rest.size == input.size);
        check_body((Bytes){data, size < FRAME_MAX - 2 ? size : FRAME_MAX - 2});
        return 0;
}
