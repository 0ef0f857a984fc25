/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * PeerTable: the processes that ask us. Who a process is is found out once, by the worker
 * "resolve", and kept while it lives: a pidfd of it is held, so that its number cannot come to mean
 * another without our seeing it. A further request of a known process reads nothing.
 */

#include "daemon/identity.h"
#include "daemon/pool.h"
#include "daemon/waiter.h"

#include <uthash.h>

#define PEERS_MAX 1024u /* processes kept, each with a descriptor */

typedef struct PeerTable PeerTable;

typedef struct Peer {
        PeerTable *table;
        UT_hash_handle hh;
        TAILQ_ENTRY(Peer) link; /* of the table, the one used last at the end */
        Task task;              /* while pending */
        pid_t pid;
        uid_t uid;
        int pidfd; /* -1 = the process is gone, or not in our pid namespace */
        bool pending;
        bool kept;        /* in the table */
        bool from_kernel; /* the pidfd came with the connection */
        unsigned refs;
        Evidence evidence; /* once it is not pending */
        WaiterList waiters;
} Peer;

struct PeerTable {
        Pool *pool; /* of the worker "resolve", not owned */
        sd_event *event;
        Peer *by_pid;
        TAILQ_HEAD(PeerList, Peer) order;
        unsigned count;
        unsigned max; /* kept without a request of theirs being in hand */
};

/* Keeps at most max processes that have no request in hand. */
void peer_table_init(PeerTable *table, sd_event *event, Pool *pool, unsigned max);

/* No peer may be referenced any more. */
void peer_table_deinit(PeerTable *table);

/* The process at the other end of a connected unix socket, referenced for the caller; asks who it
 * is unless that is known. Returns NULL without memory. */
Peer *peer_table_get(PeerTable *table, int socket);

/* Gives a reference back; NULL is allowed. Returns NULL. */
Peer *peer_unref(Peer *peer);

/* Whether it is known who it is. If not, the waiter will be woken, with a second at most. */
bool peer_is_known(Peer *peer, Waiter *waiter);
