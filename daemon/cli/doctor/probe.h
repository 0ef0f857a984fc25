/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Probe: a backend's own worker program, asked as the daemon would ask it, about a login that
 * nobody has. */

#include "daemon/config.h"

typedef enum ProbeOutcome {
        PROBE_ANSWERED,    /* it could tell */
        PROBE_UNAVAILABLE, /* it could not, and says why */
        PROBE_UNTRIED,     /* the program could not be asked */
} ProbeOutcome;

/* Starts a worker of the backend, asks, and ends it. *reason is for the caller, or NULL where it
 * answered. */
ProbeOutcome probe_backend(const BackendConfig *backend, char **reason);
