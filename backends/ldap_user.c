/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_user.h"

#include "backends/ldap_dn.h"
#include "proto/cleanup.h"

#include <stdlib.h>

static void free_message(LDAPMessage **message)
{
        (void)ldap_msgfree(*message);
}

/* These copies are ours; libldap's own are out of our hands. */
static void free_passwords(struct berval **passwords)
{
        for (struct berval **each = passwords; each && *each; each++)
                explicit_bzero((*each)->bv_val, (*each)->bv_len);
        ldap_value_free_len(passwords);
}

void ldap_user_deinit(LdapUser *user)
{
        ldap_memfree(user->dn);
        free_passwords(user->passwords);
        *user = (LdapUser){};
}

static Bytes to_bytes(const struct berval *value)
{
        return (Bytes){(const uint8_t *)value->bv_val, value->bv_len};
}

static bool set_name(LdapUser *user, Bytes name)
{
        return name.size > 0 && bytes_to_string(name, user->name, sizeof(user->name));
}

/* What the entry is called by, which is the same however it was found; else the attribute's first
 * value. What was typed has no say: who has two names would choose the one that no rule is about.
 */
static bool set_own_name(const LdapQuestion *question, struct berval **values, LdapUser *user)
{
        bool good = ldap_dn_value(
                user->dn, question->name_attr, user->name, sizeof(user->name), &user->is_named);

        if (user->is_named || !values || !values[0])
                return good && user->name[0];
        user->is_named = true;
        return set_name(user, to_bytes(values[0]));
}

static bool take_entry(LdapQuestion *question, LDAP *ld, LDAPMessage *entry, LdapUser *user)
{
        const LdapConfig *config = question->config;
        struct berval **values = ldap_get_values_len(ld, entry, question->name_attr);
        bool good;

        user->dn = ldap_get_dn(ld, entry);
        if (config->method == LDAP_METHOD_CUSTOM)
                user->passwords = ldap_get_values_len(ld, entry, config->password_attr);
        good = user->dn && set_own_name(question, values, user);
        ldap_value_free_len(values);
        return good;
}

/* Which server's limit it was is not told; ours is 1, so more than one entry matches. */
static LdapStep judge_code(LdapQuestion *question, const LdapReply *reply, bool is_template)
{
        if (reply->code == LDAP_SUCCESS || reply->code == LDAP_SIZELIMIT_EXCEEDED)
                return LDAP_STEP_ON;
        if (is_template &&
                (reply->code == LDAP_NO_SUCH_OBJECT || reply->code == LDAP_INVALID_DN_SYNTAX))
                return ldap_question_settle(question, RESULT_UNKNOWN, "no such user: no such base");
        return ldap_question_blame(question, "search", reply);
}

static LdapStep judge_entries(LdapQuestion *question, LdapConnection *connection,
        LDAPMessage *result, const LdapReply *reply, const char *filter, LdapUser *user)
{
        int count = ldap_count_entries(connection->ld, result);

        if (count > 1 || reply->code == LDAP_SIZELIMIT_EXCEEDED)
                return ldap_question_settle(
                        question, RESULT_DENIED, "more than one entry matches %.300s", filter);
        if (count <= 0)
                return ldap_question_settle(
                        question, RESULT_UNKNOWN, "no entry matches %.300s", filter);
        if (!take_entry(question, connection->ld, ldap_first_entry(connection->ld, result), user))
                return ldap_question_settle(
                        question, RESULT_DENIED, "the entry for %.300s has no usable name", filter);
        return LDAP_STEP_ON;
}

LdapStep ldap_user_check_vm(LdapQuestion *question, const char *template, const LdapUser *user)
{
        if (user->dn ? ldap_dn_is_of_vm(user->dn, template, &question->names)
                     : !ldap_template_has_vm_name(template))
                return LDAP_STEP_ON;
        return ldap_question_settle(question, RESULT_UNKNOWN,
                "no such user: %.200s is of a VM whose name is written otherwise",
                user->dn ? user->dn : user->name);
}

