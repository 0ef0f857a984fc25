/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The thread that asks servers whether they answer, above all those that were put aside. It has
 * connections of its own, and touches nothing of a server but its URI and its state. */

#include "backends/ldap_server.h"

#include <pthread.h>

typedef struct LdapProbe {
        const LdapConfig *config;
        LdapServer *servers; /* not owned */
        size_t count;
        pthread_t thread;
        bool has_thread;
        pthread_mutex_t lock; /* of what follows */
        pthread_cond_t wake;
        bool is_looking; /* for the first server that answers */
        bool has_aside;
        bool is_asking;
        bool stopping;
} LdapProbe;

/* Starts it for servers, which stay where they are. Returns whether it could be started. */
bool ldap_probe_start(
        LdapProbe *probe, LdapServer *servers, size_t count, const LdapConfig *config);

/* Ends it. It may be in the middle of asking; the process then ends at once. */
void ldap_probe_stop(LdapProbe *probe);

/* Has it ask the servers in their order until one answers, and put those before aside. Waits for
 * that, unless it takes long: looking up a name cannot be bounded. */
void ldap_probe_look(LdapProbe *probe);

/* Puts a server aside, in that state, until it answers. */
void ldap_probe_put_aside(LdapProbe *probe, LdapServer *server, LdapServerState state);
