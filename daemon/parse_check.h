/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What can be said of a configuration only when all of it has been read. */

#include "daemon/parse.h"

/* Reports options that a backend must have and does not, as missing at place. */
void parse_check_required(Parse *parse, const BackendConfig *backend, Place place);

/* Understands the references, fills in the defaults, checks every rule. */
void parse_finish(Parse *parse, const char *directory);
