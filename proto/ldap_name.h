/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Names of entries, DNs (RFC 4514), as templates: a token stands for some text, escaped, and %D for
 * a DN. */

#include "bytes.h"

/* Whether it is one. Blanks around its parts do not matter, and a semicolon separates as a comma
 * does, as in LDAPv2. */
bool ldap_name_check(Bytes name);
