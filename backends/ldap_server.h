/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LdapServer: one server, and our two connections to it. */

#include "backends/ldap_connection.h"

#include <stdatomic.h>

/* From good to bad. */
typedef enum LdapServerState {
        LDAP_SERVER_USABLE,
        LDAP_SERVER_DOUBTFUL, /* failed at once: asked after the others */
        LDAP_SERVER_HUNG,     /* let us wait: not asked until it answers the thread */
} LdapServerState;

typedef struct LdapServer {
        char *uri;
        _Atomic LdapServerState state;
        LdapConnection search; /* bound as the search identity */
        LdapConnection user;   /* bound as one user after the other; a wrong password leaves it */
        bool tried;            /* for this question already */
        bool reused;           /* this attempt has used a connection from before */
        bool timed_out;
        char failure[384]; /* why the last attempt failed */
} LdapServer;

/* A server that nothing is known of yet. Returns false without memory. Free with
 * ldap_server_deinit() in any case. */
bool ldap_server_init(LdapServer *server, const LdapConfig *config, Bytes uri);
void ldap_server_deinit(LdapServer *server);

/* Closes both connections. */
void ldap_server_close(LdapServer *server);

/* The connections of a server, open; NULL if it failed. */
LdapConnection *ldap_server_search(LdapServer *server, int64_t until);
LdapConnection *ldap_server_user(LdapServer *server, int64_t until);

/* Says that a server did not do its part, and in which step. Returns false. */
bool ldap_server_fail(LdapServer *server, const char *step, const LdapReply *reply);
