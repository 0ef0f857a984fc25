/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The last configuration that was served, kept as it prints itself back: what a start falls back to
 * when the file is broken. One for each path of a configuration, so that daemons which share a
 * directory do not share rules.
 */

#include "daemon/config.h"

/* Where the configuration of that absolute path is kept, as
 * /var/lib/saslward/etc-saslward.conf. Returns a text for the caller, or NULL without memory. */
char *saved_config_path(const char *directory, const char *path);

/* Writes the configuration to path, readable by nobody else; at no time is there half a file. The
 * directory is made if only its last part is missing. Returns 0 or a negative errno. */
int saved_config_write(const Config *config, const char *directory, const char *path);
