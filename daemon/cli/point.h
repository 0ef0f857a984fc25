/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Point: one login of the many that axes span: a place on each, and what the daemon would see. */

#include "daemon/cli/axes.h"
#include "daemon/cli/groups.h"

#define POINT_TEXT_SIZE 2048u

typedef struct Point {
        Groups *groups; /* not owned */
        const AxisEntry *user, *service, *vm;
        const AxisEntry *realm, *socket, *client; /* NULL: nothing is sent, the usual socket */
        Facts facts;                              /* point into the texts below, and to the point */
        char user_text[POINT_TEXT_SIZE], service_text[POINT_TEXT_SIZE];
        char vm_text[POINT_TEXT_SIZE], realm_text[POINT_TEXT_SIZE];
} Point;

/* Sets the facts from the entries. Returns false if there is no such login, as that of "%v-owner"
 * where no VM asks. */
bool point_set(Point *point);

/* Sets of the facts only the VM. */
bool point_set_vm(Point *point);

/* Writes what an entry stands for. Returns false if there is nothing, as "%v" where no VM asks. */
bool point_text(const AxisEntry *entry, const Facts *facts, char out[static POINT_TEXT_SIZE]);
