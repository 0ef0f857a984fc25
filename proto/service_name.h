/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Names of PAM services. */

#include <stdbool.h>

#define SERVICE_NAME_MAX 255u

/* Whether a name is one that a file in /etc/pam.d can have, and no way out of there: not empty, no
 * "/", no ".." and no "." in front, no control byte, no upper case (which pam_start() would
 * silently make lower). */
bool service_is_valid(const char *name);
