/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Pool: the workers of one backend and the logins that wait for one. A login is answered by its
 * deadline whatever its worker does; an overdue or broken worker is replaced at once. Only workers
 * that end before they are ready are started again with a growing delay, else one bad input could
 * close a backend.
 */

#include "daemon/config.h"
#include "daemon/login.h"
#include "daemon/notice.h"
#include "daemon/worker.h"

#define POOL_QUEUE_MAX 4096u /* logins waiting; one more is refused at once */

typedef TAILQ_HEAD(LoginList, Login) LoginList;
typedef TAILQ_HEAD(WorkerList, Worker) WorkerList;

typedef struct Pool {
        const Config *config;
        sd_event *event; /* not owned */
        int channel;     /* to the supervisor, not owned */
        LoginList queue;
        unsigned queued;
        WorkerList idle;          /* the one used last stands first: its caches are warm */
        WorkerList other;         /* busy or starting */
        unsigned workers;         /* in both lists */
        unsigned requested;       /* asked of the supervisor, not yet answered */
        DeadlineQueue answering;  /* of logins */
        DeadlineQueue starting;   /* of workers that are not ready */
        sd_event_source *restart; /* timer while starting fails */
        unsigned failures;        /* starts that failed in a row */
        uint64_t last_job;
        NoticeTable notices;
} Pool;

/* Prepares the pool and asks for its workers. Returns 0 or a negative errno. */
int pool_init(Pool *pool, sd_event *event, const Config *config, int channel);

/* Lets all workers go. No login may be left. */
void pool_deinit(Pool *pool);

/* Has the login checked; it is finished by the pool, possibly at once. */
void pool_submit(Pool *pool, Login *login);

/* A worker that pool_init() or the pool later asked for: its number and socket. The pool owns fd.
 */
void pool_worker_started(Pool *pool, uint32_t number, int fd);

/* It could not be started. */
void pool_worker_failed(Pool *pool);
