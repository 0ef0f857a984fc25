/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Groups: who is in which group, as far as it can be told without the daemon: groups of the system
 * from NSS, those of a backend only as it was said. */

#include "daemon/config.h"

#include <uthash.h>

/* What was said of a group: "kvm", "corp:console". */
typedef struct GroupSaying {
        const char *name;
        bool is_member;
} GroupSaying;

typedef struct GroupLookup GroupLookup;

typedef struct Groups {
        const Config *config;
        GroupSaying *sayings;
        size_t saying_count;
        GroupLookup *lookups; /* the answers of NSS */
        char *unsaid;         /* the last group of a backend that was asked for in vain, or NULL */
        const char *failure;  /* why the last could not be told, or NULL */
} Groups;

/* Free with groups_deinit(). */
void groups_init(Groups *groups, const Config *config);
void groups_deinit(Groups *groups);

/* Notes that the login that will be asked for is, or is not, in a group; a leading @ counts as
 * nothing. The name is not copied. */
void groups_say(Groups *groups, const char *name, bool is_member);

/* Forgets what could not be told so far. */
void groups_forget(Groups *groups);

/* Facts.is_member; userdata is a Groups. */
Tri groups_is_member(void *userdata, Bytes login, int backend, const char *group);

/* The logins of a group of the system, by its own entry and by the users whose first group it is:
 * *logins has *count strings, all owned by the caller. Returns false where there is no such group.
 */
bool groups_members(const char *group, char ***logins, size_t *count);
