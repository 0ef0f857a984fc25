/* SPDX-License-Identifier: BSD-2-Clause */
#include "ldap_group.h"

#include "backends/ldap_dn.h"

#include <stdio.h>

#define NAME_ATTRIBUTE "cn" /* of groups, when they are asked for by name */

typedef struct Search {
        const char *base; /* a template */
        const char *filter;
        Bytes name; /* that the group must have in these very bytes; empty = any */
} Search;

/* The server finds a name in other letters, or with other blanks, too. */
static bool has_name(LDAP *ld, LDAPMessage *entry, Bytes name)
{
        struct berval **values = ldap_get_values_len(ld, entry, NAME_ATTRIBUTE);
        bool has = false;

        for (struct berval **each = values; each && *each && !has; each++)
                has = bytes_equal(name, (Bytes){(const uint8_t *)(*each)->bv_val, (*each)->bv_len});
        ldap_value_free_len(values);
        return has;
}

static bool is_of_vm(const LdapQuestion *question, LDAP *ld, LDAPMessage *entry, const char *base)
{
        char *dn = ldap_get_dn(ld, entry);
        bool is = dn && ldap_dn_is_of_vm(dn, base, &question->names);

        ldap_memfree(dn);
        return is;
}

/* Whether any of the entries is what was meant. */
static bool has_match(
        const LdapQuestion *question, LDAP *ld, LDAPMessage *result, const Search *search)
{
        for (LDAPMessage *entry = ldap_first_entry(ld, result); entry;
                entry = ldap_next_entry(ld, entry))
                if (is_of_vm(question, ld, entry, search->base) &&
                        (search->name.size == 0 || has_name(ld, entry, search->name)))
                        return true;
        return false;
}

/* Where the limit cut the result short, what is meant can be among the rest. */
static LdapStep judge_code(LdapQuestion *question, const Search *search, const LdapReply *reply)
{
        if (reply->code == LDAP_SIZELIMIT_EXCEEDED)
                return ldap_question_settle(question, RESULT_UNAVAILABLE,
                        "more match %.300s than ldap_size_limit, and none of these is called so in "
                        "just these letters",
                        search->filter);
        if (reply->code == LDAP_SUCCESS ||
                (reply->code == LDAP_NO_SUCH_OBJECT && ldap_template_varies(search->base)))
                return ldap_question_settle(question, RESULT_DENIED,
                        "not in a group: nothing matches %.300s", search->filter);
        return ldap_question_blame(question, "group search", reply);
}

/* Looks whether anything below the groups' base matches. LDAP_STEP_ON = yes; LDAP_STEP_ANSWERED
 * with RESULT_DENIED = no. */
static LdapStep search(LdapQuestion *question, const char *filter, Bytes name)
{
        const char *const attributes[] = {name.size > 0 ? NAME_ATTRIBUTE : LDAP_NO_ATTRS, NULL};
        const LdapConfig *config = question->config;
        const Search wanted = {.base = config->group_search_base ? config->group_search_base
                                       : config->search_base     ? config->search_base
                                                                 : "",
                .filter = filter,
                .name = name};
        char base[LDAP_TEMPLATE_TEXT_MAX];
        LDAPMessage *result = NULL;
        LdapConnection *connection;
        LdapReply reply;
        LdapStep step =
                ldap_question_expand(question, wanted.base, LDAP_PLACE_DN, base, sizeof(base));

        if (step != LDAP_STEP_ON)
                return step;
        connection = ldap_server_search(question->server, question->until);
        if (!connection)
                return LDAP_STEP_SERVER;
        if (!ldap_connection_search(connection, base, config->group_scope, filter, attributes,
                    question->until, &result, &reply))
                return ldap_question_blame(question, "group search", &reply);
        if (!has_match(question, connection->ld, result, &wanted))
                step = judge_code(question, &wanted, &reply);
        (void)ldap_msgfree(result);
        return step;
}

static LdapStep require_by_filter(LdapQuestion *question)
{
        char filter[LDAP_TEMPLATE_TEXT_MAX];
        LdapStep step = ldap_question_expand(question, question->config->group_filter,
                LDAP_PLACE_FILTER, filter, sizeof(filter));

        return step == LDAP_STEP_ON ? search(question, filter, BYTES_EMPTY) : step;
}

static LdapStep judge_compare(LdapQuestion *question, const char *group, const LdapReply *reply)
{
        switch (reply->code) {
        case LDAP_COMPARE_TRUE: return LDAP_STEP_ON;
        case LDAP_COMPARE_FALSE:
        case LDAP_NO_SUCH_ATTRIBUTE:
                return ldap_question_settle(
                        question, RESULT_DENIED, "not in the group %.300s", group);
        case LDAP_NO_SUCH_OBJECT:
                return ldap_question_settle(
                        question, RESULT_DENIED, "there is no group %.300s", group);
        default: return ldap_question_blame(question, "group", reply);
        }
}

