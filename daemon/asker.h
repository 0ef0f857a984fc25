/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Asker: on whose behalf a process asks: the VM it is, else the unit it runs in, else its user.
 * What there is only so much of is shared out by asker, not by process: anybody can have many.
 */

#include "daemon/identity.h"

#include <sys/types.h>
#include <uthash.h>

typedef struct AskerTable AskerTable;

typedef struct Asker {
        AskerTable *table;
        UT_hash_handle hh;
        unsigned refs;
        bool may_be_vm;
        char name[]; /* "vm vmA", "unit postfix@-.service", "uid 1000" */
} Asker;

struct AskerTable {
        Asker *by_name;
};

/* Everybody must have given his reference back. */
void asker_table_deinit(AskerTable *table);

/* The asker that a process of that user is, referenced for the caller; identity may be NULL:
 * nothing is known yet. Returns NULL without memory. */
Asker *asker_get(AskerTable *table, const Identity *identity, uid_t uid);

/* Takes another reference. Returns asker. */
Asker *asker_ref(Asker *asker);

/* Gives a reference back; NULL is allowed. Returns NULL. */
Asker *asker_unref(Asker *asker);
