/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Writing to a sasldb, as saslpasswd2(8) does: through libsasl2, whose plugin knows the file's
 * format. */

#include "proto/bytes.h"

/* The longest login@realm that libsasl2 has room for (CANON_BUF_SIZE in lib/saslint.h). */
#define STORE_NAME_MAX 1023u

/* Stores the password of a user, new or not; the database, too, is made if there is none. The login
 * has no "@". Returns true, or false with why not in reason, of size bytes. */
bool sasldb_set_password(const char *path, const char *login, const char *realm, Bytes password,
        char *reason, size_t size);

/* Deletes a user; one who is not there is deleted, too. Returns as above. */
bool sasldb_delete_user(
        const char *path, const char *login, const char *realm, char *reason, size_t size);
