/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Writing a configuration as the parser reads it. What it includes stands in its place. */

#include "daemon/config.h"

#include <stdio.h>

/* What is not a default. */
void config_print(const Config *config, FILE *out);

/* The whole, with defaults as if they had been written. */
void config_print_all(const Config *config, FILE *out);

/* One condition, as "vm=debianx,win*". */
void config_print_condition(const Condition *condition, FILE *out);

/* One rule, without its newline. */
void config_print_rule(const Config *config, const Rule *rule, FILE *out);

/* What a rule says beside its conditions and backends, as " as-realm=%v", each with a blank before
 * it. */
void config_print_rule_options(const Rule *rule, FILE *out);
