/* SPDX-License-Identifier: BSD-2-Clause */
#include "pool.h"

#include "daemon/channel.h"
#include "daemon/duration.h"
#include "daemon/log.h"
#include "proto/cleanup.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define READY_DEADLINE_USEC (10 * USEC_PER_SEC)
#define RESTART_FIRST_USEC  (100 * USEC_PER_MSEC)
#define RESTART_DOUBLINGS   6u /* up to 6.4 s */

static void fail(Task *task, const char *reason)
{
        deadline_clear(&task->deadline);
        task->kind->failed(task, reason);
}

static int send_message(const Pool *pool, ChannelVerb verb, uint32_t worker)
{
        return channel_send(pool->channel,
                (ChannelMessage){.verb = verb, .backend = pool->index, .worker = worker}, -1);
}

static bool is_starting(const Pool *pool)
{
        return pool->failures == 0 || pool->workers > 0;
}

static void refuse_queue(Pool *pool, const char *reason)
{
        Task *task;

        while ((task = queue_any(&pool->queue))) {
                queue_remove(&pool->queue, task);
                fail(task, reason);
        }
}

/* Several that fail together count once. */
static void schedule_restart(Pool *pool)
{
        uint64_t delay = RESTART_FIRST_USEC << pool->failures;

        if (sd_event_source_get_enabled(pool->restart, NULL) > 0)
                return;
        if (pool->failures < RESTART_DOUBLINGS)
                pool->failures++;
        (void)sd_event_source_set_time_relative(pool->restart, delay);
        (void)sd_event_source_set_enabled(pool->restart, SD_EVENT_ONESHOT);
        log_line(LOG_ERR, "worker", "%s: a worker could not be started; next try in %u ms",
                pool->backend->name, (unsigned)(delay / USEC_PER_MSEC));
}

static void start_failed(Pool *pool)
{
        schedule_restart(pool);
        if (!is_starting(pool))
                refuse_queue(pool, "no worker could be started");
}

static void request_workers(Pool *pool)
{
        if (sd_event_source_get_enabled(pool->restart, NULL) > 0)
                return;
        while (pool->workers + pool->requested < pool->backend->workers) {
                if (send_message(pool, CHANNEL_START, 0) < 0) {
                        start_failed(pool);
                        return;
                }
                pool->requested++;
        }
}

static int on_restart(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        request_workers(userdata);
        return 0;
}

static void drop_worker(Pool *pool, Worker *worker)
{
        TAILQ_REMOVE(worker->state == WORKER_IDLE ? &pool->idle : &pool->other, worker, link);
        pool->workers--;
        worker_free(worker);
}

/* The process may still be there, hung or merely deaf: the supervisor ends it. */
static void end_worker(Pool *pool, Worker *worker)
{
        bool was_ready = worker->state != WORKER_STARTING;

        (void)send_message(pool, CHANNEL_END, worker->number);
        drop_worker(pool, worker);
        if (!was_ready)
                start_failed(pool);
        request_workers(pool);
}

static void give(Pool *pool, Worker *worker, Task *task)
{
        TAILQ_REMOVE(&pool->idle, worker, link);
        TAILQ_INSERT_TAIL(&pool->other, worker, link);
        if (worker_give(worker, task, ++pool->last_job) < 0) {
                TAILQ_REMOVE(&pool->other, worker, link);
                TAILQ_INSERT_HEAD(&pool->idle, worker, link);
                end_worker(pool, worker);
                queue_done(&pool->queue, task);
                fail(task, "worker did not take the request");
        }
}

/* Has tasks done while there are some whose turn it is, and idle workers. */
static void serve_queue(Pool *pool)
{
        Worker *worker;
        Task *task;

        while ((worker = TAILQ_FIRST(&pool->idle)) && (task = queue_take(&pool->queue)))
                give(pool, worker, task);
}

static void make_idle(Pool *pool, Worker *worker)
{
        TAILQ_REMOVE(&pool->other, worker, link);
        TAILQ_INSERT_HEAD(&pool->idle, worker, link);
        serve_queue(pool);
}

/* Takes its task, if it has one, away from a worker. */
static Task *take_back(Pool *pool, Worker *worker)
{
        Task *task = worker_take(worker);

        if (task)
                queue_done(&pool->queue, task);
        return task;
}

static void break_worker(Pool *pool, Worker *worker, const char *reason)
{
        Task *task = take_back(pool, worker);

        log_line(LOG_WARNING, "worker", "%s: %s; replacing it", pool->backend->name, reason);
        end_worker(pool, worker);
        if (task)
                fail(task, reason);
        serve_queue(pool);
}

static void tell(Pool *pool, Bytes notice)
{
        uint64_t now = 0;

        if (notice.size == 0)
                return;
        (void)sd_event_now(pool->event, CLOCK_MONOTONIC, &now);
        notice_tell(&pool->notices, pool->backend->name, notice, now);
}

