/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Keys of a sasldb: login, NUL, realm, NUL, the property's name (sasldb/allockey.c of libsasl2). */

#include "proto/bytes.h"

/* Whether it is the key of somebody's password; then *login and *realm are views into it. */
bool sasldb_key_is_user(Bytes key, Bytes *login, Bytes *realm);
