/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Writing a configuration as the parser reads it. What it includes stands in its place, what was
 * not written (defaults) stays unwritten. */

#include "daemon/config.h"

#include <stdio.h>

void config_print(const Config *config, FILE *out);

/* One rule, without its newline. */
void config_print_rule(const Config *config, const Rule *rule, FILE *out);
