/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Waiter: somebody who goes on when something has become known; embedded in whoever waits. */

#include <sys/queue.h>

typedef struct Waiter Waiter;

struct Waiter {
        TAILQ_ENTRY(Waiter) link;
        void (*wake)(Waiter *waiter); /* taken off the list before; may free the waiter */
};

typedef TAILQ_HEAD(WaiterList, Waiter) WaiterList;

/* Wakes all, in the order in which they came. */
static inline void waiters_wake(WaiterList *list)
{
        Waiter *waiter;

        while ((waiter = TAILQ_FIRST(list))) {
                TAILQ_REMOVE(list, waiter, link);
                waiter->wake(waiter);
        }
}
