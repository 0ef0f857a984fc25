/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Worker: the front's end of one worker process. It takes one job at a time. A frame out of
 * place, for another job, too long or malformed breaks the worker; so does its end.
 */

#include "daemon/task.h"

#include <sys/queue.h>

#define WORKER_FRAME_MAX 4096u /* from a worker: a verdict's two texts and some more */

typedef enum WorkerState {
        WORKER_STARTING, /* "ready" has not come yet */
        WORKER_IDLE,
        WORKER_BUSY, /* task is set */
} WorkerState;

/* What a worker tells its owner. Each may free the worker. */
typedef struct WorkerHandler {
        void (*ready)(Worker *worker, Bytes notice);
        void (*answered)(Worker *worker, Bytes body); /* it is idle again, its task still set */
        void (*broken)(Worker *worker, const char *reason); /* static text */
} WorkerHandler;

struct Worker {
        TAILQ_ENTRY(Worker) link; /* in its owner's lists */
        const WorkerHandler *handler;
        void *owner;
        uint32_t number; /* the supervisor's */
        int fd;
        sd_event_source *source;
        WorkerState state;
        Deadline deadline; /* for "ready" */
        unsigned jobs;     /* answered so far */
        uint64_t job;      /* identifier of the current one, or the last */
        Task *task;
        size_t used;
        uint8_t input[WORKER_FRAME_MAX];
};

/* A worker behind the socket fd, which it owns from then on (also on failure). Returns NULL without
 * memory or descriptors. Free with worker_free(). */
Worker *worker_new(
        sd_event *event, uint32_t number, int fd, const WorkerHandler *handler, void *owner);

/* Closes the socket, upon which the process leaves. The worker must not have a task any more. */
Worker *worker_free(Worker *worker);

/* Gives an idle worker a task under an identifier that it has not had before. Returns 0, or a
 * negative errno: then the worker is broken and the task is still the caller's. */
int worker_give(Worker *worker, Task *task, uint64_t job);

/* Takes the task away from a worker, which, if it is busy, is of no further use. */
Task *worker_take(Worker *worker);
