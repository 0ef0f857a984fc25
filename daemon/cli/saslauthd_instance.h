/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* SaslauthdInstance: a saslauthd as a settings file of Debian, openSUSE or Fedora has it started.
 * Pure, but for complaints on standard error. */

#include "daemon/cli/shell_settings.h"
#include "daemon/config.h"

/* Whose way of starting it. */
typedef enum SettingsKind {
        SETTINGS_DEFAULT,   /* /etc/default: Debian's init script */
        SETTINGS_SYSCONFIG, /* /etc/sysconfig: the units of openSUSE and Fedora */
} SettingsKind;

typedef struct SaslauthdInstance {
        const char *name;   /* the settings file's */
        const char *path;   /* as saslauthd's */
        char *command_line; /* as started, for people, in one line; owned */
        char *socket;       /* its path, in the directory behind -m; owned */
        Config options;     /* what saslwardd makes of the same options */
} SaslauthdInstance;

/* Whether these settings have one started. */
bool saslauthd_instance_is_started(SettingsKind kind, const ShellSettings *settings);

/* Fills *instance in with what the settings of a file have started; name and path are not owned.
 * Returns false if that cannot be done here, which has been said on stderr. *instance is to be
 * freed in any case. */
bool saslauthd_instance_init(SaslauthdInstance *instance, const char *path, SettingsKind kind,
        const ShellSettings *settings);
void saslauthd_instance_deinit(SaslauthdInstance *instance);

/* Whether logins are checked in the same way by both. */
bool saslauthd_instance_is_alike(const SaslauthdInstance *a, const SaslauthdInstance *b);
