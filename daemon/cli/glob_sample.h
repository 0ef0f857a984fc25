/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* GlobSample: a name that matches a pattern of fnmatch(3), for asking what the rules say to one. */

#include <stdbool.h>
#include <stddef.h>

/* A name that nobody has and that only a pattern of nothing but wildcards matches. */
#define GLOB_SAMPLE_NOBODY "\x01\x02\x01"

/* Writes a name that matches the pattern, with odd bytes for its wildcards. Returns false if none
 * was found, or it does not fit into size bytes. */
bool glob_sample(const char *pattern, char *out, size_t size);
