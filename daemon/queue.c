/* SPDX-License-Identifier: BSD-2-Clause */
#include "queue.h"

#include "daemon/hash.h"

#include <assert.h>
#include <stdlib.h>

/* What one asker has in a queue. */
struct QueueLane {
        UT_hash_handle hh;
        Asker *asker;
        TaskList tasks; /* that wait, the oldest first */
        unsigned waiting;
        unsigned taken; /* tasks that are being done */
        bool has_turn;
        TAILQ_ENTRY(QueueLane) link; /* of the turns */
};

void queue_init(Queue *queue, unsigned workers)
{
        *queue = (Queue){.workers = workers};
        TAILQ_INIT(&queue->turns);
}

static void lane_free(Queue *queue, QueueLane *lane)
{
        HASH_DEL(queue->lanes, lane);
        asker_unref(lane->asker);
        free(lane);
}

void queue_deinit(Queue *queue)
{
        if (queue->empty)
                lane_free(queue, queue->empty);
        assert(!queue->lanes);
}

static QueueLane *lane_new(Queue *queue, Asker *asker)
{
        QueueLane *lane = calloc(1, sizeof(*lane));

        if (!lane)
                return NULL;
        lane->asker = asker;
        TAILQ_INIT(&lane->tasks);
        HASH_ADD_PTR(queue->lanes, asker, lane);
        if (!HASH_ADDED(lane)) {
                free(lane);
                return NULL;
        }
        (void)asker_ref(asker);
        return lane;
}

static QueueLane *find_lane(const Queue *queue, const Asker *asker)
{
        QueueLane *lane;

        HASH_FIND_PTR(queue->lanes, &asker, lane);
        return lane;
}

static unsigned share(const Queue *queue, const QueueLane *lane)
{
        if (lane->asker->may_be_vm)
                return (queue->workers + 1) / 2;
        return queue->workers > 2 ? queue->workers - 1 : queue->workers;
}

/* Lets the lane have a turn if it may, and forgets one that is of no more use. */
static void settle(Queue *queue, QueueLane *lane)
{
        bool may = lane->waiting > 0 && lane->taken < share(queue, lane);

        if (may && !lane->has_turn)
                TAILQ_INSERT_TAIL(&queue->turns, lane, link);
        if (!may && lane->has_turn)
                TAILQ_REMOVE(&queue->turns, lane, link);
        lane->has_turn = may;
        if (queue->empty == lane)
                queue->empty = NULL;
        if (lane->waiting > 0 || lane->taken > 0)
                return;
        if (queue->empty)
                lane_free(queue, queue->empty);
        queue->empty = lane;
}

bool queue_add(Queue *queue, Task *task)
{
        QueueLane *lane = find_lane(queue, task->asker);

        if (!lane)
                lane = lane_new(queue, task->asker);
        if (!lane)
                return false;
        task->lane = lane;
        TAILQ_INSERT_TAIL(&lane->tasks, task, link);
        lane->waiting++;
        queue->waiting++;
        settle(queue, lane);
        return true;
}

static void leave(Queue *queue, Task *task)
{
        TAILQ_REMOVE(&task->lane->tasks, task, link);
        task->lane->waiting--;
        queue->waiting--;
}

Task *queue_take(Queue *queue)
{
        QueueLane *lane = TAILQ_FIRST(&queue->turns);
        Task *task;

        if (!lane)
                return NULL;
        task = TAILQ_FIRST(&lane->tasks);
        leave(queue, task);
        lane->taken++;
        TAILQ_REMOVE(&queue->turns, lane, link); /* to the end, if it may go on */
        lane->has_turn = false;
        settle(queue, lane);
        return task;
}

void queue_done(Queue *queue, Task *task)
{
        QueueLane *lane = task->lane;

        if (!lane)
                return;
        task->lane = NULL;
        lane->taken--;
        settle(queue, lane);
}

void queue_remove(Queue *queue, Task *task)
{
        QueueLane *lane = task->lane;

        leave(queue, task);
        task->lane = NULL;
        settle(queue, lane);
}

Task *queue_surplus(const Queue *queue, const Asker *asker)
{
        const QueueLane *own = find_lane(queue, asker);
        QueueLane *lane, *next, *longest = NULL;
        unsigned most = own ? own->waiting : 0;

        HASH_ITER(hh, queue->lanes, lane, next)
        if (lane->waiting > most) {
                longest = lane;
                most = lane->waiting;
        }
        return longest ? TAILQ_LAST(&longest->tasks, TaskList) : NULL;
}

Task *queue_any(const Queue *queue)
{
        QueueLane *lane, *next;

        HASH_ITER(hh, queue->lanes, lane, next)
        if (lane->waiting > 0)
                return TAILQ_FIRST(&lane->tasks);
        return NULL;
}
