/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Reading, and running, files that only root, or the user we were started as, may decide about. */

#include "proto/secret.h"

#include <sys/stat.h>

/* What nobody else may do with a file: write it, or anything. */
#define TRUSTED_FILE_WRITE   (S_IWGRP | S_IWOTH)
#define TRUSTED_FILE_PRIVATE (S_IRWXG | S_IRWXO)

#define TRUSTED_FILE_TEXT_MAX 128u /* with its end */

/* Opens a regular file for reading whose mode has none of the forbidden bits. Returns the
 * descriptor, with *status filled, or -1: why, of at least TRUSTED_FILE_TEXT_MAX bytes, then says
 * what is wrong with it; errno is ENOENT where there is no such file, and only there. */
int trusted_file_open(const char *path, mode_t forbidden, struct stat *status, char *why);

/* Whether a program may be run: a file as above, which nobody else may write, and which is
 * executable. If not, why says what is wrong with it. */
bool trusted_file_may_run(const char *path, char *why);

/* Reads an open file to its end, whose size was expected. Returns its bytes, or NULL with errno:
 * EBUSY if it has grown. */
Secret *trusted_file_slurp(int fd, size_t expected);

/* Both; returns NULL with why. */
Secret *trusted_file_read(const char *path, mode_t forbidden, char *why);
