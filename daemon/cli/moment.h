/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Moments as people write and read them, in microseconds of CLOCK_REALTIME. */

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_TEXT_SIZE 32u

/* Reads "-2h" (so long before now; with ms, s, m, h, d), "2026-03-31" or "2026-03-31 18:30[:00]"
 * (local time). Returns false for anything else. */
bool moment_parse(const char *text, uint64_t now, uint64_t *usec);

/* Writes a moment as "2026-03-31 18:30:00", in local time. Returns out, all NULs where that cannot
 * be. */
char *moment_format(uint64_t usec, char out[static MOMENT_TEXT_SIZE]);

/* Now. */
uint64_t moment_now(void);
