/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* PAM services: which names may be asked for, and whether somebody has configured them. */

#include <stdbool.h>
#include <stddef.h>

#define SERVICE_NAME_MAX 255u

/* Whether a name is one that a file in /etc/pam.d can have, and no way out of there: not empty, no
 * "/", no ".." and no "." in front, no control byte, no upper case (which pam_start() would
 * silently make lower). */
bool service_is_valid(const char *name);

/* Whether PAM finds a configuration for the service itself, so that it does not use "other". */
bool service_is_configured(const char *name);
