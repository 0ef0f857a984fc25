/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_connection.h"

#include "backends/ldap_socket.h"
#include "proto/cleanup.h"

#include <openldap.h>
#include <stdio.h>

#define DEFAULT_SIZE_LIMIT                                                                         \
        (-1) /* the option's (ldap_search_ext(3) does not say so: libldap search.c) */

static bool fail(LdapConnection *connection, LdapReply *reply, int code, const char *text)
{
        *reply = (LdapReply){.code = code < 0 ? code : LDAP_SERVER_DOWN,
                .timed_out = code == LDAP_TIMEOUT,
                .policy = {LDAP_POLICY_NONE, -1}};
        (void)snprintf(reply->text, sizeof(reply->text), "%s", text);
        ldap_connection_close(connection);
        return false;
}

/* With what libldap says of it, which for TLS is the only explanation. */
static bool fail_library(LdapConnection *connection, LdapReply *reply, int code, const char *what)
{
        char *diagnostic = NULL;
        char text[sizeof(reply->text)];

        if (connection->ld)
                (void)ldap_get_option(
                        connection->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, (void *)&diagnostic);
        (void)snprintf(text, sizeof(text), "%s: %s%s%s", what, ldap_err2string(code),
                diagnostic && diagnostic[0] ? ": " : "", diagnostic ? diagnostic : "");
        ldap_memfree(diagnostic);
        return fail(connection, reply, code, text);
}

static int last_error(const LdapConnection *connection)
{
        int code = LDAP_SERVER_DOWN;

        (void)ldap_get_option(connection->ld, LDAP_OPT_RESULT_CODE, &code);
        return code;
}

/* ldap_timeout bounds each answer, until all of them. */
static int64_t time_for_answer(const LdapConnection *connection, int64_t until)
{
        int64_t left = ldap_time_left(until), timeout = connection->config->timeout * 1000LL;

        return timeout > 0 && timeout < left ? timeout : left;
}

static struct timeval to_timeval(int64_t msec)
{
        return (struct timeval){msec / 1000, msec % 1000 * 1000};
}

static bool take_result(LdapConnection *connection, LDAPMessage *message, LdapReply *reply)
{
        LDAPControl **controls = NULL;
        char *text = NULL;
        int r;

        *reply = (LdapReply){.policy = {LDAP_POLICY_NONE, -1}};
        r = ldap_parse_result(
                connection->ld, message, &reply->code, NULL, &text, NULL, &controls, 0);
        if (r != LDAP_SUCCESS)
                return fail_library(connection, reply, r, "answer");
        (void)snprintf(reply->text, sizeof(reply->text), "%s", text ? text : "");
        reply->policy = ldap_policy_of(connection->ld,
                ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL));
        ldap_memfree(text);
        ldap_controls_free(controls);
        return true;
}

/* libldap follows a referral while it waits for the answer, and connects for that, by default, as
 * long as it takes. */
static void bound_referrals(LdapConnection *connection, const struct timeval *time)
{
        if (connection->config->referrals)
                (void)ldap_set_option(connection->ld, LDAP_OPT_NETWORK_TIMEOUT, time);
}

/* Waits for all of the answer to a request. */
static bool await(LdapConnection *connection, int request, int64_t until, LDAPMessage **message,
        LdapReply *reply)
{
        struct timeval time = to_timeval(time_for_answer(connection, until));
        int r;

        bound_referrals(connection, &time);
        r = ldap_result(connection->ld, request, LDAP_MSG_ALL, &time, message);
        if (r == 0)
                return fail(connection, reply, LDAP_TIMEOUT, "no answer in time");
        if (r < 0)
                return fail_library(connection, reply, last_error(connection), "no answer");
        return true;
}

/* The same where nothing but the result matters. r is what sending returned. */
static bool complete(
        LdapConnection *connection, int r, int request, int64_t until, LdapReply *reply)
{
        LDAPMessage *message = NULL;
        bool answered;

        if (r != LDAP_SUCCESS)
                return fail_library(connection, reply, r, "request");
        if (!await(connection, request, until, &message, reply))
                return false;
        answered = take_result(connection, message, reply);
        (void)ldap_msgfree(message);
        return answered;
}

static bool install_tls(LdapConnection *connection, int64_t until, LdapReply *reply)
{
        LdapWire *wire = &connection->wire;
        int r;

        wire->until = ldap_now() + time_for_answer(connection, until);
        wire->waits = true;
        r = ldap_install_tls(connection->ld);
        wire->waits = false;
        if (r != LDAP_SUCCESS && ldap_time_left(wire->until) == 0)
                return fail(connection, reply, LDAP_TIMEOUT, "TLS: no answer in time");
        return r == LDAP_SUCCESS || fail_library(connection, reply, r, "TLS");
}

