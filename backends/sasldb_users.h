/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Who is in a sasldb. libsasl2 has no function that lists users: its sasldblistusers2(8) reads the
 * file with the library that its sasldb plugin is built with, and so do we (meson option
 * sasldb-format: sasldb_users_berkeley.c or sasldb_users_gdbm.c). */

#include "proto/bytes.h"

/* Is told of a user; valid during the call. */
typedef void SasldbUserFunction(void *userdata, Bytes login, Bytes realm);

/* Calls function for each user, in no order. Returns true, or false with why the database cannot be
 * read in reason, of size bytes. */
bool sasldb_users_each(
        const char *path, SasldbUserFunction *function, void *userdata, char *reason, size_t size);
