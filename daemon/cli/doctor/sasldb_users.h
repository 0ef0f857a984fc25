/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What sasldblistusers2(8) prints: "LOGIN@REALM: userPassword". Pure. */

#include "proto/bytes.h"

typedef struct SasldbUser {
        Bytes login, realm;
} SasldbUser;

/* Takes the next user off *listing, as many times as he has properties. Returns false if there is
 * none. */
bool sasldb_users_next(Bytes *listing, SasldbUser *user);
