/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Task: one question that a worker is to answer, whatever it is about: it is embedded in whoever
 * asks. It waits in the queue of a pool, is put to a worker, and ends with answered() or failed(),
 * once, by its deadline at the latest.
 */

#include "daemon/asker.h"
#include "daemon/deadline.h"
#include "proto/bytes.h"
#include "proto/secret.h"

#include <sys/queue.h>

typedef struct Task Task;
typedef struct Worker Worker;
typedef struct QueueLane QueueLane;

typedef struct TaskKind {
        /* Writes the question's frame into a new Secret, or returns NULL without memory. */
        Secret *(*encode)(const Task *task, uint64_t id);
        /* Takes the answer. Returns false if it is none, or none to that question; the task has
         * then not ended yet. *notice is what the worker's administrator should mend, a view of the
         * body, or empty. */
        bool (*answered)(Task *task, uint64_t id, Bytes body, Bytes *notice);
        /* There will be no answer; reason is a static text. */
        void (*failed)(Task *task, const char *reason);
} TaskKind;

struct Task {
        const TaskKind *kind;
        uint64_t expires; /* microseconds, CLOCK_MONOTONIC */
        int fd;           /* goes with the question, -1 = none; not owned */
        Asker *asker;     /* on whose behalf; not owned, there when the task is submitted */

        TAILQ_ENTRY(Task) link; /* of the queue, while the task waits */
        QueueLane *lane;        /* of the queue, until the task has been done */
        Worker *worker;         /* that has the question */
        Deadline deadline;      /* of the pool */
};

/* How long the answer is still waited for, at least 1; now is in microseconds, as expires. */
static inline uint64_t task_milliseconds_left(const Task *task, uint64_t now)
{
        return task->expires >= now + 1000 ? (task->expires - now) / 1000 : 1;
}
