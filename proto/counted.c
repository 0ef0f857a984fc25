/* SPDX-License-Identifier: BSD-2-Clause */
#include "counted.h"

long counted_announced(Bytes input)
{
        if (input.size < COUNTED_HEADER)
                return -1;
        return (long)input.data[0] << 8 | input.data[1];
}

bool counted_get(Bytes *input, Bytes *string)
{
        long announced = counted_announced(*input);
        size_t size;

        if (announced < 0)
                return false;
        size = (size_t)announced;
        if (input->size - COUNTED_HEADER < size)
                return false;

        *string = (Bytes){input->data + COUNTED_HEADER, size};
        input->data += COUNTED_HEADER + size;
        input->size -= COUNTED_HEADER + size;
        return true;
}

bool counted_put(uint8_t *buffer, size_t size, size_t *used, Bytes string)
{
        if (string.size > COUNTED_MAX || size - *used < COUNTED_HEADER + string.size)
                return false;

        buffer[*used] = (uint8_t)(string.size >> 8);
        buffer[*used + 1] = (uint8_t)string.size;
        if (string.size > 0)
                memcpy(buffer + *used + COUNTED_HEADER, string.data, string.size);
        *used += COUNTED_HEADER + string.size;
        return true;
}
