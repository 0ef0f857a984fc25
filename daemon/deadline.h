/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Deadlines that mostly lie the same duration ahead when they are set: then a list in the order of
 * setting is one in the order of expiry, so setting and clearing cost a few pointer writes. One
 * that comes sooner than others is put where it belongs, from the end on. One timer serves the
 * whole queue and is armed lazily: clearing its head does not touch it, it finds out when it fires.
 */

#include <stdint.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

typedef struct Deadline Deadline;
typedef struct DeadlineQueue DeadlineQueue;

/* Called for a deadline that has passed; it has been cleared and may be set again. */
typedef void DeadlineHandler(Deadline *deadline, void *userdata);

struct Deadline {
        TAILQ_ENTRY(Deadline) link;
        DeadlineQueue *queue; /* NULL while not set */
        uint64_t at;
};

struct DeadlineQueue {
        TAILQ_HEAD(DeadlineList, Deadline) list;
        sd_event *event; /* not owned */
        sd_event_source *timer;
        uint64_t duration; /* microseconds */
        DeadlineHandler *handler;
        void *userdata;
};

/* Prepares a queue on the event loop, which must outlive it. Returns 0 or a negative errno. */
int deadline_queue_init(DeadlineQueue *queue, sd_event *event, uint64_t duration,
        DeadlineHandler *handler, void *userdata);

/* Frees the timer; all deadlines must be cleared. */
void deadline_queue_deinit(DeadlineQueue *queue);

/* Shortens what is left of every deadline in the queue, and those set later, to at most duration.
 */
void deadline_queue_shorten(DeadlineQueue *queue, uint64_t duration);

/* The deadline that passes next, or NULL. */
Deadline *deadline_queue_first(DeadlineQueue *queue);

/* Sets a deadline (clearing it first where it was) the queue's duration from now. */
void deadline_set(Deadline *deadline, DeadlineQueue *queue);

/* The same, at a time of CLOCK_MONOTONIC in microseconds. */
void deadline_set_at(Deadline *deadline, DeadlineQueue *queue, uint64_t at);

/* Takes a deadline out of its queue; nothing happens if it is not set. */
void deadline_clear(Deadline *deadline);
