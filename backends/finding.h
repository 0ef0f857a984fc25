/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Finding: what one source says about a process, with the memory for it. */

#include "proto/peer.h"

typedef struct Finding {
        SightingState state;
        char name[PEER_NAME_MAX + 1];
        char uuid[PEER_UUID_SIZE + 1];
        char text[PEER_TEXT_MAX + 1];
} Finding;

/* Makes it a failure; format says what of. */
void finding_fail(Finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes it vouch for a name, unless it is none: then it is a failure that begins with where. */
void finding_name(Finding *finding, const char *where, Bytes name);

/* The view of it for a report, valid as long as it is. */
Sighting finding_sighting(const Finding *finding);
