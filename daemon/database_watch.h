/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Watching the sasldbs of a configuration, so that an OK is not remembered longer than it holds.
 * The supervisor opens the watch (inotify(7)); the front, which sees no file, only reads it.
 */

#include "daemon/config.h"

typedef enum DatabaseNews {
        DATABASE_SAME,
        DATABASE_CHANGED, /* one of them may have been */
        DATABASE_LOST,    /* what lies at the paths may be others, whose changes are not seen */
} DatabaseNews;

/* Watches the directories of all sasldbs, and the ways there. Returns a descriptor for the caller,
 * or a negative errno: -ENOENT if there is no sasldb. */
int database_watch_open(const Config *config);

/* What has become of them since the last time. */
DatabaseNews database_watch_read(int fd);
