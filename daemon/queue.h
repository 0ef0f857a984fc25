/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Queue: the tasks that wait for a worker of one backend. Askers take turns, so that one who asks a
 * thousand times delays another by one task, not by a thousand. Nobody can have all workers, where
 * there are three: what hangs for one must not keep the others from being answered. (Of two, a mail
 * server, which is one asker, needs the second one when the first hangs.) Whoever may be a VM can
 * have only half of them at a time: QEMU stands still while it waits, so more comes only from one
 * that has been taken over.
 */

#include "daemon/task.h"

typedef TAILQ_HEAD(TaskList, Task) TaskList;
typedef TAILQ_HEAD(LaneList, QueueLane) LaneList;

typedef struct Queue {
        QueueLane *lanes; /* by asker */
        QueueLane *empty; /* one without tasks is kept: the same asker often asks again */
        LaneList turns;   /* lanes whose asker may have a task done now, the next one first */
        unsigned workers;
        unsigned waiting; /* tasks */
} Queue;

/* workers is how many can be busy at a time, at least 1. */
void queue_init(Queue *queue, unsigned workers);

/* No task may be left. */
void queue_deinit(Queue *queue);

/* Adds a task. Returns false without memory. */
bool queue_add(Queue *queue, Task *task);

/* Takes the task whose turn it is to be done. Returns NULL if there is none for now. */
Task *queue_take(Queue *queue);

/* A task that was taken has been done, or given up. Nothing happens the second time. */
void queue_done(Queue *queue, Task *task);

/* Takes back a task that waits. */
void queue_remove(Queue *queue, Task *task);

/* The task that came last of the asker with most of them, if that is more than this one has. Else
 * NULL. */
Task *queue_surplus(const Queue *queue, const Asker *asker);

/* Any task that waits, or NULL. */
Task *queue_any(const Queue *queue);
