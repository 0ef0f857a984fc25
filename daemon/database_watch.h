/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Watching the sasldbs of a configuration, so that an OK is not remembered longer than it holds.
 * The supervisor opens the watch (inotify(7)); the front, which sees no file, only reads it.
 */

#include "daemon/config.h"

/* Watches the directories of all sasldbs. Returns a descriptor for the caller, or a negative errno:
 * -ENOENT if there is no sasldb. */
int database_watch_open(const Config *config);

/* Whether anything in those directories was changed since the last time. */
bool database_watch_changed(int fd);
