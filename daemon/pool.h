/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Pool: the workers of one backend and the tasks that wait for one. A task ends by its deadline
 * whatever its worker does; an overdue or broken worker is replaced at once. Only workers that end
 * before they are ready are started again with a growing delay, else one bad input could close a
 * backend.
 */

#include "daemon/config.h"
#include "daemon/notice.h"
#include "daemon/queue.h"
#include "daemon/worker.h"

#define POOL_QUEUE_MAX 4096u /* tasks waiting; for one more, one fails at once */

typedef TAILQ_HEAD(WorkerList, Worker) WorkerList;

typedef struct Pool {
        const BackendConfig *backend;
        unsigned index;  /* of the backend in the configuration */
        sd_event *event; /* not owned */
        int channel;     /* to the supervisor, not owned */
        Queue queue;
        WorkerList idle;          /* the one used last stands first: its caches are warm */
        WorkerList other;         /* busy or starting */
        unsigned workers;         /* in both lists */
        unsigned requested;       /* asked of the supervisor, not yet answered */
        DeadlineQueue answering;  /* of tasks */
        DeadlineQueue starting;   /* of workers that are not ready */
        sd_event_source *restart; /* timer while starting fails */
        unsigned failures;        /* starts that failed in a row */
        uint64_t overflows;       /* tasks for which the queue had no room */
        uint64_t last_job;
        NoticeTable notices;
} Pool;

/* Prepares the pool of the backend of that index and asks for its workers. Returns 0 or a negative
 * errno. */
int pool_init(Pool *pool, sd_event *event, const Config *config, unsigned index, int channel);

/* Lets all workers go; tasks that are left fail. */
void pool_deinit(Pool *pool);

/* Has the task done; it ends with one of its kind's functions, possibly at once. */
void pool_submit(Pool *pool, Task *task);

/* A worker that pool_init() or the pool later asked for: its number and socket. The pool owns fd.
 */
void pool_worker_started(Pool *pool, uint32_t number, int fd);

/* It could not be started. */
void pool_worker_failed(Pool *pool);
