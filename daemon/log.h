/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The log of a process: the system's, stderr, or both, in saslauthd's own shape ("AREA            :
 * text", saslauthd/utils.c), so that what people built on its lines keeps working. The system's is
 * the journal where there is one, else syslog. Writing never blocks: a line that the receiver does
 * not take at once is left out, and how many were is told with the next.
 *
 * State is one per process; a forked process inherits the open connection, so that it can write
 * after it has lost sight of the file system. Both then have one socket: where the log's receiver
 * was restarted, whoever still sees it connects that socket anew, for all.
 */

#include "proto/bytes.h"

#include <syslog.h>

enum {
        LOG_TO_STDERR = 1,
        LOG_TO_SYSTEM = 2,
};

/* Says under which name and where to log. ident is kept, not copied. With LOG_TO_SYSTEM the
 * connection is made now; returns 0, or a negative errno if there is nothing to connect to. */
int log_open(const char *ident, unsigned targets);

/* Stops writing to stderr, if there is a system's log to write to: what is said at the start is for
 * whoever started us, the rest is for the log. */
void log_leave_stderr(void);

/* For a process that may not connect: it keeps the connection that it has inherited, which works
 * again as soon as the process that it was forked from has called log_reconnect(). */
void log_leave_connecting(void);

/* Connects anew to a system's log that was restarted, for this process and those that it has
 * forked. Returns 0 or a negative errno. */
int log_reconnect(void);

/* Whether nobody receives any more where the connection leads. As soon as somebody does, this tells
 * how many lines were lost. */
bool log_is_gone(void);

/* The descriptor of the connection, or -1, for whoever closes all others. */
int log_descriptor(void);

/* Who is shown each warning, and what is worse, in this process and those forked from it. */
typedef void LogWitness(int priority, const char *area, const char *text, void *userdata);
void log_set_witness(LogWitness *witness, void *userdata);

/* Whether debug lines (LOG_DEBUG) are written. */
void log_set_verbose(bool verbose);

/* Whether lines of that priority are written, for whoever would make one in vain. */
bool log_writes(int priority);

/* Writes one line. priority is syslog's; area names the part that speaks (at most 16 bytes). */
void log_line(int priority, const char *area, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Writes a ready line that belongs to a record, of which the journal keeps the fields, whole lines
 * "NAME=value\n" without control bytes in them; there, whatever the priority. */
void log_record(int priority, const char *area, Bytes fields, const char *text);

/* Limits how often one kind of line is written: at most one a second, and each tells how many
 * of its kind were left out since. Zero-initialised; one a place of use. */
typedef struct LogLimit {
        uint64_t last; /* microseconds, CLOCK_MONOTONIC; 0 = never */
        uint64_t left_out;
} LogLimit;

/* Whether a line may be written now (now: microseconds, CLOCK_MONOTONIC). If so, *left_out is the
 * number of lines left out before it. */
bool log_limit(LogLimit *limit, uint64_t now, uint64_t *left_out);
