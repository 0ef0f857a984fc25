/* SPDX-License-Identifier: BSD-2-Clause */
#include "sasldb_users.h"

#include "proto/scan.h"

/* Its realm is what stands behind the last "@". */
static bool split(Bytes key, SasldbUser *user)
{
        for (size_t i = key.size; i > 0; i--)
                if (key.data[i - 1] == '@') {
                        user->login = (Bytes){key.data, i - 1};
                        user->realm = (Bytes){key.data + i, key.size - i};
                        return user->login.size > 0;
                }
        return false;
}

bool sasldb_users_next(Bytes *listing, SasldbUser *user)
{
        while (listing->size > 0) {
                Bytes line = scan_part(listing, '\n');

                if (scan_suffix(&line, ": userPassword") && split(line, user))
                        return true;
        }
        return false;
}
