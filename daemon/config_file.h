/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading a configuration from files. */

#include "daemon/config.h"

/* Takes a complaint, FILE:LINE:COLUMN: TEXT, without a newline. priority is syslog's: LOG_ERR, or
 * LOG_WARNING. */
typedef void ConfigComplain(int priority, const char *text);

/* Reads config->path, and what it includes, into *config; without a "listen" it is one on
 * DIRECTORY/mux. Returns 0, or -EINVAL if one of the complaints was an error. */
int config_file_read(Config *config, const char *directory, ConfigComplain *tell);

/* The same for the files that the backends of a configuration name which stands in no file. What is
 * wrong with them is no reason not to start: workers read them again. */
void config_file_check_backends(Config *config, ConfigComplain *tell);
