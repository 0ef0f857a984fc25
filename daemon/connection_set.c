/* SPDX-License-Identifier: BSD-2-Clause */
#include "connection_set.h"

#include "daemon/duration.h"

#include <assert.h>

/* A client closes within microseconds of its answer. To look once after that, all of a moment
 * together, costs a fraction of what watching each of them would. */
#define CLOSING_USEC 500

/* How long a client that has its answer may keep the connection open. */
#define LINGER_USEC (1 * USEC_PER_SEC)

int connection_set_init(ConnectionSet *set, sd_event *event, const Config *config,
        Dispatcher *dispatcher, Shared *shared, const ConnectionHandlers *handlers)
{
        int r;

        *set = (ConnectionSet){
                .event = event, .config = config, .dispatcher = dispatcher, .shared = shared};
        r = deadline_queue_init(
                &set->reading, event, config->read_deadline_usec, handlers->reading, set);
        if (r >= 0)
                r = deadline_queue_init(&set->closing, event, CLOSING_USEC, handlers->closing, set);
        if (r >= 0)
                r = deadline_queue_init(
                        &set->lingering, event, LINGER_USEC, handlers->lingering, set);
        return r;
}

void connection_set_deinit(ConnectionSet *set)
{
        assert(set->count == 0);
        deadline_queue_deinit(&set->reading);
        deadline_queue_deinit(&set->closing);
        deadline_queue_deinit(&set->lingering);
}
