/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The line that says how a login ended, in the shape of saslauthd's do_auth() with more at its end,
 * so that filters written for saslauthd keep matching:
 *
 *   auth failure: [user=U] [service=S] [realm=R] [mech=M] [reason=…] [account=…] [vm=…] [remote=…]
 *                 [rule=FILE:LINE]
 *   auth success: the same, with a reason only if there is something special about it
 */

#include "daemon/config.h"
#include "daemon/identity.h"
#include "proto/request.h"
#include "proto/verdict.h"

typedef struct Audit {
        const Config *config;
        const MuxRequest *request; /* what arrived; its password is not looked at */
        Bytes user;                /* the name handed to the backend, or the login as it arrived */
        const char *mechanism;     /* the backend's name */
        Result result;
        Bytes reason;             /* may be empty: then the result's own text stands for it; of a
                                     success: what is special about it */
        Bytes account;            /* the account's own name, or empty: not known */
        const Identity *identity; /* or NULL: not asked */
        const Rule *rule;         /* that decided, or NULL */
} Audit;

/* Writes the line: a refusal at LOG_INFO, a success at LOG_DEBUG, as saslauthd does, unless there
 * is something special about it. */
void audit_write(const Audit *audit);