LdapStep ldap_user_find(LdapQuestion *question, LdapUser *user)
{
        const LdapConfig *config = question->config;
        const char *base_template = config->search_base ? config->search_base : "";
        const char *attributes[] = {question->name_attr,
                config->method == LDAP_METHOD_CUSTOM ? config->password_attr : NULL, NULL};
        char base[LDAP_TEMPLATE_TEXT_MAX], filter[LDAP_TEMPLATE_TEXT_MAX];
        _cleanup_(free_message) LDAPMessage *result = NULL;
        LdapConnection *connection;
        LdapReply reply;
        LdapStep step;

        step = ldap_question_expand(question, base_template, LDAP_PLACE_DN, base, sizeof(base));
        if (step == LDAP_STEP_ON)
                step = ldap_question_expand(
                        question, config->filter, LDAP_PLACE_FILTER, filter, sizeof(filter));
        if (step != LDAP_STEP_ON)
                return step;
        connection = ldap_server_search(question->server, question->until);
        if (!connection)
                return LDAP_STEP_SERVER;
        if (!ldap_connection_search(connection, base, config->scope, filter, attributes,
                    question->until, &result, &reply))
                return ldap_question_blame(question, "search", &reply);
        step = judge_code(question, &reply, ldap_template_varies(base_template));
        if (step == LDAP_STEP_ON)
                step = judge_entries(question, connection, result, &reply, filter, user);
        return step == LDAP_STEP_ON ? ldap_user_check_vm(question, base_template, user) : step;
}

LdapStep ldap_user_read(
        LdapQuestion *question, LdapConnection *connection, const char *dn, LdapUser *user)
{
        const char *attributes[] = {question->name_attr, NULL};
        _cleanup_(free_message) LDAPMessage *result = NULL;
        LDAPMessage *entry;
        LdapReply reply;

        if (!ldap_connection_search(connection, dn, LDAP_SCOPE_BASE, "(objectClass=*)", attributes,
                    question->until, &result, &reply) ||
                ldap_code_is_servers(reply.code))
                return ldap_question_blame(question, "search", &reply);
        entry = reply.code == LDAP_SUCCESS ? ldap_first_entry(connection->ld, result) : NULL;
        if (!entry || take_entry(question, connection->ld, entry, user))
                return LDAP_STEP_ON;
        return ldap_question_settle(question, RESULT_DENIED, "%.300s has no usable name", dn);
}

/* The DN in an authorization identity (RFC 4513, section 5.2.1.8), or NULL. */
static const char *dn_of(const char *id)
{
        return id && strncasecmp(id, "dn:", 3) == 0 && id[3] ? id + 3 : NULL;
}

/* The name behind "u:" is Active Directory's, as DOMAIN\NAME. */
static bool take_authz_id(const LdapQuestion *question, const char *id, LdapUser *user)
{
        const char *name;

        if (dn_of(id)) {
                user->dn = ldap_strdup(dn_of(id));
                return user->dn && set_own_name(question, NULL, user);
        }
        if (!id || strncasecmp(id, "u:", 2) != 0)
                return false;
        name = strrchr(id, '\\');
        user->is_named = true;
        return set_name(user, bytes_from_string(name ? name + 1 : id + 2));
}

LdapStep ldap_user_self(LdapQuestion *question, LdapConnection *connection, LdapUser *user)
{
        _cleanup_(free_pointer) char *id = NULL;
        LdapReply reply;
        LdapStep step = LDAP_STEP_ON;

        if (!ldap_connection_whoami(connection, question->until, &id, &reply))
                return ldap_question_blame(question, "who am I", &reply);
        if (dn_of(id))
                step = ldap_user_read(question, connection, dn_of(id), user);
        if (step != LDAP_STEP_ON || user->dn || take_authz_id(question, id, user))
                return step;
        return ldap_question_settle(question, RESULT_DENIED,
                "the directory neither lets the account's entry be read nor says whose it is");
}

/* The rules are tried with the account's own name, too, once the password was right. */
static bool name_as_typed(LdapQuestion *question, const char *dn, LdapUser *user)
{
        user->dn = ldap_strdup(dn);
        return user->dn && set_name(user, question->names.login);
}

LdapStep ldap_user_name(LdapQuestion *question, LdapUser *user)
{
        char dn[LDAP_TEMPLATE_TEXT_MAX];
        LdapConnection *connection;
        LdapStep step = ldap_question_expand(
                question, question->config->filter, LDAP_PLACE_DN, dn, sizeof(dn));

        if (step != LDAP_STEP_ON)
                return step;
        connection = ldap_server_search(question->server, question->until);
        if (!connection)
                return LDAP_STEP_SERVER;
        step = ldap_user_read(question, connection, dn, user);
        if (step == LDAP_STEP_ON && !user->dn && !name_as_typed(question, dn, user))
                return ldap_question_settle(
                        question, RESULT_DENIED, "%.300s has no usable name", dn);
        return step == LDAP_STEP_ON ? ldap_user_check_vm(question, question->config->filter, user)
                                    : step;
}
