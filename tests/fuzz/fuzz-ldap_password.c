/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a password and a stored value: a counted string, and the rest. */

#include "backends/ldap_password.h"

#include "proto/cleanup.h"
#include "proto/counted.h"
#include "proto/secret.h"

#include "fuzz.h"

/* Hashes that are made to be slow are libxcrypt's, not ours. */
static bool is_slow(Bytes stored)
{
        return stored.size > 6 && strncasecmp((const char *)stored.data, "{CRYPT}", 7) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes stored = {data, size}, password;
        char scheme[32];
        _cleanup_(secret_freep) Secret *copy = NULL;
        LdapPasswordMatch match;

        if (!counted_get(&stored, &password) || is_slow(stored))
                return 0;
        copy = secret_new_string(password);
        CHECK(copy != NULL);
        password.data = secret_bytes(copy).data;
        match = ldap_password_match(password, stored);
        CHECK(match <= LDAP_PASSWORD_SCHEME);
        (void)ldap_password_scheme(stored, scheme, sizeof(scheme));
        CHECK(scheme[0]);
        if (strcmp(scheme, "clear text") == 0)
                CHECK((match == LDAP_PASSWORD_SAME) ==
                        (stored.size > 0 && bytes_equal(password, stored)));
        return 0;
}
