/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The loop's time, which a test can let pass: linked with --wrap=sd_event_now. Timers do not see
 * it. */

#include <stdint.h>
#include <systemd/sd-event.h>

static uint64_t passed_usec;

int __real_sd_event_now(sd_event *event, clockid_t clock, uint64_t *usec);
int __wrap_sd_event_now(sd_event *event, clockid_t clock, uint64_t *usec);

int __wrap_sd_event_now(sd_event *event, clockid_t clock, uint64_t *usec)
{
        int r = __real_sd_event_now(event, clock, usec);

        *usec += passed_usec;
        return r;
}
