/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* SaslauthdSettings: all that this machine's settings files have started of saslauthd. */

#include "daemon/cli/saslauthd_instance.h"

typedef struct SaslauthdSettings {
        SettingsKind kind;
        char **paths; /* of the files */
        size_t path_count;
        SaslauthdInstance *instances; /* at most one of each file */
        size_t count;
        char **left_out; /* files that have none started */
        size_t left_out_count;
} SaslauthdSettings;

/* Reads /etc/default/saslauthd and what else Debian's init script reads there, or, without such
 * files, /etc/sysconfig/saslauthd. Returns false if a file was wrong or if none is started, which
 * has been said on stderr. *settings is to be freed in any case. */
bool saslauthd_settings_read(SaslauthdSettings *settings);
void saslauthd_settings_deinit(SaslauthdSettings *settings);
