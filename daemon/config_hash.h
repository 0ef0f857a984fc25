/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* A short name for what a configuration says, however it is laid out and into files divided. */

#include "daemon/config.h"

/* Writes it: 16 hexadecimal digits of the SHA-256 of its print-back; "-a MECHANISM" where no file
 * was read. Returns 0 or a negative errno. */
int config_hash(const Config *config, char hash[static CONFIG_HASH_SIZE]);
