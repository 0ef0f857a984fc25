/* SPDX-License-Identifier: BSD-2-Clause */
#include "connection_set.h"

#include "daemon/duration.h"

#include <assert.h>

/* How long a client that has its answer may keep the connection open. */
#define LINGER_USEC (1 * USEC_PER_SEC)

int connection_set_init(ConnectionSet *set, sd_event *event, const Config *config, Pool *pool,
        Shared *shared, DeadlineHandler *overdue, DeadlineHandler *lingered)
{
        int r;

        *set = (ConnectionSet){.event = event, .config = config, .pool = pool, .shared = shared};
        r = deadline_queue_init(&set->reading, event, config->read_deadline_usec, overdue, set);
        if (r < 0)
                return r;
        return deadline_queue_init(&set->lingering, event, LINGER_USEC, lingered, set);
}

void connection_set_deinit(ConnectionSet *set)
{
        assert(set->count == 0);
        deadline_queue_deinit(&set->reading);
        deadline_queue_deinit(&set->lingering);
}
