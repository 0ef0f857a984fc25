/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * LdapConfig: what a saslauthd.conf for LDAP says, with saslauthd's names and defaults (its
 * document LDAP_SASLAUTHD, and what cyrus-sasl 2.1.28 does beyond it).
 */

#include "bytes.h"
#include "secret.h"

typedef enum LdapMethod {
        LDAP_METHOD_BIND,     /* search, then bind as the entry found */
        LDAP_METHOD_CUSTOM,   /* search, then compare the entry's password */
        LDAP_METHOD_FASTBIND, /* bind at once */
} LdapMethod;

typedef enum LdapScope {
        LDAP_BELOW_BASE, /* LDAP_SCOPE_BASE */
        LDAP_BELOW_ONE,
        LDAP_BELOW_SUB,
} LdapScope;

typedef enum LdapDereference {
        LDAP_DEREFERENCE_NEVER, /* as LDAP_DEREF_NEVER and so on */
        LDAP_DEREFERENCE_SEARCH,
        LDAP_DEREFERENCE_FIND,
        LDAP_DEREFERENCE_ALWAYS,
} LdapDereference;

typedef enum LdapGroupMatch {
        LDAP_GROUP_BY_ATTR,
        LDAP_GROUP_BY_FILTER,
} LdapGroupMatch;

/* Strings are owned; NULL = not set. Switches are 0 or 1. */
typedef struct LdapConfig {
        char *servers; /* URIs, for ldap_uri_next() */
        char *bind_dn;
        Secret *password; /* with a NUL behind it; NULL = not set */
        char *password_file;
        int version;
        char *search_base;
        int scope; /* LdapScope */
        char *filter;
        char *password_attr;
        int method; /* LdapMethod */
        char *group_dn;
        char *group_attr;
        int group_match; /* LdapGroupMatch */
        char *group_filter;
        char *group_search_base;
        int group_scope; /* LdapScope */
        char *default_realm;
        int timeout;    /* seconds; 0 = the deadline alone */
        int time_limit; /* seconds; 0 = the server's own */
        int size_limit; /* entries; 0 = the server's own */
        int deref;      /* LdapDereference */
        int referrals;
        int restart;
        int use_sasl;
        char *sasl_id;
        char *sasl_authz_id;
        char *sasl_realm;
        char *sasl_mech;
        char *sasl_secprops;
        int start_tls;
        int tls_check_peer; /* -1 = not set */
        char *tls_cacert_file;
        char *tls_cacert_dir;
        char *tls_cert;
        char *tls_key;
        char *tls_ciphers;
        int debug;
} LdapConfig;

/* The defaults. Returns false without memory. Free with ldap_config_deinit() in any case. */
bool ldap_config_init(LdapConfig *config);
void ldap_config_deinit(LdapConfig *config);

/* The password of the search identity, without the NUL behind it; empty if there is none. */
Bytes ldap_config_password(const LdapConfig *config);

/* Whether ldap_filter is no filter, but the user's DN. */
bool ldap_config_filter_is_dn(const LdapConfig *config);

/* Whether a server is asked through TLS from the beginning; whether any is asked through TLS. */
bool ldap_config_has_ldaps(const LdapConfig *config);
bool ldap_config_uses_tls(const LdapConfig *config);

/* Whether users bind by SASL, not as a DN. */
bool ldap_config_user_binds_by_sasl(const LdapConfig *config);

/* Whether the realm that is asked for says which account is meant, so that the same login in two
 * realms can be two people. */
bool ldap_config_is_realm_keyed(const LdapConfig *config);

/* Whether a check includes that the user is in a group. */
bool ldap_config_needs_group(const LdapConfig *config);
