/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What saslauthd's own options mean as a configuration: one socket, one backend, one rule that
 * permits everybody. */

#include "daemon/config.h"

/* Builds it from the options in *config, whose drop_in and directory are set. Returns 0 or -ENOMEM.
 */
int drop_in_build(Config *config);
