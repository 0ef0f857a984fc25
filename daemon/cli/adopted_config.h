/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The configuration that does what instances of saslauthd did, with comments. Pure. */

#include "daemon/cli/saslauthd_instance.h"

#include <stdio.h>

/* What it has PAM asked for. */
#define ADOPTED_PAM_SERVICES "smtp,imap,pop,sieve,spice,vnc,ldap,libvirt,memcached,svn"

void adopted_config_write(const SaslauthdInstance *instances, size_t count, FILE *out);
