/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * What is said of a login's end: a line in the shape of saslauthd's do_auth() with more at its end,
 * so that filters written for saslauthd keep matching, and a record of the same and more.
 *
 *   auth failure: [user=U] [service=S] [realm=R] [mech=M] [reason=…] [account=…] [vm=…] [remote=…]
 *                 [rule=FILE:LINE] [result=R] [decision=N]
 *   auth success: the same without a result, with a reason only if it is something special
 */

#include "daemon/config.h"
#include "daemon/identity.h"
#include "daemon/record.h"
#include "proto/request.h"
#include "proto/verdict.h"

#define AUDIT_AREA      "do_auth" /* the name of saslauthd's function, part of the line's shape */
#define AUDIT_LINE_SIZE 4096u

typedef struct Audit {
        const Config *config;
        const MuxRequest *request; /* what arrived; its password is not looked at */
        const ListenConfig *listen;
        Bytes user;            /* the name handed to the backend, or the login as it arrived */
        const char *mechanism; /* the backend's name */
        Result result;
        Bytes reason;             /* may be empty: then the result's own text stands for it; of a
                                     success: what is special about it */
        Bytes account;            /* the account's own name, or empty: not known */
        const Identity *identity; /* or NULL: not asked */
        uid_t uid;                /* of the process that asks */
        const Rule *rule;         /* that decided, or NULL */
        const char *asker;        /* on whose behalf it asks */
        uint64_t usec;            /* how long it took */
        Bytes steps;              /* what each backend said, and when; empty: none was asked */
        uint64_t number;          /* of the decision; 0: it gets one */
        bool repeats;             /* another answer to the same question, the decision's result */
} Audit;

/* Writes the line, without a number where there is no configuration file. */
void audit_line(const Audit *audit, uint64_t number, char line[static AUDIT_LINE_SIZE]);

/* Fills an empty record. */
void audit_record(const Audit *audit, uint64_t number, Record *record);

/* At which priority: a refusal at LOG_INFO, a success at LOG_DEBUG, as saslauthd does, unless there
 * is something special about it. */
int audit_priority(const Audit *audit);
