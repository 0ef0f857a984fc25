/* SPDX-License-Identifier: BSD-2-Clause */
#include "user_list.h"

#include "backends/sasldb_users.h"
#include "daemon/cli/output.h"

/* What is looked for, and what has been found. */
typedef struct Search {
        UserList *list;
        const char *login, *realm;
} Search;

static bool is_wanted(Bytes name, const char *wanted)
{
        return !wanted || bytes_equal_string(name, wanted);
}

static char *as_string(Bytes bytes)
{
        return output_format("%.*s", (int)bytes.size, (const char *)bytes.data);
}

static void add(void *userdata, Bytes login, Bytes realm)
{
        const Search *search = userdata;
        UserList *list = search->list;
        User *grown;

        if (!is_wanted(login, search->login) || !is_wanted(realm, search->realm))
                return;
        grown = reallocarray(list->users, list->count + 1, sizeof(User));
        if (!grown)
                output_no_memory();
        list->users = grown;
        grown[list->count++] = (User){as_string(login), as_string(realm)};
}

static int compare(const void *a, const void *b)
{
        const User *first = a, *second = b;
        int order = strcmp(first->realm, second->realm);

        return order ? order : strcmp(first->login, second->login);
}

bool user_list_read(UserList *list, const char *path, const char *login, const char *realm,
        char *reason, size_t size)
{
        Search search = {list, login, realm};

        *list = (UserList){};
        if (!sasldb_users_each(path, add, &search, reason, size))
                return false;
        if (list->count > 0)
                qsort(list->users, list->count, sizeof(User), compare);
        return true;
}

void user_list_deinit(UserList *list)
{
        for (size_t i = 0; i < list->count; i++) {
                free(list->users[i].login);
                free(list->users[i].realm);
        }
        free(list->users);
}
