/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_servers.h"

#include "backends/ldap_socket.h"

#include <stdio.h>
#include <stdlib.h>

static size_t count_words(const char *text)
{
        size_t count = 0;

        while (*(text += strspn(text, " \t")) != '\0') {
                count++;
                text += strcspn(text, " \t");
        }
        return count;
}

bool ldap_servers_init(LdapServers *servers, const LdapConfig *config)
{
        const char *rest = config->servers;
        size_t count = count_words(rest);

        *servers = (LdapServers){.list = calloc(count, sizeof(LdapServer))};
        for (; servers->list && servers->count < count; servers->count++) {
                Bytes uri;

                rest += strspn(rest, " \t");
                uri = (Bytes){(const uint8_t *)rest, strcspn(rest, " \t")};
                if (!ldap_server_init(&servers->list[servers->count], config, uri))
                        return false;
                rest += uri.size;
        }
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

static size_t count_from(const LdapServers *servers, size_t from, LdapServerState state)
{
        size_t count = 0;

        for (size_t i = from; i < servers->count; i++)
                count += servers->list[i].state == state;
        return count;
}

/* Each server gets its share of the time, so that the last one is tried within it, too. */
static bool try_in_state(LdapServers *servers, LdapServerState state, LdapAttempt *attempt,
        void *userdata, int64_t until)
{
        for (size_t i = 0; i < servers->count; i++) {
                LdapServer *server = &servers->list[i];
                int64_t left = ldap_time_left(until);

                if (server->state != state)
                        continue;
                if (left == 0)
                        return false;
                if (try_server(server, attempt, userdata,
                            ldap_now() + left / (int64_t)count_from(servers, i, state))) {
                        server->state = LDAP_SERVER_USABLE;
                        return true;
                }
                ldap_server_close(server);
                ldap_probe_put_aside(&servers->probe, server,
                        server->timed_out ? LDAP_SERVER_HUNG : LDAP_SERVER_DOUBTFUL);
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
        if (try_in_state(servers, LDAP_SERVER_USABLE, attempt, userdata, until) ||
                try_in_state(servers, LDAP_SERVER_DOUBTFUL, attempt, userdata, until))
                return true;
        explain(servers, reason, size);
        return false;
}
