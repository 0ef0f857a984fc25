/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Sockets: all that a daemon listens on, opened by itself or handed over by the service manager. */

#include "daemon/config.h"
#include "daemon/listener.h"

typedef struct Socket {
        Listener listener;
        const ListenConfig *config;
} Socket;

typedef struct Sockets {
        Socket sockets[CONFIG_LISTENS_MAX];
        size_t count;
} Sockets;

/* Takes over the service manager's sockets and opens those that the configuration has besides. A
 * socket at a path that the configuration does not name is served as its first one. Returns 0, or a
 * negative errno (logged): -EBUSY if somebody listens there already; *owner is its process
 * identifier then, or 0. */
int sockets_open(Sockets *sockets, const Config *config, pid_t *owner);

/* Takes our sockets' names away: whoever connects now finds nobody. */
void sockets_unlink(Sockets *sockets);

void sockets_close(Sockets *sockets);
