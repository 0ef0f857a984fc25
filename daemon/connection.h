/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Connection: one client of the mux, from accept() to close(). Whatever happens, it is sent one
 * complete reply in one send(): libsasl2 leaks a descriptor in the client otherwise. Then the
 * connection is shut down and drained until the client closes (bounded): closing a unix socket with
 * unread bytes resets it, and the client would lose the reply.
 */

#include "daemon/connection_set.h"
#include "daemon/login.h"

/* Takes over a non-blocking socket accepted from the listening one of that number (less than
 * CONFIG_LISTENS_MAX) and configuration, asks who
 * connected, and serves it as far as its bytes are there. */
void connection_accept(ConnectionSet *set, int fd, unsigned listener, const ListenConfig *listen);

/* How an administrator asks. */
typedef struct AskingAs {
        const char *vm;  /* as the VM of that name would, or NULL: as himself */
        uint64_t number; /* of the decision that will come of it */
} AskingAs;

/* The same for a connection of an administrator, over the first of the configuration's sockets that
 * is no VM's, where there is one. */
void connection_accept_as(ConnectionSet *set, int fd, const AskingAs *as);

/* Handlers for the deadlines of a set. */
void connection_overdue(Deadline *deadline, void *set);
void connection_closing(Deadline *deadline, void *set);
void connection_lingered(Deadline *deadline, void *set);

/* Makes room: closes the connection that has kept its answer for longest, or else, of the asker
 * with most connections, answers the oldest that has not sent a complete request with NO and closes
 * it. Where there is neither the set is full until the next call. */
void connection_make_room(ConnectionSet *set);
