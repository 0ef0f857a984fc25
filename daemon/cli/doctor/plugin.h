/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* libsasl2's plugins, each in a package of its own on some distributions. */

#include "daemon/cli/doctor/diagnosis.h"

/* Looks whether the plugin of that name ("plain", "sasldb") is installed; what says what it is
 * for. */
void plugin_examine(const char *name, const char *what, Diagnosis *diagnosis);
