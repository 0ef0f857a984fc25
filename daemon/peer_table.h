/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * PeerTable: the processes that ask us. Who a process is is found out once, by the worker
 * "resolve", and kept while it lives: a pidfd of it is held, so that its number cannot come to mean
 * another without our seeing it. A further request of a known process reads nothing. Where it could
 * not be found out, the next connection has it asked anew.
 */

#include "daemon/identity.h"
#include "daemon/pool.h"
#include "daemon/waiter.h"

#include <uthash.h>

#define PEERS_MAX 1024u /* kept without a connection of theirs; fewer with few descriptors */

typedef struct PeerTable PeerTable;

typedef struct Peer {
        PeerTable *table;
        UT_hash_handle hh;
        TAILQ_ENTRY(Peer) link; /* of the table's idle ones */
        Task task;              /* while pending */
        uint64_t serial;        /* of the process; no other has it */
        pid_t pid;
        uid_t uid;
        int pidfd;      /* -1 = the process is gone, or not in our pid namespace */
        uint64_t asked; /* when it was asked who it is: microseconds, CLOCK_MONOTONIC */
        bool pending;
        bool lasting;       /* what is known will not be otherwise in a moment */
        bool kept;          /* in the table; else it goes with its last reference */
        bool from_kernel;   /* the pidfd came with the connection */
        uint32_t listeners; /* over which it has connected: bits, by their numbers */
        Asker *asker;       /* its user, until it is known what it is */
        unsigned refs;
        Evidence evidence; /* once it is not pending */
        WaiterList waiters;
} Peer;

struct PeerTable {
        Pool *pool; /* of the worker "resolve", not owned */
        AskerTable askers;
        sd_event *event;
        Peer *by_pid;
        TAILQ_HEAD(PeerList, Peer) idle; /* kept and not referenced, the one used last at the end */
        unsigned idle_count, idle_max;
        uint64_t last_serial;
        unsigned descriptors; /* open pidfds */
};

void peer_table_init(PeerTable *table, sd_event *event, Pool *pool);

/* No peer or asker may be referenced any more, and no question be in hand. */
void peer_table_deinit(PeerTable *table);

/* The process at the other end of a unix socket that was accepted from the listening one of that
 * number (at most 31), referenced for the caller; asks who it is unless that is known. Returns NULL
 * without memory. */
Peer *peer_table_get(PeerTable *table, int socket, unsigned listener);

/* Gives a reference back; NULL is allowed. Returns NULL. */
Peer *peer_unref(Peer *peer);

/* On whose behalf the process asks, referenced for the caller: whoever uses a VM's socket asks as
 * that VM, if that is how identity was decided. Returns NULL without memory. */
Asker *peer_asker(const Peer *peer, const Identity *identity);

/* Whether it is known who it is. If not, the waiter will be woken, with a second at most. */
bool peer_is_known(Peer *peer, Waiter *waiter);
