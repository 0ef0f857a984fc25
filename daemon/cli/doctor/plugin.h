/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* libsasl2's plugins, each in a package of its own on some distributions. */

#include "daemon/cli/doctor/diagnosis.h"

#include <stdbool.h>

/* Looks whether the plugin of that name ("plain", "sasldb") is installed, which it returns; what
 * says what it is for. */
bool plugin_examine(const char *name, const char *what, Diagnosis *diagnosis);
