/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Templates of a saslauthd.conf: tokens stand for what is asked about, and are escaped for the
 * place where they go, so that no name can change a search (RFC 4515) or a DN (RFC 4514).
 *
 *   %u login   %U its part before the first @   %d the part behind it, else the realm
 *   %1 … %9 labels of that domain, from the right   %r realm   %R @realm, or nothing
 *   %s service   %v %i name and UUID of the VM that asks   %D DN of the user's entry   %% percent
 */

#include "bytes.h"

#define LDAP_TEMPLATE_TEXT_MAX 16384u /* an expanded template with its end */

typedef struct LdapNames {
        Bytes login;
        Bytes realm;
        Bytes service;
        Bytes vm_name; /* empty = not known */
        Bytes vm_uuid; /* the same; 32 hexadecimal digits */
        Bytes dn;      /* of the user's entry, for groups */
} LdapNames;

typedef enum LdapPlace {
        LDAP_PLACE_FILTER,
        LDAP_PLACE_DN,
} LdapPlace;

typedef enum LdapExpansion {
        LDAP_EXPANDED,
        LDAP_NO_VM,    /* %v or %i stands for nothing known: nothing may match */
        LDAP_TOO_LONG, /* more than fits */
} LdapExpansion;

/* Whether every token of the template is known. %D only for groups. */
bool ldap_template_check(Bytes template, bool is_group);

/* Whether it has any token but %%. */
bool ldap_template_varies(const char *template);

/* Whether it has a token that the realm can stand for. */
bool ldap_template_has_realm(const char *template);

/* Whether it has %v. */
bool ldap_template_has_vm_name(const char *template);

/* Expands a template into out, a C string of at most size bytes with its end. out is empty if it
 * does not succeed. */
LdapExpansion ldap_template_expand(
        const char *template, const LdapNames *names, LdapPlace place, char *out, size_t size);

/* Writes one value, escaped for a filter, into out. Returns false if it does not fit. */
bool ldap_escape(Bytes value, LdapPlace place, char *out, size_t size);
