/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * AuditLog: logs what becomes of logins, each decision once. The channels of one console login are
 * one decision: that it was given to further ones is counted, and told a moment later.
 */

#include "daemon/audit.h"
#include "daemon/history.h"
#include "daemon/log_quota.h"

typedef struct Repeat Repeat;

typedef struct AuditLog {
        History *history; /* not owned */
        LogQuota quota;
        Repeat *repeats; /* by number */
        DeadlineQueue untold;
} AuditLog;

/* Returns 0 or a negative errno; audit_log_deinit() is due in any case. */
int audit_log_init(AuditLog *log, sd_event *event, History *history);

/* Tells what is still to be told. */
void audit_log_deinit(AuditLog *log);

/* Logs the end of a login; with -d always. */
void audit_write(AuditLog *log, const Audit *audit);
