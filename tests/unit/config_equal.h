/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Whether two configurations say the same, wherever it was written. */

#include "daemon/config.h"

/* Returns NULL if they do, else a static text: what differs. Groups' words are compared; what they
 * are to a condition only if both have been read as that. */
const char *config_difference(const Config *a, const Config *b);
