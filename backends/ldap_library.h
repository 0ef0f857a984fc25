/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* libldap's own options, which every connection inherits. */

#include "proto/ldap_config.h"

/* Sets them. What the configuration leaves open stays as ldap.conf(5) has it. Returns whether they
 * could be set, else error says which not. */
bool ldap_library_init(const LdapConfig *config, char *error, size_t size);
