/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Names of PAM services. */

#include "bytes.h"

#define SERVICE_NAME_MAX 255u

/* Whether a name is one that a file in /etc/pam.d can have, and no way out of there: not empty, no
 * "/", no ".." and no "." in front, no control byte, no upper case (which pam_start() would
 * silently make lower). */
bool service_is_valid(const char *name);

/* Makes the name of PAM's service of a request's: "%s" in the template stands for that, and no
 * template is "%s" alone. Returns false if either can be no name. */
bool service_expand(const char *template, Bytes requested, char name[static SERVICE_NAME_MAX + 1]);

/* Whether the name stands in a list with commas; NULL lists all. */
bool service_is_listed(const char *list, const char *name);
