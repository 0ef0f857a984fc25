/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What can be said of a configuration only when all of it has been read. */

#include "daemon/parse.h"

/* Checks a backend whose options have been read, and the files that they name. What is missing is
 * reported at place. */
void parse_check_backend(Parse *parse, BackendConfig *backend, Place place);

/* Understands the references, fills in the defaults, checks every rule. */
void parse_finish(Parse *parse, const char *directory);
