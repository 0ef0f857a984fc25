/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading a configuration from files. */

#include "daemon/config.h"

/* Reads config->path, and what it includes, into *config; without a "listen" it is one on
 * DIRECTORY/mux. Complaints go to stderr as FILE:LINE:COLUMN: TEXT, one a line. Returns 0, or
 * -EINVAL if one of them was an error. */
int config_file_read(Config *config, const char *directory);

/* The same for the files that the backends of a configuration name which stands in no file. What is
 * wrong with them is no reason not to start: workers read them again. */
void config_file_check_backends(Config *config);
