/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* ControlSocket: where administrators ask the daemon (docs/control.md). */

#include "daemon/config.h"
#include "daemon/listener.h"
#include "daemon/privilege.h"

/* Makes the socket, for root and for the group of administrators if there is one. Where that cannot
 * be it says so in the log, and there is none: logins matter more. listener_close() it. */
void control_socket_open(Listener *listener, const Config *config, const Privilege *privilege);
