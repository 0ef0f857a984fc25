/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a reply, and as the text of a refusal. */

#include "proto/reply.h"

#include "fuzz.h"

static void check_decode(Bytes input)
{
        Bytes text = BYTES_EMPTY, early = BYTES_EMPTY;

        if (!mux_reply_decode(input, &text)) {
                CHECK(input.size < 2 ||
                        input.size - 2 < (size_t)(input.data[0] << 8 | input.data[1]));
                return;
        }
        check_inside(text, input);
        CHECK(text.data == input.data + 2);
        CHECK(!mux_reply_decode((Bytes){input.data, text.size + 1}, &early));
        CHECK(mux_reply_decode((Bytes){input.data, text.size + 2}, &early));
        CHECK(bytes_equal(early, text));
        CHECK(mux_reply_is_ok(text) ==
                (text.size >= 2 && text.data[0] == 'O' && text.data[1] == 'K'));
}

/* Whatever the text says, a refusal is a complete NO. */
static void check_refusal(Bytes input)
{
        uint8_t buffer[MUX_REPLY_MAX];
        char *text = malloc(input.size + 1);
        size_t size, length;
        Bytes reply;

        if (!text)
                return;
        if (input.size > 0)
                memcpy(text, input.data, input.size);
        text[input.size] = '\0';
        length = strlen(text);
        size = mux_reply_encode(MUX_REPLY_NO, text, buffer);
        CHECK(size <= MUX_REPLY_MAX);
        CHECK(mux_reply_decode((Bytes){buffer, size}, &reply));
        CHECK(reply.size + 2 == size);
        CHECK(!mux_reply_is_ok(reply));
        CHECK(reply.size >= 2 && memcmp(reply.data, "NO", 2) == 0);
        if (length > MUX_REPLY_TEXT_MAX)
                length = MUX_REPLY_TEXT_MAX;
        CHECK(reply.size == (length > 0 ? 3 + length : 2));
        CHECK(length == 0 || (reply.data[2] == ' ' && memcmp(reply.data + 3, text, length) == 0));
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        check_decode((Bytes){data, size});
        check_refusal((Bytes){data, size});
        return 0;
}
