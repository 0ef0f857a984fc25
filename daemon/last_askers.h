/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LastAskers: who asked last at each listen of a front's configuration, and when. */

#include "daemon/config.h"

#define LAST_ASKER_NAME_SIZE 128u

typedef struct LastAsker {
        uint64_t time;                   /* microseconds, CLOCK_MONOTONIC; 0: nobody did */
        char name[LAST_ASKER_NAME_SIZE]; /* an Asker's, cut to that size */
} LastAsker;

typedef struct LastAskers {
        LastAsker listens[CONFIG_LISTENS_MAX]; /* as in the configuration */
} LastAskers;

/* Notes who asked there, now. */
void last_askers_note(LastAskers *askers, size_t listen, const char *name, uint64_t now);
