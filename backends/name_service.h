/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Whether the services of nsswitch.conf(5) that may be away (sss, ldap, winbind, ...) were there
 * when libc asked them: it reads "I cannot be reached", a module that is missing and "no such user"
 * as one.
 */

#include "proto/membership.h"

#include <grp.h>

/* Asks each of them by itself. Returns true if all can answer, and none says that the login is in
 * the group; is_known: whether libc knows the login. Else writes why into text, of
 * MEMBERSHIP_TEXT_MAX
 * + 1 bytes. */
bool name_services_rule_out(
        const char *login, bool is_known, const struct group *group, char *text);
