/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Rules about files in an AppArmor profile, apparmor.d(5). Pure. */

#include "proto/bytes.h"

/* Whether the text has a rule that allows access ('r', 'w') to the path. Its globs (*, **, ?,
 * {a,b}) and the variable @{run} are understood; other variables match nothing, and so do rules
 * with "deny". */
bool apparmor_allows(Bytes profile, const char *path, char access);
