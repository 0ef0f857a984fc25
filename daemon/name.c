/* SPDX-License-Identifier: BSD-2-Clause */
#include "name.h"

static bool is_blank(uint8_t byte)
{
        return byte == ' ' || byte == '\t';
}

bool name_is_odd(Bytes name)
{
        if (name.size > 0 && (is_blank(name.data[0]) || is_blank(name.data[name.size - 1])))
                return true;
        for (size_t i = 0; i < name.size; i++)
                if (name.data[i] < 0x20 || name.data[i] == 0x7f)
                        return true;
        return false;
}
