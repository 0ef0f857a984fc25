/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading a configuration from files. */

#include "daemon/config.h"

/* Reads config->path, and what it includes, into *config; without a "listen" it is one on
 * DIRECTORY/mux. Complaints go to stderr as FILE:LINE:COLUMN: TEXT, one a line. Returns 0, or
 * -EINVAL if one of them was an error. */
int config_file_read(Config *config, const char *directory);
