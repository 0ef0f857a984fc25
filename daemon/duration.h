/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Durations as the configuration and the command line write them: "500ms", "5s", "10m", "8h", "1d".
 */

#include <stdbool.h>
#include <stdint.h>

#define USEC_PER_MSEC 1000ull
#define USEC_PER_SEC  1000000ull

/* Reads a whole number with its unit. Returns true and microseconds, or false for anything else:
 * no unit, blanks, signs, zero, or more than ten years. */
bool duration_parse(const char *text, uint64_t *usec);
