/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The configuration that does what instances of saslauthd did, with comments. Pure. */

#include "daemon/cli/saslauthd_instance.h"

#include <stdio.h>

void adopted_config_write(const SaslauthdInstance *instances, size_t count, FILE *out);
