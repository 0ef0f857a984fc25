/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Login: one request between its decoding and its answer. There is one way out, login_finish(),
 * whatever happened; it can be taken once.
 */

#include "daemon/audit_log.h"
#include "daemon/config.h"
#include "daemon/last_askers.h"
#include "daemon/login_cache.h"
#include "daemon/peer_table.h"
#include "daemon/penalty_table.h"
#include "daemon/statistics.h"
#include "proto/reply.h"
#include "proto/request.h"
#include "proto/result.h"

typedef struct Login Login;
typedef struct Dispatcher Dispatcher;
typedef struct Chain Chain;

/* Takes the answer to the client, with a text behind a NO (NULL = none). The views of the request
 * are wiped in it. */
typedef void LoginReply(Login *login, MuxReply reply, const char *text);

struct Login {
        MuxRequest request; /* views into the connection's Secret */
        const ListenConfig *listen;
        Peer *peer;    /* who asks; referenced by the connection */
        Charge charge; /* to the asker: its user, until it is identified */
        const Config *config;
        LoginReply *reply;
        Statistics *statistics;  /* not owned */
        LastAskers *last_askers; /* not owned */
        AuditLog *audit_log;     /* not owned */
        char *as_vm;             /* it is to be taken for that VM's, or NULL */
        uint64_t promised;       /* number under which an administrator will ask for it, or 0 */

        Dispatcher *dispatcher;
        Chain *chain;
        void (*checked)(Login *login, const CacheOutcome *outcome); /* by the chain, at its end */
        Waiter waiter;
        Deadline patience; /* of the dispatcher, while the waiter waits */
        uint64_t received; /* microseconds, CLOCK_MONOTONIC */
        uint64_t expires;  /* the same; 0 = not known yet */
        bool is_identified;
        Identity identity; /* if it is */
        const Rule *rule;  /* that decided, or NULL */
        CacheTimes times;  /* what becomes of its OK */
        AnswerSource source;
        uint64_t number;              /* of the decision; 0 = none yet */
        Result shared;                /* what it had come to where the answer is another's */
        const PenaltyLimits *limits;  /* or NULL: wrong passwords are not counted */
        PenaltyAttempt attempt;       /* if there are limits */
        bool is_missed;               /* a backend knew the user, and not this password */
        size_t step;                  /* in the rule's backends */
        const BackendConfig *backend; /* that was asked last, or NULL */
        char *name;                   /* handed over instead of the login, or NULL */
        char *realm;                  /* handed over instead of the realm, or NULL */
        char *account;                /* the account's own name, or NULL: not known */
        uint64_t asked;               /* when that backend was; microseconds, CLOCK_MONOTONIC */
        char *steps;                  /* what the backends have said, or NULL */
        char *remembered;             /* why it rests on what is remembered, or NULL: it does not */
        Task task;                    /* at the backend */
        CacheEntry *flight;           /* that others may have joined, or NULL */
        CacheJoiner joiner;           /* while another's is waited for */
        bool finished;
};

/* Who asks, by its peer and listen. */
Identity login_identity(const Login *login);

/* Whether every backend of the rule tells users of two realms apart, always. To others the realm is
 * whatever was typed, or one way among others to be found, as in the filter
 * (|(uid=%u)(mail=%u@%r)): with it each realm would be good for more passwords of the same user. */
bool login_is_realm_keyed(const Login *login);

/* Charges the login to its asker, as far as he is known, and to nobody else. Returns false without
 * memory: it is charged to whom it was. */
bool login_charge(Login *login);

/* The name and the realm that are handed to the backend. */
Bytes login_name(const Login *login);
Bytes login_realm(const Login *login);

/* The only exit: writes the audit line and replies. reason may be empty; text is what stands behind
 * "NO ", or NULL. */
void login_finish(Login *login, Result result, Bytes reason, const char *text);
