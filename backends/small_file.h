/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Small files that are read whole, and whose word counts only if nobody but root can change them.
 */

#include "proto/bytes.h"

/* Reads the rest of what fd is, at most size bytes, into buffer; *content is the view of it.
 * Returns 0 or a negative errno, -EFBIG if there is more. */
int small_file_read(int fd, void *buffer, size_t size, Bytes *content);

/* As small_file_read(), by its path. */
int small_file_load(const char *path, void *buffer, size_t size, Bytes *content);

/* Opens a directory. Returns a descriptor or a negative errno; -EPERM if others than root may
 * change what is in it. */
int small_file_open_directory(const char *path);

/* Opens a regular file in a directory for reading. Returns a descriptor or a negative errno; -EPERM
 * if others than root may change it, -EINVAL if it is no regular file. flags may be O_NOFOLLOW. */
int small_file_open(int directory, const char *name, int flags);

/* Whether that is a regular file that only root can change; symbolic links are none. */
bool small_file_is_roots(int directory, const char *name);

/* A negative errno of these functions in words. */
const char *small_file_error(int error);
