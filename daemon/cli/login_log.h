/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* LoginLog: decisions that the journal has, the first first, each with the number of its answers.
 */

#include "daemon/cli/journal_reader.h"

#include <stdio.h>

typedef struct LoginLog {
        struct json_object *rows; /* array of what journal_reader_next() gives, with "answers" */
        struct json_object *by_number; /* the same */
} LoginLog;

/* Reads on from where the reader is. Free with login_log_deinit(). */
void login_log_init(LoginLog *log, JournalReader *reader);
void login_log_deinit(LoginLog *log);

/* Writes it for people. */
void login_log_print(const LoginLog *log, FILE *out);

/* What came of a decision, as "OK", or "DENIED: no rule permits it"; owned by the caller. */
char *login_log_outcome(struct json_object *decision);
