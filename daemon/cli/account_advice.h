/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* What the administrator should know of an account: who finds it there. */

#include "daemon/cli/account.h"

#include <stdio.h>

/* Says which rule leads to the account, or which line of the configuration would; where no VM is
 * meant, to which realm it belongs. */
void account_advise(
        const Config *config, const AccountWish *wish, const Account *account, FILE *out);
