/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LdapParameter: one name that can stand in a saslauthd.conf, and how its value is read. */

#include "ldap/ldap_config.h"

typedef enum LdapParameterKind {
        LDAP_PARAMETER_TEXT,
        LDAP_PARAMETER_SERVERS,
        LDAP_PARAMETER_TEMPLATE,       /* with tokens */
        LDAP_PARAMETER_GROUP_TEMPLATE, /* with %D, too */
        LDAP_PARAMETER_FILTER,
        LDAP_PARAMETER_GROUP_FILTER,
        LDAP_PARAMETER_SECRET,
        LDAP_PARAMETER_NUMBER,
        LDAP_PARAMETER_DEBUG,
        LDAP_PARAMETER_VERSION,
        LDAP_PARAMETER_SWITCH,
        LDAP_PARAMETER_SCOPE,
        LDAP_PARAMETER_DEREF,
        LDAP_PARAMETER_METHOD,
        LDAP_PARAMETER_MATCH,
} LdapParameterKind;

typedef struct LdapParameter {
        const char *name;
        LdapParameterKind kind;
        size_t offset; /* of what it sets, in LdapConfig */
} LdapParameter;

/* The parameter of that name or alias, in any case, or NULL. */
const LdapParameter *ldap_parameter_find(const char *name);

/* The name that looks most like it, or NULL if none does. */
const char *ldap_parameter_nearest(const char *name);

/* Sets it. value is not empty and holds no NUL. Returns NULL, or a static text that says what would
 * be right. */
const char *ldap_parameter_set(const LdapParameter *parameter, LdapConfig *config, Bytes value);
