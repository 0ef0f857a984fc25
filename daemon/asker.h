/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Asker: on whose behalf a process asks: the VM it is, else the unit it runs in, else its user.
 * What there is only so much of is shared out by asker, not by process: anybody can have many.
 */

#include "daemon/identity.h"

#include <sys/queue.h>
#include <sys/types.h>
#include <uthash.h>

typedef struct AskerTable AskerTable;
typedef struct Asker Asker;

/* A connection that waits for its answer, as one of its asker's; embedded in it. */
typedef struct Charge {
        Asker *asker; /* NULL: it is charged to nobody */
        bool is_silent;
        TAILQ_ENTRY(Charge) link;
} Charge;

struct Asker {
        AskerTable *table;
        UT_hash_handle hh;
        unsigned refs;
        bool may_be_vm;
        unsigned charged;
        TAILQ_HEAD(ChargeList, Charge) silent; /* whose request is not complete; the oldest first */
        const char *name;                      /* "vm vmA", "unit postfix@-.service", "uid 1000" */
        char key[];                            /* a letter for may_be_vm, and the name */
};

struct AskerTable {
        Asker *by_key;
};

/* Everybody must have given his reference back. */
void asker_table_deinit(AskerTable *table);

/* The asker that a process of that user is, referenced for the caller; identity may be NULL:
 * nothing is known yet. Who may be a VM is another than who is none in the same unit or of the same
 * user. Returns NULL without memory. */
Asker *asker_get(AskerTable *table, const Identity *identity, uid_t uid);

/* Takes another reference. Returns asker. */
Asker *asker_ref(Asker *asker);

/* Gives a reference back; NULL is allowed. Returns NULL. */
Asker *asker_unref(Asker *asker);

/* Charges a connection to an asker; takes the reference over. */
void asker_charge(Asker *asker, Charge *charge);

/* The connection has not sent a complete request, and can be given up; or it has. */
void charge_mute(Charge *charge);
void charge_unmute(Charge *charge);

/* Takes the charge back; nothing happens if there is none. */
void charge_clear(Charge *charge);

/* The asker with most connections, or NULL. */
Asker *asker_table_heaviest(const AskerTable *table);
