/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Services of Postfix in its master.cf, master(5). Pure. */

#include "proto/bytes.h"

typedef struct MasterService {
        Bytes command;
        bool is_confined; /* to the queue directory (chroot) */
        Bytes settings;   /* what stands behind the command */
} MasterService;

/* Takes the next service off *content. Returns false if there is none. */
bool master_service_next(Bytes *content, MasterService *service);

/* Finds the value that "-o KEY=VALUE" gives it in place of main.cf's; the last counts. Returns
 * whether there is one; value, which has room for size bytes, is cut where it is longer. */
bool master_service_setting(
        const MasterService *service, const char *key, char *value, size_t size);
