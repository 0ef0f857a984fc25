/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Filters for searches (RFC 4515), as templates: a token stands for some text, escaped. */

#include "bytes.h"

/* Whether it is one filter, as libldap reads it: blanks between the parts of a list do not matter,
 * nor whether there are parentheses around the whole. */
bool ldap_filter_check(Bytes filter);
