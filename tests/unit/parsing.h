/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Configurations parsed from memory, on a machine with the users root (0), postfix (89), "Domain
 * User" (1000) and uN (N), and the groups kvm and sasl. An include includes nothing. */

#include "daemon/config.h"
#include "daemon/item_parser.h"

typedef struct Parsed {
        Config config;
        char *complaints; /* a line each, "3:7: text" or "3:7: warning: text"; not NULL */
        unsigned errors;
        unsigned warnings;
} Parsed;

extern const NameSource parsing_names;

/* Reads what would be the file "f" on a machine whose default directory is /run/sasl2. */
void parsed_init(Parsed *parsed, Bytes input);
void parsed_deinit(Parsed *parsed);

/* What config_print() writes, to be freed. */
char *parsing_print(const Config *config);
