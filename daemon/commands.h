/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Commands: what administrators can ask a front over the control socket. */

#include "daemon/connection_set.h"
#include "daemon/control.h"

/* The handlers of a control socket; the set has to live as long. */
ControlHandlers commands_handlers(ConnectionSet *connections);
