/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Files of other programs on this machine. */

#include "daemon/cli/doctor/setting.h"

#define SETTING_MAX 1024u /* bytes of a value, with its NUL */

/* Reads a file of at most 1 MiB whole. Returns it as a C string for the caller, or NULL and
 * errno. */
char *host_file_read(const char *path);

/* Finds a setting in a file, as setting_find(); value has SETTING_MAX bytes. False also where the
 * file cannot be read. */
bool host_file_setting(const char *path, SettingFormat format, const char *key, char *value);

/* The first path of a glob(7) pattern, for the caller, or NULL. */
char *host_file_find(const char *pattern);
