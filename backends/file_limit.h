/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* FileLimit: a process that opens nothing but files of one directory, for reading (Landlock, Linux
 * 5.13). */

/* Limits this process, for good, to the directory that the file is in, or will be; where it is a
 * link, to the one that it leads to. Where the kernel cannot, or the build is without sandbox,
 * nothing is limited. Returns 0 or a negative errno: -ENOENT if there is no such directory, and
 * nothing is limited. */
int file_limit_enter(const char *path);
