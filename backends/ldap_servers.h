/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * LdapServers: the servers of ldap_servers, in their order. One that does not answer is put aside
 * until it answers a probe, so that no login waits for it twice.
 */

#include "backends/ldap_probe.h"

typedef struct LdapServers {
        LdapServer *list;
        size_t count;
        LdapProbe probe;
} LdapServers;

/* What is tried with one server until a time. Returns whether the server did its part; if not, it
 * has failed by ldap_server_fail(), and the same is tried with the next. */
typedef bool LdapAttempt(LdapServer *server, void *userdata, int64_t until);

/* Takes the servers from config, which must outlive them. Returns false without memory. Call
 * ldap_servers_deinit() in any case. */
bool ldap_servers_init(LdapServers *servers, const LdapConfig *config);
void ldap_servers_deinit(LdapServers *servers);

/* Finds out which of several servers hang before a login has to wait for them. */
void ldap_servers_look(LdapServers *servers);

/* Tries servers until one did its part. Returns whether one did, else reason names each and its
 * failure. */
bool ldap_servers_try(LdapServers *servers, LdapAttempt *attempt, void *userdata, int64_t until,
        char *reason, size_t size);
