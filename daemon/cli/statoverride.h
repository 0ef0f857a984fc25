/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Statoverride: whose a file is to be and which mode it is to have, by dpkg-statoverride(1)'s
 * table. Pure. */

#include "proto/bytes.h"

#define STATOVERRIDE_WORD_MAX 64u

typedef struct Statoverride {
        char user[STATOVERRIDE_WORD_MAX]; /* a name, or a number */
        char group[STATOVERRIDE_WORD_MAX];
        char mode[STATOVERRIDE_WORD_MAX]; /* octal */
} Statoverride;

/* Looks a path up in /var/lib/dpkg/statoverride. Returns false, with *found as it was, if it has no
 * line there. */
bool statoverride_find(Bytes table, const char *path, Statoverride *found);