static bool start_tls(LdapConnection *connection, int64_t until, LdapReply *reply)
{
        int request, r = ldap_start_tls(connection->ld, NULL, NULL, &request);

        if (!complete(connection, r, request, until, reply))
                return false;
        if (reply->code != LDAP_SUCCESS)
                return fail_library(connection, reply, reply->code, "StartTLS");
        return install_tls(connection, until, reply);
}

static int connect_url(const LDAPURLDesc *url, int64_t until, char *error, size_t size)
{
        bool has_host = url->lud_host && url->lud_host[0];
        unsigned port = strcmp(url->lud_scheme, "ldaps") == 0 ? LDAPS_PORT : LDAP_PORT;

        if (strcmp(url->lud_scheme, "ldapi") == 0)
                return ldap_socket_connect_local(
                        has_host ? url->lud_host : "/var/run/slapd/ldapi", until, error, size);
        if (url->lud_port > 0)
                port = (unsigned)url->lud_port;
        return ldap_socket_connect(
                has_host ? url->lud_host : "localhost", port, until, error, size);
}

/* Hands a connected descriptor to libldap, with our layer above it. */
static bool wrap(LdapConnection *connection, int fd, LdapReply *reply)
{
        Sockbuf *sockbuf = NULL;
        int r = ldap_init_fd(fd, LDAP_PROTO_EXT, connection->uri, &connection->ld);

        connection->wire = (LdapWire){.fd = fd};
        if (r == LDAP_SUCCESS &&
                ldap_get_option(connection->ld, LDAP_OPT_SOCKBUF, (void *)&sockbuf) ==
                        LDAP_OPT_SUCCESS &&
                ldap_wire_install(&connection->wire, sockbuf))
                return true;
        close_fd(&connection->wire.fd);
        return fail_library(connection, reply, r == LDAP_SUCCESS ? LDAP_LOCAL_ERROR : r, "connect");
}

/* LDAP_REBIND_PROC. LDAPv3 begins anonymous; libldap would bind so, and wait for the answer for
 * ever (ldap_new_connection()). */
static int follow_anonymously(
        LDAP *ld, const char *url, ber_tag_t request, ber_int_t number, void *userdata)
{
        (void)ld;
        (void)url;
        (void)request;
        (void)number;
        (void)userdata;
        return LDAP_SUCCESS;
}

static bool adopt(
        LdapConnection *connection, const LDAPURLDesc *url, int fd, int64_t until, LdapReply *reply)
{
        if (!wrap(connection, fd, reply))
                return false;
        (void)ldap_set_rebind_proc(connection->ld, follow_anonymously, NULL);
        if (connection->config->sasl_secprops &&
                ldap_set_option(connection->ld, LDAP_OPT_X_SASL_SECPROPS,
                        connection->config->sasl_secprops) != LDAP_OPT_SUCCESS)
                return fail(connection, reply, LDAP_PARAM_ERROR,
                        "libldap does not take ldap_sasl_secprops");
        if (strcmp(url->lud_scheme, "ldaps") == 0)
                return install_tls(connection, until, reply);
        return !connection->config->start_tls || start_tls(connection, until, reply);
}

bool ldap_connection_open(LdapConnection *connection, int64_t until, LdapReply *reply)
{
        LDAPURLDesc *url = NULL;
        char error[256];
        bool opened;
        int fd;

        ldap_connection_close(connection);
        if (ldap_url_parse(connection->uri, &url) != LDAP_URL_SUCCESS)
                return fail(connection, reply, LDAP_PARAM_ERROR, "not a URI that libldap knows");
        fd = connect_url(
                url, ldap_now() + time_for_answer(connection, until), error, sizeof(error));
        opened = fd >= 0 ? adopt(connection, url, fd, until, reply)
                         : fail(connection, reply,
                                   fd == -ETIMEDOUT ? LDAP_TIMEOUT : LDAP_CONNECT_ERROR, error);
        ldap_free_urldesc(url);
        return opened;
}

void ldap_connection_close(LdapConnection *connection)
{
        if (connection->ld)
                (void)ldap_unbind_ext(connection->ld, NULL, NULL);
        connection->ld = NULL;
}

bool ldap_connection_is_alive(LdapConnection *connection)
{
        return connection->ld && ldap_socket_is_idle(connection->wire.fd);
}

