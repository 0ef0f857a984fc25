/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* saslwardd.socket, whose sockets the service manager holds: a reload opens no other, and where one
 * was removed, a restart of the service alone brings it back to nobody. Commands, for the caller.
 */

#include <stdbool.h>

/* Whether the daemon's sockets are the service manager's, as far as units tell. */
bool socket_unit_exists(void);

/* What has all sockets made anew. */
char *socket_unit_restart(void);

/* What sets something of the unit in a file of that name. */
char *socket_unit_set(const char *name, const char *key, const char *value);
