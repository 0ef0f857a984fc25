/* SPDX-License-Identifier: BSD-2-Clause */
#include "frame.h"

#include "counted.h"

#include <inttypes.h>
#include <stdio.h>

Frame frame_begin(uint8_t *buffer, size_t size, const char *verb)
{
        Frame frame = {buffer, size, COUNTED_HEADER, size >= COUNTED_HEADER};

        frame_put(&frame, bytes_from_string(verb));
        return frame;
}

void frame_put(Frame *frame, Bytes string)
{
        frame->fits = frame->fits && counted_put(frame->buffer, frame->size, &frame->used, string);
}

void frame_put_number(Frame *frame, uint64_t number)
{
        char text[24];

        (void)snprintf(text, sizeof(text), "%" PRIu64, number);
        frame_put(frame, bytes_from_string(text));
}

size_t frame_end(Frame *frame)
{
        size_t size = frame->used - COUNTED_HEADER;

        if (!frame->fits || size > COUNTED_MAX)
                return 0;
        frame->buffer[0] = (uint8_t)(size >> 8);
        frame->buffer[1] = (uint8_t)size;
        return frame->used;
}

bool frame_get(Bytes *input, Bytes *body)
{
        return counted_get(input, body);
}

bool frame_is(Bytes *body, const char *verb)
{
        Bytes word;

        return counted_get(body, &word) && bytes_equal_string(word, verb);
}

bool frame_next(Bytes *body, Bytes *string)
{
        return counted_get(body, string);
}

static bool parse_number(Bytes text, uint64_t *number)
{
        uint64_t value = 0;

        if (text.size == 0 || (text.size > 1 && text.data[0] == '0'))
                return false;
        for (size_t i = 0; i < text.size; i++) {
                uint8_t digit = (uint8_t)(text.data[i] - '0');

                if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
                        __builtin_add_overflow(value, digit, &value))
                        return false;
        }
        *number = value;
        return true;
}

bool frame_next_number(Bytes *body, uint64_t *number)
{
        Bytes text;

        return counted_get(body, &text) && parse_number(text, number);
}

bool frame_is_whole(Bytes body)
{
        Bytes string;

        while (counted_get(&body, &string))
                ;
        return body.size == 0;
}
