/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What is known of a process that runs, as the daemon would find it if that process asked. */

#include "daemon/config.h"
#include "daemon/identity.h"

/* Asks the worker that the daemon asks. Returns true with *uid, whose process it is, and
 * *evidence, or false with *wrong, owned by the caller: there is no such process, or it cannot be
 * looked at. */
bool process_evidence(
        const Config *config, const char *pid, Evidence *evidence, uid_t *uid, char **wrong);
