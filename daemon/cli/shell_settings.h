/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * ShellSettings: the variables that a settings file sets when a shell reads it with ".", as init
 * scripts do. Only assignments are understood, with the quoting of POSIX's Shell Command Language
 * (section 2.2); nothing is run. Pure.
 */

#include "proto/bytes.h"

typedef struct ShellVariable {
        char *name;
        char *value;
} ShellVariable;

typedef struct ShellSettings {
        ShellVariable *variables;
        size_t count;
} ShellSettings;

void shell_settings_deinit(ShellSettings *settings);

/* The value of a variable; "" if it is not set. */
const char *shell_settings_get(const ShellSettings *settings, const char *name);

/* Reads a file's content into *settings, which may have variables of files before it: they can be
 * named, and are set anew. Returns 0, or the number of the first line that has anything but
 * assignments and comments; what stands before it is then set. */
unsigned shell_settings_read(ShellSettings *settings, Bytes content);
