/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * LogQuota: how many decisions on behalf of one asker are logged: so many a while. How many were
 * left out is told when the while is over. Each asker has a quota of his own, so that nobody who
 * fills the log hides another's logins.
 */

#include "daemon/deadline.h"

#include <stdbool.h>
#include <uthash.h>

#define LOG_QUOTA_RECORDS 1000u
#define LOG_QUOTA_SEC     10u

typedef struct Quota Quota;

typedef struct LogQuota {
        Quota *by_name;
        DeadlineQueue whiles;
} LogQuota;

/* Returns 0 or a negative errno. */
int log_quota_init(LogQuota *quota, sd_event *event);

/* Tells what was left out up to now. */
void log_quota_deinit(LogQuota *quota);

/* Whether a decision for the asker of that name may be logged now; it counts then. */
bool log_quota_take(LogQuota *quota, const char *asker);
