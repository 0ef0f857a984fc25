/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_servers.h"

#include "backends/ldap_socket.h"
#include "proto/ldap_uri.h"

#include <stdio.h>
#include <stdlib.h>

#define HANG_MSEC 100 /* whoever does not answer in so long a time hangs */

static size_t count_uris(Bytes rest)
{
        size_t count = 0;

        while (ldap_uri_next(&rest).size > 0)
                count++;
        return count;
}

bool ldap_servers_init(LdapServers *servers, const LdapConfig *config)
{
        Bytes rest = bytes_from_string(config->servers);
        size_t count = count_uris(rest);

        *servers = (LdapServers){.list = calloc(count, sizeof(LdapServer))};
        for (; servers->list && servers->count < count; servers->count++)
                if (!ldap_server_init(&servers->list[servers->count], config, ldap_uri_next(&rest)))
                        return false;
        return servers->list && ldap_probe_start(&servers->probe, servers->list, count, config);
}

void ldap_servers_deinit(LdapServers *servers)
{
        ldap_probe_stop(&servers->probe);
        for (size_t i = 0; i < servers->count; i++)
                ldap_server_deinit(&servers->list[i]);
        free(servers->list);
        *servers = (LdapServers){};
}

void ldap_servers_look(LdapServers *servers)
{
        if (servers->count > 1)
                ldap_probe_look(&servers->probe);
}

/* A connection that the server closed in this moment fails without any fault of the server's. */
static bool try_server(LdapServer *server, LdapAttempt *attempt, void *userdata, int64_t until)
{
        server->reused = false;
        server->timed_out = false;
        if (attempt(server, userdata, until))
                return true;
        if (!server->reused || server->timed_out)
                return false;
        ldap_server_close(server);
        server->reused = false;
        return attempt(server, userdata, until);
}

static bool is_next(const LdapServer *server, LdapServerState worst)
{
        return server->state <= worst && !server->tried;
}

static int count_from(const LdapServers *servers, size_t from, LdapServerState worst)
{
        int count = 0;

        for (size_t i = from; i < servers->count; i++)
                count += is_next(&servers->list[i], worst);
        return count;
}

/* Little time proves nothing: the question may have waited long in a queue. */
static void put_aside(LdapServers *servers, LdapServer *server, int64_t time)
{
        bool hangs = server->timed_out && time >= HANG_MSEC;

        ldap_server_close(server);
        ldap_probe_put_aside(
                &servers->probe, server, hangs ? LDAP_SERVER_HUNG : LDAP_SERVER_DOUBTFUL);
}

/* Those that are in no worse state, and not tried yet: the thread may find meanwhile that one is
 * usable again. Each gets its share of the time, so that the last one is tried within it, too. */
static bool try_down_to(LdapServers *servers, LdapServerState worst, LdapAttempt *attempt,
        void *userdata, int64_t until)
{
        for (size_t i = 0; i < servers->count; i++) {
                LdapServer *server = &servers->list[i];
                int64_t time = ldap_time_left(until);

                if (!is_next(server, worst))
                        continue;
                if (time == 0)
                        return false;
                time /= 1 + count_from(servers, i + 1, worst);
                server->tried = true;
                if (try_server(server, attempt, userdata, ldap_now() + time)) {
                        server->state = LDAP_SERVER_USABLE;
                        return true;
                }
                put_aside(servers, server, time);
        }
        return false;
}

static void explain(const LdapServers *servers, char *reason, size_t size)
{
        size_t used = 0;

        reason[0] = '\0';
        for (size_t i = 0; i < servers->count && used < size; i++)
                used += (size_t)snprintf(reason + used, size - used, "%s%s%s", i > 0 ? "; " : "",
                        servers->list[i].failure,
                        servers->list[i].state == LDAP_SERVER_HUNG ? " (put aside)" : "");
}

bool ldap_servers_try(LdapServers *servers, LdapAttempt *attempt, void *userdata, int64_t until,
        char *reason, size_t size)
{
        for (size_t i = 0; i < servers->count; i++)
                servers->list[i].tried = false;
        if (try_down_to(servers, LDAP_SERVER_USABLE, attempt, userdata, until) ||
                try_down_to(servers, LDAP_SERVER_DOUBTFUL, attempt, userdata, until))
                return true;
        explain(servers, reason, size);
        return false;
}
