/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What stands in the DN of an entry, as a server has sent it. */

#include "proto/ldap_token.h"

/* Writes the value that the entry is called by into out, as a C string: the attribute's, if the
 * first part of the DN has it, else the first. *is_of_attribute says which. Returns false if it
 * does not fit, or is no text. */
bool ldap_dn_value(
        const char *dn, const char *attribute, char *out, size_t size, bool *is_of_attribute);

/* Whether a DN below or at the one that the template makes of the names has the VM's name in these
 * very bytes: servers find it in other letters, too (RFC 4518), as "vm-VMA" for "vm-vmA". Always so
 * for a template without %v. */
bool ldap_dn_is_of_vm(const char *dn, const char *template, const LdapNames *names);
