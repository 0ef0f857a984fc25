/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Health: what a monitoring system wants to know of a daemon, by its status (saslward-control(7)).
 */

#include <json-c/json.h>

/* Their values are the exit statuses that monitoring systems expect. */
typedef enum HealthState {
        HEALTH_OK,
        HEALTH_WARNING,  /* workers fail to start, or are missing while logins wait; what is served
                            is not what the configuration says */
        HEALTH_CRITICAL, /* nobody answers, or a backend has no worker and gets none */
} HealthState;

typedef struct Health {
        HealthState state;
        char *text; /* owned */
} Health;

/* The health of a daemon with that status. */
Health health_of(struct json_object *status);

void health_deinit(Health *health);

/* "OK", "WARNING", "CRITICAL". */
const char *health_to_string(HealthState state);

/* So many seconds as a text for people, "2 h 5 min"; for the caller. */
char *health_uptime(uint64_t seconds);
