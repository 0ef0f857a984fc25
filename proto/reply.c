/* SPDX-License-Identifier: BSD-2-Clause */
#include "reply.h"

#include "counted.h"

static size_t put_no(const char *text, uint8_t *content)
{
        size_t size = text ? strnlen(text, MUX_REPLY_TEXT_MAX) : 0;

        memcpy(content, "NO", 2);
        if (size == 0)
                return 2;
        content[2] = ' ';
        memcpy(content + 3, text, size);
        return 3 + size;
}

size_t mux_reply_encode(MuxReply reply, const char *text, uint8_t buffer[static MUX_REPLY_MAX])
{
        uint8_t no[MUX_REPLY_MAX];
        size_t used = 0;
        Bytes content = bytes_from_string(reply == MUX_REPLY_OK ? "OK" : "X");

        if (reply == MUX_REPLY_NO)
                content = (Bytes){no, put_no(text, no)};
        (void)counted_put(buffer, MUX_REPLY_MAX, &used, content);
        return used;
}

bool mux_reply_decode(Bytes input, Bytes *text)
{
        return counted_get(&input, text);
}

bool mux_reply_is_ok(Bytes text)
{
        return text.size >= 2 && memcmp(text.data, "OK", 2) == 0;
}
