/* SPDX-License-Identifier: BSD-2-Clause */
#include "deadline.h"

#include <assert.h>
#include <stdbool.h>
#include <time.h>

/* sd-event may fire this much late to batch wake-ups; its default, 250 ms, is more than a deadline
 * may be missed by. */
#define TIMER_ACCURACY_USEC 1000

/* Under load deadlines pass one by one, some microseconds apart; a timer for each of them would
 * double the cost of a request. */
#define TIMER_SPACING_USEC 1000

static uint64_t queue_now(DeadlineQueue *queue)
{
        uint64_t now = 0;

        (void)sd_event_now(queue->event, CLOCK_MONOTONIC, &now);
        return now;
}

static void arm(DeadlineQueue *queue, uint64_t at)
{
        (void)sd_event_source_set_time(queue->timer, at);
        (void)sd_event_source_set_enabled(queue->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *userdata)
{
        DeadlineQueue *queue = userdata;
        uint64_t now = queue_now(queue);
        Deadline *first;

        (void)timer;
        (void)usec;
        while ((first = TAILQ_FIRST(&queue->list)) && first->at <= now) {
                deadline_clear(first);
                queue->handler(first, queue->userdata);
        }
        if (first)
                arm(queue, first->at < now + TIMER_SPACING_USEC ? now + TIMER_SPACING_USEC
                                                                : first->at);
        return 0;
}

int deadline_queue_init(DeadlineQueue *queue, sd_event *event, uint64_t duration,
        DeadlineHandler *handler, void *userdata)
{
        int r;

        *queue = (DeadlineQueue){
                .event = event,
                .duration = duration,
                .handler = handler,
                .userdata = userdata,
        };
        TAILQ_INIT(&queue->list);
        r = sd_event_add_time(event, &queue->timer, CLOCK_MONOTONIC, UINT64_MAX,
                TIMER_ACCURACY_USEC, on_timer, queue);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(queue->timer, SD_EVENT_OFF);
}

void deadline_queue_deinit(DeadlineQueue *queue)
{
        assert(TAILQ_EMPTY(&queue->list));
        queue->timer = sd_event_source_disable_unref(queue->timer);
}

void deadline_queue_shorten(DeadlineQueue *queue, uint64_t duration)
{
        uint64_t latest = queue_now(queue) + duration;
        Deadline *deadline;

        if (duration < queue->duration)
                queue->duration = duration;
        TAILQ_FOREACH(deadline, &queue->list, link)
        if (deadline->at > latest)
                deadline->at = latest;
        deadline = TAILQ_FIRST(&queue->list);
        if (deadline)
                arm(queue, deadline->at);
}

Deadline *deadline_queue_first(DeadlineQueue *queue)
{
        return TAILQ_FIRST(&queue->list);
}

/* Behind the last that is not later. */
static void insert(DeadlineQueue *queue, Deadline *deadline)
{
        Deadline *before = TAILQ_LAST(&queue->list, DeadlineList);

        while (before && before->at > deadline->at)
                before = TAILQ_PREV(before, DeadlineList, link);
        if (before)
                TAILQ_INSERT_AFTER(&queue->list, before, deadline, link);
        else
                TAILQ_INSERT_HEAD(&queue->list, deadline, link);
}

/* Whether the timer is set for a time after at, or not at all. */
static bool fires_after(DeadlineQueue *queue, uint64_t at)
{
        uint64_t armed;

        return sd_event_source_get_enabled(queue->timer, NULL) == 0 ||
               sd_event_source_get_time(queue->timer, &armed) < 0 || armed > at;
}

void deadline_set_at(Deadline *deadline, DeadlineQueue *queue, uint64_t at)
{
        deadline_clear(deadline);
        deadline->queue = queue;
        deadline->at = at;
        insert(queue, deadline);
        if (fires_after(queue, at))
                arm(queue, at);
}

void deadline_set(Deadline *deadline, DeadlineQueue *queue)
{
        deadline_set_at(deadline, queue, queue_now(queue) + queue->duration);
}

void deadline_clear(Deadline *deadline)
{
        if (!deadline->queue)
                return;
        TAILQ_REMOVE(&deadline->queue->list, deadline, link);
        deadline->queue = NULL;
}
