/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LdapParameter: one name that can stand in a saslauthd.conf, and how its value is read. */

#include "ldap_config.h"

typedef enum LdapParameterKind {
        LDAP_PARAMETER_TEXT,
        LDAP_PARAMETER_PATH, /* absolute */
        LDAP_PARAMETER_SERVERS,
        LDAP_PARAMETER_ACCOUNT,  /* that binds */
        LDAP_PARAMETER_DN,       /* with tokens */
        LDAP_PARAMETER_GROUP_DN, /* with %D, too */
        LDAP_PARAMETER_FILTER,
        LDAP_PARAMETER_GROUP_FILTER,
        LDAP_PARAMETER_SECRET,
        LDAP_PARAMETER_SECPROPS,
        LDAP_PARAMETER_NUMBER,
        LDAP_PARAMETER_DEBUG,
        LDAP_PARAMETER_VERSION,
        LDAP_PARAMETER_SWITCH,
        LDAP_PARAMETER_SCOPE,
        LDAP_PARAMETER_DEREF,
        LDAP_PARAMETER_METHOD,
        LDAP_PARAMETER_MATCH,
} LdapParameterKind;

/* X(NAME, KIND, MEMBER) for each: the name behind "ldap_", its LdapParameterKind, what it sets in
 * LdapConfig. */
#define LDAP_PARAMETERS(X)                                                                         \
        X("servers", SERVERS, servers)                                                             \
        X("bind_dn", ACCOUNT, bind_dn)                                                             \
        X("password", SECRET, password)                                                            \
        X("bind_pw", SECRET, password)                                                             \
        X("password_file", PATH, password_file) /* ours */                                         \
        X("version", VERSION, version)                                                             \
        X("search_base", DN, search_base)                                                          \
        X("scope", SCOPE, scope)                                                                   \
        X("filter", FILTER, filter)                                                                \
        X("password_attr", TEXT, password_attr)                                                    \
        X("auth_method", METHOD, method)                                                           \
        X("group_dn", GROUP_DN, group_dn)                                                          \
        X("group_attr", TEXT, group_attr)                                                          \
        X("group_match_method", MATCH, group_match)                                                \
        X("group_filter", GROUP_FILTER, group_filter)                                              \
        X("group_search_base", GROUP_DN, group_search_base)                                        \
        X("group_scope", SCOPE, group_scope)                                                       \
        X("default_realm", TEXT, default_realm)                                                    \
        X("default_domain", TEXT, default_realm)                                                   \
        X("timeout", NUMBER, timeout)                                                              \
        X("time_limit", NUMBER, time_limit)                                                        \
        X("size_limit", NUMBER, size_limit)                                                        \
        X("deref", DEREF, deref)                                                                   \
        X("referrals", SWITCH, referrals)                                                          \
        X("restart", SWITCH, restart)                                                              \
        X("use_sasl", SWITCH, use_sasl)                                                            \
        X("id", TEXT, sasl_id)                                                                     \
        X("sasl_authc_id", TEXT, sasl_id)                                                          \
        X("authz_id", TEXT, sasl_authz_id)                                                         \
        X("sasl_authz_id", TEXT, sasl_authz_id)                                                    \
        X("realm", TEXT, sasl_realm)                                                               \
        X("sasl_realm", TEXT, sasl_realm)                                                          \
        X("mech", TEXT, sasl_mech)                                                                 \
        X("sasl_mech", TEXT, sasl_mech)                                                            \
        X("sasl_secprops", SECPROPS, sasl_secprops)                                                \
        X("start_tls", SWITCH, start_tls)                                                          \
        X("tls_check_peer", SWITCH, tls_check_peer)                                                \
        X("tls_cacert_file", PATH, tls_cacert_file)                                                \
        X("tls_cacert_dir", PATH, tls_cacert_dir)                                                  \
        X("tls_cert", PATH, tls_cert)                                                              \
        X("tls_key", PATH, tls_key)                                                                \
        X("tls_ciphers", TEXT, tls_ciphers)                                                        \
        X("debug", DEBUG, debug)

typedef struct LdapParameter {
        const char *name;
        LdapParameterKind kind;
        size_t offset; /* of what it sets, in LdapConfig */
} LdapParameter;

/* The parameter of that name or alias, in any case, or NULL. */
const LdapParameter *ldap_parameter_find(const char *name);

/* The name that looks most like it, or NULL if none does. */
const char *ldap_parameter_nearest(const char *name);

/* Whether a value could be set. Returns as ldap_parameter_set(). */
const char *ldap_parameter_check(const LdapParameter *parameter, Bytes value);

/* Sets it. value is not empty and holds no NUL. Returns NULL, or a static text that says what would
 * be right. */
const char *ldap_parameter_set(const LdapParameter *parameter, LdapConfig *config, Bytes value);
