/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Starting worker programs. */

#include "daemon/config.h"
#include "daemon/privilege.h"

#include <sys/types.h>

/* Whether the programs of all backends are there. Returns 0 or a negative errno (logged, with the
 * remedy). */
int spawn_check(const Config *config);

/* Starts a worker of the backend. Its standard input and output are one stream socket, whose other
 * end is *socket, owned by the caller; its standard error is ours. A backend's
 * password file is handed over open. Returns the process identifier
 * or a negative errno. */
pid_t spawn_worker(const BackendConfig *backend, const Privilege *privilege, int *socket);
