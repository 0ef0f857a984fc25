/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Notices: what a backend found that an administrator should mend. The same one comes with every
 * login that meets it, and is told once in a few minutes.
 */

#include "proto/bytes.h"

#define NOTICES_MAX 32u

typedef struct NoticeTable {
        struct {
                uint64_t digest; /* of the text */
                uint64_t told;   /* microseconds, CLOCK_MONOTONIC; 0 = never */
        } notices[NOTICES_MAX];
} NoticeTable;

/* Writes the notice to the log, unless that was done within the last minutes (now: microseconds,
 * CLOCK_MONOTONIC). The table starts zeroed; where it is full, the notice told longest ago is
 * forgotten. */
void notice_tell(NoticeTable *table, const char *backend, Bytes text, uint64_t now);
