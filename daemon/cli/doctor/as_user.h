/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Trying something as another user does it: in a child that becomes him, in his root directory. */

#include <stdbool.h>
#include <sys/types.h>

typedef struct AsUser {
        const char *name;
        uid_t uid;
        gid_t gid;
        const char *root; /* directory that he is confined to, or NULL */
} AsUser;

/* Fills in a user by his name, or number. Returns whether there is one; name stays the caller's. */
bool as_user_find(const char *name, AsUser *user);

/* Calls try(path) as that user, which only root can. Returns what it gives, an errno or 0; or a
 * negative errno where he cannot be become. */
int as_user_run(const AsUser *user, int (*try)(const char *path), const char *path);

/* For as_user_run(): each gives 0 or an errno. */
int try_connect(const char *path); /* to a stream socket */
int try_read(const char *path);    /* a file */
int try_search(const char *path);  /* a directory: may names in it be used? */
