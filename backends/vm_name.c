/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm_name.h"

/* How many bytes the UTF-8 sequence at the front of text has (RFC 3629: shortest form, no
 * surrogates, nothing above U+10FFFF), or 0 if it is none. */
static size_t sequence_size(Bytes text)
{
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        uint8_t lead = text.data[0];
        size_t size = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t point = lead & (0xffu >> (size + 1));

        if (size <= 1)
                return size;
        if (lead > 0xf4 || text.size < size)
                return 0;
        for (size_t i = 1; i < size; i++) {
                if ((text.data[i] & 0xc0) != 0x80)
                        return 0;
                point = point << 6 | (text.data[i] & 0x3f);
        }
        return point >= least[size] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)
                       ? size
                       : 0;
}

const char *vm_name_complaint(Bytes name)
{
        if (name.size == 0)
                return "an empty name";
        if (name.size > PEER_NAME_MAX)
                return "a name of more than 255 bytes";
        while (name.size > 0) {
                size_t size = sequence_size(name);

                if (size == 0)
                        return "a name that is not UTF-8";
                if (name.data[0] < 0x20 || name.data[0] == 0x7f)
                        return "a name with a control byte";
                name = (Bytes){name.data + size, name.size - size};
        }
        return NULL;
}

static int lower_hex(uint8_t byte)
{
        if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f'))
                return byte;
        return byte >= 'A' && byte <= 'F' ? byte - 'A' + 'a' : -1;
}

bool vm_uuid_parse(Bytes text, char uuid[static PEER_UUID_SIZE + 1])
{
        size_t used = 0;

        if (text.size != PEER_UUID_SIZE + 4)
                return false;
        for (size_t i = 0; i < text.size; i++) {
                bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
                int digit = lower_hex(text.data[i]);

                if (is_hyphen ? text.data[i] != '-' : digit < 0)
                        return false;
                if (!is_hyphen)
                        uuid[used++] = (char)digit;
        }
        uuid[used] = '\0';
        return true;
}
