/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Sandbox: filters of system calls (seccomp) for supervisor, front and workers. Where the kernel
 * has none, processes go on without, and so they do built with -Dsandbox=false (for sanitizers and
 * valgrind, which make system calls of their own); whatever else fails is a failure of the start.
 */

#include "daemon/shared.h"
#include "daemon/system_calls.h"

#include <stdbool.h>

/* Says in the log that there are no filters, if that is so. */
void sandbox_warn(void);

/* The supervisor, and with it everything that it starts, does without some calls: they fail with
 * EPERM. Where no_new_privileges is false and the right to do without it is missing, there is no
 * filter, which is logged. Returns 0 or a negative errno (logged). */
int sandbox_enter_supervisor(bool no_new_privileges);

/* The front may do what is in its table. Anything else ends it, and shared says what it was. It
 * takes no memory. To be called in the front, a child of who has prepared the filters.
 * Returns 0 or a negative errno (logged). */
int sandbox_enter_front(Shared *shared);

/* Makes the filters of all processes, before the first is entered or opened, and best before
 * anybody waits for what comes of it. Returns 0 or a negative errno (logged). */
int sandbox_prepare(void);

/* The filter of a worker, which enters it when it is ready (program.h): *fd is a pipe with the
 * program in it, to be closed by the caller, or -1: there is none here. Returns 0 or a negative
 * errno (logged). */
int sandbox_open_filter(const SystemCalls *calls, int *fd);

/* The name of the system call of that number, to be freed, or NULL. */
char *sandbox_call_name(int number);
