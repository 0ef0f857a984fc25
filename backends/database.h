/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Database: the files of a sasldb as the file system shows them. libsasl2's sasldb plugin says "no
 * such user" where the database is missing (sasldb/db_berkeley.c, ENOENT), so we look ourselves
 * before we believe it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

typedef struct Database {
        off_t size;
        struct timespec changed;
} Database;

/* Looks at the database: the file itself (Berkeley DB, gdbm), or else PATH.pag (ndbm, gdbm's
 * imitation of it). Returns true, or false with why it cannot be used in reason. */
bool database_look(const char *path, Database *database, char *reason, size_t size);

/* Whether the file is a Berkeley DB hash that ends before the last of its pages: such a one opens,
 * and then finds nothing. */
bool database_is_truncated(const char *path, const Database *database);
