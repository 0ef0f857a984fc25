/* SPDX-License-Identifier: BSD-2-Clause */
#include "sasldb_key.h"

#define PROPERTY "userPassword"

/* Takes what stands before the next NUL off the rest. */
static bool take(Bytes *rest, Bytes *part)
{
        const uint8_t *end = rest->size > 0 ? memchr(rest->data, 0, rest->size) : NULL;

        if (!end)
                return false;
        *part = (Bytes){rest->data, (size_t)(end - rest->data)};
        *rest = (Bytes){end + 1, rest->size - part->size - 1};
        return true;
}

bool sasldb_key_is_user(Bytes key, Bytes *login, Bytes *realm)
{
        return take(&key, login) && take(&key, realm) && bytes_equal_string(key, PROPERTY);
}
