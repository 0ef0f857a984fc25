/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The URIs of ldap_servers. */

#include "bytes.h"

/* Takes the next URI off *rest, with what separates it: blanks or commas, as in libldap. Returns an
 * empty one at the end. */
Bytes ldap_uri_next(Bytes *rest);

/* Whether it says which server to connect to, and how: ldap://, ldaps:// or ldapi://, a host, a
 * port that can be one. What may stand behind the host is libldap's matter. */
bool ldap_uri_check(Bytes uri);