static void on_ready(Worker *worker, Bytes notice)
{
        Pool *pool = worker->owner;

        pool->failures = 0;
        log_line(LOG_DEBUG, "worker", "%s: worker %" PRIu32 " is ready", pool->backend->name,
                worker->number);
        tell(pool, notice);
        make_idle(pool, worker);
}

static void retire(Pool *pool, Worker *worker)
{
        TAILQ_REMOVE(&pool->other, worker, link);
        pool->workers--;
        worker_free(worker);
        request_workers(pool);
        serve_queue(pool);
}

static void on_answered(Worker *worker, Bytes body)
{
        Pool *pool = worker->owner;
        Task *task = take_back(pool, worker);
        Bytes notice = BYTES_EMPTY;

        deadline_clear(&task->deadline);
        if (!task->kind->answered(task, worker->job, body, &notice)) {
                worker->state = WORKER_BUSY;
                worker->task = task;
                break_worker(pool, worker, "worker broke the protocol");
                return;
        }
        tell(pool, notice);
        if (worker->jobs >= pool->backend->jobs_limit)
                retire(pool, worker);
        else
                make_idle(pool, worker);
}

static void on_broken(Worker *worker, const char *reason)
{
        break_worker(worker->owner, worker, reason);
}

static const WorkerHandler worker_handler = {on_ready, on_answered, on_broken};

static void on_ready_deadline(Deadline *deadline, void *userdata)
{
        Worker *worker = (Worker *)((char *)deadline - offsetof(Worker, deadline));

        break_worker(userdata, worker, "worker was not ready within 10 s");
}

static void on_answer_deadline(Deadline *deadline, void *userdata)
{
        Pool *pool = userdata;
        Task *task = (Task *)((char *)deadline - offsetof(Task, deadline));

        if (task->worker) {
                break_worker(pool, task->worker, "no answer within the deadline");
                return;
        }
        queue_remove(&pool->queue, task);
        fail(task, "no worker was free within the deadline");
}

int pool_init(Pool *pool, sd_event *event, const Config *config, unsigned index, int channel)
{
        int r;

        *pool = (Pool){
                .backend = &config->backends[index],
                .index = index,
                .event = event,
                .channel = channel,
        };
        queue_init(&pool->queue, pool->backend->workers);
        TAILQ_INIT(&pool->idle);
        TAILQ_INIT(&pool->other);
        r = deadline_queue_init(&pool->answering, event, 0, on_answer_deadline, pool);
        if (r < 0)
                return r;
        r = deadline_queue_init(
                &pool->starting, event, READY_DEADLINE_USEC, on_ready_deadline, pool);
        if (r < 0)
                return r;
        r = sd_event_add_time(
                event, &pool->restart, CLOCK_MONOTONIC, UINT64_MAX, 0, on_restart, pool);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(pool->restart, SD_EVENT_OFF);
        if (r < 0)
                return r;
        request_workers(pool);
        return 0;
}

void pool_deinit(Pool *pool)
{
        Worker *worker;

        refuse_queue(pool, "the daemon stops");
        while ((worker = TAILQ_FIRST(&pool->idle)))
                drop_worker(pool, worker);
        while ((worker = TAILQ_FIRST(&pool->other))) {
                Task *task = take_back(pool, worker);

                drop_worker(pool, worker);
                if (task)
                        fail(task, "the daemon stops");
        }
        queue_deinit(&pool->queue);
        deadline_queue_deinit(&pool->answering);
        deadline_queue_deinit(&pool->starting);
        pool->restart = sd_event_source_disable_unref(pool->restart);
}

static void turn_away(Pool *pool, Task *task)
{
        pool->overflows++;
        fail(task, "too many logins are waiting");
}

/* Whoever has most tasks waiting makes room, if that is not who wants it. */
static bool make_room(Pool *pool, const Task *task)
{
        Task *surplus;

        if (pool->queue.waiting < POOL_QUEUE_MAX)
                return true;
        surplus = queue_surplus(&pool->queue, task->asker);
        if (!surplus)
                return false;
        queue_remove(&pool->queue, surplus);
        turn_away(pool, surplus);
        return pool->queue.waiting < POOL_QUEUE_MAX;
}

void pool_submit(Pool *pool, Task *task)
{
        if (!is_starting(pool)) {
                fail(task, "no worker could be started");
                return;
        }
        if (!make_room(pool, task)) {
                turn_away(pool, task);
                return;
        }
        if (!queue_add(&pool->queue, task)) {
                fail(task, "out of memory");
                return;
        }
        deadline_set_at(&task->deadline, &pool->answering, task->expires);
        serve_queue(pool);
}

void pool_worker_started(Pool *pool, uint32_t number, int fd)
{
        Worker *worker = worker_new(pool->event, number, fd, &worker_handler, pool);

        pool->requested--;
        if (!worker) {
                (void)send_message(pool, CHANNEL_END, number);
                start_failed(pool);
                return;
        }
        TAILQ_INSERT_TAIL(&pool->other, worker, link);
        pool->workers++;
        deadline_set(&worker->deadline, &pool->starting);
}

void pool_worker_failed(Pool *pool)
{
        pool->requested--;
        start_failed(pool);
}
