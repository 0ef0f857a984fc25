/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_type.h"

#include "scan.h"

#include <ctype.h>

static bool take_number(Bytes *text)
{
        size_t size = 0;

        while (size < text->size && isdigit(text->data[size]))
                size++;
        if (size > 0)
                scan_skip(text, size);
        return size > 0;
}

static bool take_numbers(Bytes *text)
{
        do
                if (!take_number(text))
                        return false;
        while (scan_prefix(text, "."));
        return true;
}

static bool is_of_word(uint8_t byte)
{
        return isalnum(byte) || byte == '-' || byte == '%';
}

static bool take_word(Bytes *text)
{
        size_t size = 0;

        while (size < text->size && is_of_word(text->data[size]))
                size++;
        if (size > 0)
                scan_skip(text, size);
        return size > 0;
}

bool ldap_type_take(Bytes *text)
{
        if (text->size == 0 || text->data[0] == '-')
                return false;
        return isdigit(text->data[0]) ? take_numbers(text) : take_word(text);
}

bool ldap_type_take_description(Bytes *text)
{
        if (!ldap_type_take(text))
                return false;
        while (scan_prefix(text, ";"))
                if (!take_word(text))
                        return false;
        return true;
}
