/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Services of PAM on this machine that SASL programs may ask for. */

#define PAM_DIRECTORY "/etc/pam.d"

/* The names of the files in /etc/pam.d, with ", " between, but for those in known, which has
 * commas, and those of programs by which people log in to the machine itself, or become somebody
 * else. Owned by the caller; empty if there are none. */
char *pam_services_find(const char *known);
