/* SPDX-License-Identifier: BSD-2-Clause */
#include "last_askers.h"

#include <stdio.h>

void last_askers_note(LastAskers *askers, size_t listen, const char *name, uint64_t now)
{
        LastAsker *asker = &askers->listens[listen];

        asker->time = now;
        (void)snprintf(asker->name, sizeof(asker->name), "%s", name);
}
