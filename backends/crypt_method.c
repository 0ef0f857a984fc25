/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypt_method.h"

#include <crypt.h>
#include <stdio.h>
#include <string.h>

#define SALT        "saslwardsaslward"
#define BCRYPT_SALT "saslwardsaslwardsaslwu" /* 22 characters and no fewer */

/* How much of the hash names its method and cost: "$6$rounds=9000$", "$y$j9T$"; the salt and the
 * hash are the last two fields, but of bcrypt's, where they are one. */
static size_t method_length(const char *hash, bool is_bcrypt)
{
        const char *end = strrchr(hash, '$');

        if (is_bcrypt)
                return (size_t)(end - hash) + 1;
        end = memrchr(hash, '$', (size_t)(end - hash));
        return end ? (size_t)(end - hash) + 1 : 0;
}

bool crypt_method_setting(const char *hash, char setting[static CRYPT_METHOD_SIZE])
{
        bool is_bcrypt = strncmp(hash, "$2", 2) == 0;
        size_t length = hash[0] == '$' ? method_length(hash, is_bcrypt) : 0;

        if (length < 3 || length + sizeof(BCRYPT_SALT) > CRYPT_METHOD_SIZE)
                return false;
        (void)snprintf(setting, CRYPT_METHOD_SIZE, "%.*s%s", (int)length, hash,
                is_bcrypt ? BCRYPT_SALT : SALT);
        return crypt_checksalt(setting) != CRYPT_SALT_INVALID;
}
