/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The line that says how a login ended, in the shape of saslauthd's do_auth() with more at its end,
 * so that filters written for saslauthd keep matching:
 *
 *   auth failure: [user=U] [service=S] [realm=R] [mech=M] [reason=…] [remote=…]
 */

#include "proto/request.h"
#include "proto/verdict.h"

typedef struct Audit {
        const MuxRequest *request; /* what arrived; its password is not looked at */
        Bytes user;                /* the name handed to the backend, or the login as it arrived */
        const char *mechanism;
        Result result;
        Bytes reason; /* may be empty: then the result's own text stands for it */
} Audit;

/* Writes the line: a refusal at LOG_INFO, a success at LOG_DEBUG, as saslauthd does. */
void audit_write(const Audit *audit);
