/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LastErrors: the last lines of the log that were warnings, or worse, in memory that supervisor and
 * fronts share: an administrator who asks for the status need not look for them. */

#include <stdint.h>

#define LAST_ERRORS_MAX     8u
#define LAST_ERROR_TEXT_MAX 512u

typedef struct LastErrors LastErrors;

/* A copy of a line, cut to that size. */
typedef struct LastError {
        uint64_t time; /* microseconds, CLOCK_REALTIME */
        char text[LAST_ERROR_TEXT_MAX];
} LastError;

/* Maps memory for the children to come. Returns NULL without memory. Free with last_errors_free().
 */
LastErrors *last_errors_new(void);
LastErrors *last_errors_free(LastErrors *errors);

/* Keeps a line, in the place of the oldest. */
void last_errors_keep(LastErrors *errors, const char *area, const char *text);

/* Copies what is kept, the newest first. Returns how many. */
unsigned last_errors_copy(const LastErrors *errors, LastError found[static LAST_ERRORS_MAX]);
