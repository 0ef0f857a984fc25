/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * LdapConnection: one connection to one server. Every call ends by the time it is given. A call
 * that the server did not answer closes the connection; libldap never opens one by itself, which
 * would be without StartTLS. What libldap copies of a password it frees without wiping; that is out
 * of our hands.
 */

#include "backends/ldap_outcome.h"
#include "backends/ldap_sasl.h"
#include "backends/ldap_wire.h"
#include "proto/ldap_config.h"

#include <ldap.h>

typedef struct LdapConnection {
        const LdapConfig *config;
        const char *uri;
        LDAP *ld; /* NULL = closed */
        LdapWire wire;
} LdapConnection;

/* What a call came to. */
typedef struct LdapReply {
        int code;       /* the server's (RFC 4511, appendix A), or negative: it did not answer */
        bool timed_out; /* as a hung server does */
        LdapPolicy policy;
        char text[256]; /* what the server said with it, or why there was no answer */
} LdapReply;

/* Connects, with TLS where configured. Returns whether it succeeded, else reply says why not. */
bool ldap_connection_open(LdapConnection *connection, int64_t until, LdapReply *reply);
void ldap_connection_close(LdapConnection *connection);

/* Whether it is open and the server has not closed it. */
bool ldap_connection_is_alive(LdapConnection *connection);

/* Calls: each returns whether the server answered; the answer is in reply. */
bool ldap_connection_bind(LdapConnection *connection, const char *dn, Bytes password, int64_t until,
        LdapReply *reply);
bool ldap_connection_bind_sasl(
        LdapConnection *connection, LdapSaslAnswers *answers, int64_t until, LdapReply *reply);

/* Whether what is sent is protected by SASL, for the user who bound (RFC 4513, section 5.2.1.5). */
bool ldap_connection_has_layer(const LdapConnection *connection);

bool ldap_connection_compare(LdapConnection *connection, const char *dn, const char *attribute,
        const char *value, int64_t until, LdapReply *reply);

/* *result holds the entries; free with ldap_msgfree(). It is NULL if the server did not answer. */
bool ldap_connection_search(LdapConnection *connection, const char *base, int scope,
        const char *filter, const char *const *attributes, int64_t until, LDAPMessage **result,
        LdapReply *reply);

/* Who the server takes us for (RFC 4532): *authz_id as "dn:…", to be freed, or NULL. */
bool ldap_connection_whoami(
        LdapConnection *connection, int64_t until, char **authz_id, LdapReply *reply);
