/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Journal: a connection to systemd's journal, in its native protocol
 * (https://systemd.io/JOURNAL_NATIVE_PROTOCOL). sd_journal_sendv(3) is not for us: it looks for its
 * socket with each record, which a process in an empty root directory cannot find, and it waits
 * where the journal does not read.
 */

#include "proto/bytes.h"

/* One record. What stands in it is not checked: fields are whole lines "NAME=value\n", or empty. */
typedef struct JournalEntry {
        int priority; /* syslog's */
        int facility; /* as LOG_AUTH */
        const char *ident;
        Bytes fields;
        const char *text;
} JournalEntry;

/* Returns a descriptor, or a negative errno: -ENOENT where there is no journal. */
int journal_connect(void);

/* Connects what journal_connect() returned to a journal that has begun anew, for all processes that
 * have it. Returns 0 or a negative errno. */
int journal_reconnect(int fd);

/* Sends a record, without ever waiting. Returns 0 or a negative errno: -EAGAIN if the journal does
 * not take it now. */
int journal_send(int fd, const JournalEntry *entry);
