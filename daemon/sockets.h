/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Sockets: all that a generation listens on, opened by itself, handed over by the service manager,
 * or taken from the generation before.
 */

#include "daemon/config.h"
#include "daemon/listener.h"

typedef struct Socket {
        Listener *listener; /* a reference */
        const ListenConfig *config;
        ListenerAccess access;
} Socket;

typedef struct Sockets {
        Socket sockets[CONFIG_LISTENS_MAX];
        size_t count;
} Sockets;

/* Takes over the service manager's sockets: they are handed out once, all of them, and stay; later
 * they are those of before, which is NULL at the start. One at a path that the configuration does
 * not name is an error, unless it names none. Returns 0 or a negative errno (logged). To be freed
 * with sockets_close() in any case. */
int sockets_adopt(Sockets *sockets, const Config *config, const Sockets *before);

/* Opens those that the configuration has besides, or takes them over from before. Returns 0, or a
 * negative errno (logged): -EBUSY if somebody listens there already; *owner is its process
 * identifier then, or 0. */
int sockets_open(Sockets *sockets, const Config *config, const Sockets *before, pid_t *owner);

/* Gives sockets that were there before the mode and owner that the configuration now wants. */
void sockets_set_access(const Sockets *sockets, const Sockets *before);

/* Whether the listener is one of them. */
bool sockets_have(const Sockets *sockets, const Listener *listener);

/* Takes our sockets' names away: whoever connects now finds nobody. */
void sockets_unlink(Sockets *sockets);

/* Lets all of them go. */
void sockets_close(Sockets *sockets);
