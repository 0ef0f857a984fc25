/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* ControlSocket: where administrators ask the daemon (saslward-control(7)). */

#include "daemon/config.h"
#include "daemon/listener.h"
#include "daemon/privilege.h"

/* Makes the socket, for root and for the group of administrators if there is one. Where that cannot
 * be it says so in the log, and returns NULL: logins matter more. Returns a reference. */
Listener *control_socket_open(const Config *config, const Privilege *privilege);
