/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * What the daemon has to know of an LDAP backend before a worker reads the same: what is wrong with
 * its saslauthd.conf, which file holds a password, and whether realms tell people apart.
 */

#include "daemon/config.h"
#include "daemon/item_parser.h"

/* Reads what the arguments of a backend of config mean, reports what is wrong with it, and fills in
 * realm_keyed and password_path. Does nothing for other backends. */
void ldap_backend_examine(
        Config *config, BackendConfig *backend, const NameSource *names, Report *report);
