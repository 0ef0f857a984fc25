/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* UserList: the users of a sasldb, in order. */

#include <stdbool.h>
#include <stddef.h>

typedef struct User {
        char *login, *realm; /* owned */
} User;

typedef struct UserList {
        User *users;
        size_t count;
} UserList;

/* Reads those of the login and realm (NULL = any) from the sasldb at path, sorted by realm and
 * login. Returns true, or false with why it cannot be read in reason, of size bytes. Free with
 * user_list_deinit() in any case. */
bool user_list_read(UserList *list, const char *path, const char *login, const char *realm,
        char *reason, size_t size);
void user_list_deinit(UserList *list);
