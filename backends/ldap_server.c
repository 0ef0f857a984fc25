/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_server.h"

#include <stdio.h>
#include <stdlib.h>

bool ldap_server_init(LdapServer *server, const LdapConfig *config, Bytes uri)
{
        memset(server, 0, sizeof(*server));
        server->uri = strndup((const char *)uri.data, uri.size);
        server->search = (LdapConnection){.config = config, .uri = server->uri};
        server->user = (LdapConnection){.config = config, .uri = server->uri};
        return server->uri != NULL;
}

void ldap_server_deinit(LdapServer *server)
{
        ldap_server_close(server);
        free(server->uri);
}

void ldap_server_close(LdapServer *server)
{
        ldap_connection_close(&server->search);
        ldap_connection_close(&server->user);
}

bool ldap_server_fail(LdapServer *server, const char *step, const LdapReply *reply)
{
        server->timed_out = reply->timed_out;
        (void)snprintf(server->failure, sizeof(server->failure), "%.100s: %s%s%s%s", server->uri,
                step, step[0] ? ": " : "", reply->code > 0 ? ldap_err2string(reply->code) : "",
                reply->code > 0 && reply->text[0] ? ": " : "");
        (void)strncat(server->failure, reply->text,
                sizeof(server->failure) - strlen(server->failure) - 1);
        return false;
}

static bool bind_search_sasl(LdapServer *server, int64_t until, LdapReply *reply)
{
        const LdapConfig *config = server->search.config;
        LdapSaslAnswers answers = {
                .id = config->sasl_id,
                .authz_id = config->sasl_authz_id,
                .realm = config->sasl_realm,
                .password = ldap_config_password(config),
        };

        return ldap_connection_bind_sasl(&server->search, &answers, until, reply);
}

/* LDAPv2 has no operation without a bind; LDAPv3 begins anonymous. */
static bool bind_search(LdapServer *server, int64_t until)
{
        const LdapConfig *config = server->search.config;
        LdapReply reply = {.code = LDAP_SUCCESS};
        bool answered = true;

        if (config->use_sasl)
                answered = bind_search_sasl(server, until, &reply);
        else if (config->bind_dn || config->version < 3)
                answered = ldap_connection_bind(&server->search, config->bind_dn,
                        ldap_config_password(config), until, &reply);
        if (answered && reply.code == LDAP_SUCCESS)
                return true;
        ldap_connection_close(&server->search);
        return ldap_server_fail(server, "search identity", &reply);
}

/* Whether it was there; if not, it is opened, unless the server failed: *failed. */
static bool find_open(LdapServer *server, LdapConnection *connection, int64_t until, bool *failed)
{
        LdapReply reply;

        *failed = false;
        if (ldap_connection_is_alive(connection)) {
                server->reused = true;
                return true;
        }
        if (!ldap_connection_open(connection, until, &reply)) {
                (void)ldap_server_fail(server, "", &reply);
                *failed = true;
        }
        return false;
}

LdapConnection *ldap_server_search(LdapServer *server, int64_t until)
{
        bool failed;

        if (find_open(server, &server->search, until, &failed))
                return &server->search;
        return !failed && bind_search(server, until) ? &server->search : NULL;
}

LdapConnection *ldap_server_user(LdapServer *server, int64_t until)
{
        bool failed;

        (void)find_open(server, &server->user, until, &failed);
        return failed ? NULL : &server->user;
}