bool ldap_connection_bind(
        LdapConnection *connection, const char *dn, Bytes password, int64_t until, LdapReply *reply)
{
        LDAPControl policy = {.ldctl_oid = (char *)LDAP_CONTROL_PASSWORDPOLICYREQUEST};
        LDAPControl *controls[] = {&policy, NULL};
        struct berval credentials = {password.size, (char *)password.data};
        int request, r;

        r = ldap_sasl_bind(connection->ld, dn, LDAP_SASL_SIMPLE, &credentials,
                connection->config->version >= 3 ? controls : NULL, NULL, &request);
        return complete(connection, r, request, until, reply);
}

static bool conclude_sasl(LdapConnection *connection, int r, LdapReply *reply)
{
        char *text = NULL;

        if (r < 0)
                return fail_library(connection, reply, r, "SASL");
        (void)ldap_get_option(connection->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, (void *)&text);
        *reply = (LdapReply){.code = r, .policy = {LDAP_POLICY_NONE, -1}};
        (void)snprintf(reply->text, sizeof(reply->text), "%s", text ? text : "");
        ldap_memfree(text);
        return true;
}

/* Where no mechanism is given, libldap asks for the server's, and waits for these itself. */
static void bound_waiting(LdapConnection *connection, int64_t until)
{
        struct timeval time = to_timeval(time_for_answer(connection, until));

        (void)ldap_set_option(connection->ld, LDAP_OPT_TIMEOUT, &time);
}

/* A bind by SASL takes as many rounds as the mechanism wants. */
bool ldap_connection_bind_sasl(
        LdapConnection *connection, LdapSaslAnswers *answers, int64_t until, LdapReply *reply)
{
        LDAPMessage *message = NULL;
        const char *mechanism = NULL;
        int request = 0, r;

        bound_waiting(connection, until);
        for (;;) {
                r = ldap_sasl_interactive_bind(connection->ld, NULL, connection->config->sasl_mech,
                        NULL, NULL, LDAP_SASL_QUIET, ldap_sasl_answer, answers, message, &mechanism,
                        &request);
                if (r != LDAP_SASL_BIND_IN_PROGRESS)
                        break;
                (void)ldap_msgfree(message);
                message = NULL;
                if (!await(connection, request, until, &message, reply))
                        return false;
        }
        (void)ldap_msgfree(message);
        return conclude_sasl(connection, r, reply);
}

bool ldap_connection_has_layer(const LdapConnection *connection)
{
        ber_len_t strength = 0;

        return connection->ld &&
               ldap_get_option(connection->ld, LDAP_OPT_X_SASL_SSF, &strength) ==
                       LDAP_OPT_SUCCESS &&
               strength > 0;
}

bool ldap_connection_compare(LdapConnection *connection, const char *dn, const char *attribute,
        const char *value, int64_t until, LdapReply *reply)
{
        struct berval wanted = {strlen(value), (char *)value};
        int request,
                r = ldap_compare_ext(connection->ld, dn, attribute, &wanted, NULL, NULL, &request);

        return complete(connection, r, request, until, reply);
}

bool ldap_connection_search(LdapConnection *connection, const char *base, int scope,
        const char *filter, const char *const *attributes, int64_t until, LDAPMessage **result,
        LdapReply *reply)
{
        int request, r;

        *result = NULL;
        r = ldap_search_ext(connection->ld, base, scope, filter, (char **)attributes, 0, NULL, NULL,
                NULL, DEFAULT_SIZE_LIMIT, &request);
        if (r == LDAP_FILTER_ERROR) {
                *reply = (LdapReply){.code = r, .policy = {LDAP_POLICY_NONE, -1}};
                (void)snprintf(reply->text, sizeof(reply->text), "not a filter: %.200s", filter);
                return true;
        }
        if (r != LDAP_SUCCESS)
                return fail_library(connection, reply, r, "search");
        return await(connection, request, until, result, reply) &&
               take_result(connection, *result, reply);
}

bool ldap_connection_whoami(
        LdapConnection *connection, int64_t until, char **authz_id, LdapReply *reply)
{
        LDAPMessage *message = NULL;
        struct berval *value = NULL;
        int request, r = ldap_whoami(connection->ld, NULL, NULL, &request);

        *authz_id = NULL;
        if (r != LDAP_SUCCESS)
                return fail_library(connection, reply, r, "who am I");
        if (!await(connection, request, until, &message, reply))
                return false;
        if (ldap_parse_whoami(connection->ld, message, &value) == LDAP_SUCCESS && value)
                *authz_id = strndup(value->bv_val, value->bv_len);
        ber_bvfree(value);
        r = take_result(connection, message, reply);
        (void)ldap_msgfree(message);
        return r;
}