/* Whether the group is called as the VM in just these letters: comparing does not say. */
static LdapStep check_vm(LdapQuestion *question, LdapConnection *connection, const char *group)
{
        static const char *const no_attributes[] = {LDAP_NO_ATTRS, NULL};
        LDAPMessage *result = NULL, *entry;
        LdapReply reply;
        bool is;

        if (!ldap_connection_search(connection, group, LDAP_SCOPE_BASE, "(objectClass=*)",
                    no_attributes, question->until, &result, &reply))
                return ldap_question_blame(question, "group", &reply);
        entry = ldap_first_entry(connection->ld, result);
        is = entry && is_of_vm(question, connection->ld, entry, question->config->group_dn);
        (void)ldap_msgfree(result);
        if (is)
                return LDAP_STEP_ON;
        return ldap_question_settle(question, RESULT_DENIED,
                "%.300s cannot be read, or is of a VM whose name is written otherwise", group);
}

static LdapStep require_by_attribute(LdapQuestion *question, const LdapUser *user)
{
        const LdapConfig *config = question->config;
        char group[LDAP_TEMPLATE_TEXT_MAX];
        LdapConnection *connection;
        LdapReply reply;
        LdapStep step = ldap_question_expand(
                question, config->group_dn, LDAP_PLACE_DN, group, sizeof(group));

        if (step != LDAP_STEP_ON)
                return step;
        connection = ldap_server_search(question->server, question->until);
        if (!connection)
                return LDAP_STEP_SERVER;
        if (!ldap_connection_compare(
                    connection, group, config->group_attr, user->dn, question->until, &reply))
                return ldap_question_blame(question, "group", &reply);
        step = judge_compare(question, group, &reply);
        return step == LDAP_STEP_ON && ldap_template_has_vm_name(config->group_dn)
                       ? check_vm(question, connection, group)
                       : step;
}

LdapStep ldap_group_require(LdapQuestion *question, const LdapUser *user)
{
        if (!ldap_config_needs_group(question->config))
                return LDAP_STEP_ON;
        if (!user->dn)
                return ldap_question_settle(
                        question, RESULT_DENIED, "the directory does not say who the user is");
        question->names.dn = bytes_from_string(user->dn);
        if (question->config->group_match == LDAP_GROUP_BY_FILTER)
                return require_by_filter(question);
        return require_by_attribute(question, user);
}

/* Makes the filter for the group's entry with the user in it. */
static LdapStep make_filter(LdapQuestion *question, const LdapUser *user, const char *cn,
        char filter[LDAP_TEMPLATE_TEXT_MAX])
{
        const LdapConfig *config = question->config;
        char dn[LDAP_TEMPLATE_TEXT_MAX / 2], uid[3 * LDAP_USER_NAME_SIZE];
        LdapStep step = LDAP_STEP_ON;
        int size;

        if (config->group_match == LDAP_GROUP_BY_FILTER) {
                step = ldap_question_expand(
                        question, config->group_filter, LDAP_PLACE_FILTER, dn, sizeof(dn));
                size = snprintf(filter, LDAP_TEMPLATE_TEXT_MAX,
                        dn[0] == '(' ? "(&%s%s)" : "(&%s(%s))", cn, dn);
        } else {
                if (!ldap_escape(question->names.dn, LDAP_PLACE_FILTER, dn, sizeof(dn)) ||
                        !ldap_escape(
                                bytes_from_string(user->name), LDAP_PLACE_FILTER, uid, sizeof(uid)))
                        return ldap_question_settle(
                                question, RESULT_DENIED, "too long a name: %.200s", user->name);
                size = snprintf(filter, LDAP_TEMPLATE_TEXT_MAX, "(&%s(|(%s=%s)(memberUid=%s)))", cn,
                        config->group_attr, dn, uid);
        }
        if (step == LDAP_STEP_ON && size >= (int)LDAP_TEMPLATE_TEXT_MAX)
                return ldap_question_settle(
                        question, RESULT_UNAVAILABLE, "too long a filter for the group");
        return step;
}

/* A group that is not there may be one that has been misspelt in a rule, or that the search
 * identity may not see: not the same as one without the user. */
static LdapStep settle_not_found(LdapQuestion *question, const char *cn, Bytes name)
{
        LdapStep step = search(question, cn, name);

        if (step == LDAP_STEP_ON)
                return ldap_question_settle(question, RESULT_UNKNOWN, "not a member");
        if (step == LDAP_STEP_ANSWERED && question->outcome.result == RESULT_DENIED)
                return ldap_question_settle(question, RESULT_UNAVAILABLE,
                        "there is no group %.200s, in just these letters", cn);
        return step;
}

LdapStep ldap_group_ask(LdapQuestion *question, const LdapUser *user, Bytes name)
{
        char cn[1024] = "(" NAME_ATTRIBUTE "=", filter[LDAP_TEMPLATE_TEXT_MAX];
        LdapStep step;

        if (name.size == 0 || !ldap_escape(name, LDAP_PLACE_FILTER, cn + 4, sizeof(cn) - 5))
                return ldap_question_settle(
                        question, RESULT_UNAVAILABLE, "a group that no directory has");
        (void)strcat(cn, ")");
        question->names.dn = bytes_from_string(user->dn);
        step = make_filter(question, user, cn, filter);
        if (step == LDAP_STEP_ON)
                step = search(question, filter, name);
        if (step == LDAP_STEP_ON)
                return ldap_question_settle(question, RESULT_OK, "%s", "");
        if (step == LDAP_STEP_ANSWERED && question->outcome.result == RESULT_DENIED)
                return settle_not_found(question, cn, name);
        return step;
}
