/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Waiter: somebody who goes on when something has become known; embedded in whoever waits. */

#include <stddef.h>
#include <sys/queue.h>

typedef struct Waiter Waiter;
typedef TAILQ_HEAD(WaiterList, Waiter) WaiterList;

struct Waiter {
        TAILQ_ENTRY(Waiter) link;
        WaiterList *list;             /* NULL while it does not wait */
        void (*wake)(Waiter *waiter); /* taken off the list before; may free the waiter */
};

static inline void waiter_add(Waiter *waiter, WaiterList *list)
{
        waiter->list = list;
        TAILQ_INSERT_TAIL(list, waiter, link);
}

/* Waits no longer; nothing happens if it does not wait. */
static inline void waiter_remove(Waiter *waiter)
{
        if (waiter->list)
                TAILQ_REMOVE(waiter->list, waiter, link);
        waiter->list = NULL;
}

/* Wakes all, in the order in which they came. The list must stay until they have been woken. */
static inline void waiters_wake(WaiterList *list)
{
        Waiter *waiter;

        while ((waiter = TAILQ_FIRST(list))) {
                waiter_remove(waiter);
                waiter->wake(waiter);
        }
}
