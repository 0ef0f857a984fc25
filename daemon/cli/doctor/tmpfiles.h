/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Directories that are made, and given their mode, at each start of the machine: tmpfiles.d(5). */

#include <sys/types.h>

/* Commands that have the directory get that mode then, too; for the caller, or NULL: no file gives
 * it one that lacks some of it. */
char *tmpfiles_set_mode(const char *directory, mode_t mode);
