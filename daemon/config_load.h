/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Making a configuration of what the command line says: at the start, and again for each reload. */

#include "daemon/config_file.h"

/* Makes *config, which is empty, complete: with -a without a file, else from the file at path.
 * options is what the command line said; config->directory is made, if only its last part is
 * missing, but for --check and --print. Returns 0 or a negative errno (complained of). */
int config_load(Config *config, const Config *options, const char *path, ConfigComplain *complain);
