/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Login: one request between its decoding and its answer. There is one way out, login_finish(),
 * whatever happened; it can be taken once.
 */

#include "daemon/deadline.h"
#include "proto/job.h"
#include "proto/request.h"
#include "proto/verdict.h"

#include <sys/queue.h>

typedef struct Login Login;
typedef struct Worker Worker;

/* Takes the answer to the client: OK, or NO with a text behind it (NULL = none). The views of
 * the request are wiped in it. */
typedef void LoginReply(Login *login, bool ok, const char *text);

struct Login {
        MuxRequest request;    /* views into the connection's Secret */
        char *joined;          /* login@realm after -r, else NULL */
        const char *mechanism; /* for the log */
        LoginReply *reply;

        TAILQ_ENTRY(Login) link; /* in the queue of a pool, while it has no worker */
        Worker *worker;          /* that is checking it */
        Deadline deadline;       /* for the answer */
        bool finished;
};

/* Starts a login; request is set by the caller. With append_realm the backend is handed login@realm
 * where there is a realm. Returns 0 or -ENOMEM. Ends with login_finish(). */
int login_begin(Login *login, const char *mechanism, bool append_realm, LoginReply *reply);

/* The name that is handed to the backend. */
Bytes login_name(const Login *login);

/* The question to put to a worker; its views point into the login. */
Job login_job(const Login *login, uint64_t id);

/* The only exit: writes the audit line and replies. text is what stands behind "NO ", or NULL. */
void login_finish(Login *login, Result result, Bytes reason, const char *text);
