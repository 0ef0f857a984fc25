/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Shared: a page that a front writes and the supervisor reads. It outlives the front, so that the
 * supervisor can tell how many requests were lost with one that was killed, and notice one whose
 * loop stands still.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Shared {
        _Atomic uint64_t heartbeat; /* CLOCK_MONOTONIC, microseconds, written each second */
        _Atomic uint64_t accepted;  /* connections accepted */
        _Atomic uint64_t answered;  /* complete replies sent, or the peer was gone */
        _Atomic bool log_gone;      /* it cannot log: the log's receiver is another now */
        _Atomic int forbidden_call; /* system call that ended it by the sandbox; -1 = none */
} Shared;

/* Maps a new page for the children to come. Returns NULL without memory. Free with shared_free().
 */
Shared *shared_new(void);
Shared *shared_free(Shared *shared);

/* Sets everything to 0 for the next front. */
void shared_reset(Shared *shared);
