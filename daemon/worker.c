/* SPDX-License-Identifier: BSD-2-Clause */
#include "worker.h"

#include "daemon/descriptor.h"
#include "proto/cleanup.h"
#include "proto/counted.h"
#include "proto/frame.h"
#include "proto/verdict.h"

#include <assert.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static void take_ready(Worker *worker, Bytes body)
{
        Bytes notice;

        if (!ready_decode(body, &notice)) {
                worker->handler->broken(worker, "worker does not speak our protocol");
                return;
        }
        worker->state = WORKER_IDLE;
        deadline_clear(&worker->deadline);
        worker->handler->ready(worker, notice);
}

static void take_answer(Worker *worker, Bytes body)
{
        worker->state = WORKER_IDLE;
        worker->jobs++;
        worker->handler->answered(worker, body);
}

/* What a worker may say in each state. */
static void (*const take_frame[])(Worker *worker, Bytes body) = {
        [WORKER_STARTING] = take_ready,
        [WORKER_IDLE] = NULL, /* not a byte */
        [WORKER_BUSY] = take_answer,
};

/* At most one frame is due at a time, so anything behind it is out of place, too. */
static void take_input(Worker *worker)
{
        Bytes input = {worker->input, worker->used}, body;
        bool complete;

        if (counted_announced(input) > (long)(WORKER_FRAME_MAX - COUNTED_HEADER)) {
                worker->handler->broken(worker, "worker sent an over-long answer");
                return;
        }
        complete = frame_get(&input, &body);
        if (!take_frame[worker->state] || (complete && input.size > 0)) {
                worker->handler->broken(worker, "worker spoke without being asked");
                return;
        }
        if (!complete)
                return;
        worker->used = 0;
        take_frame[worker->state](worker, body);
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Worker *worker = userdata;
        ssize_t size = recv(fd, worker->input + worker->used, sizeof(worker->input) - worker->used,
                MSG_DONTWAIT);

        (void)source;
        (void)events;
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (size <= 0) {
                worker->handler->broken(worker, "worker ended");
                return 0;
        }
        worker->used += (size_t)size;
        take_input(worker);
        return 0;
}

Worker *worker_new(
        sd_event *event, uint32_t number, int fd, const WorkerHandler *handler, void *owner)
{
        Worker *worker = calloc(1, sizeof(*worker));

        if (!worker) {
                close_fd(&fd);
                return NULL;
        }
        worker->handler = handler;
        worker->owner = owner;
        worker->number = number;
        worker->fd = fd;
        if (sd_event_add_io(event, &worker->source, fd, EPOLLIN, on_input, worker) < 0)
                return worker_free(worker);
        return worker;
}

Worker *worker_free(Worker *worker)
{
        assert(!worker->task);
        deadline_clear(&worker->deadline);
        sd_event_source_disable_unref(worker->source);
        close_fd(&worker->fd);
        free(worker);
        return NULL;
}

/* The kernel's socket buffer is larger than a frame, and there is one at a time, so a short or
 * refused write means that the worker is gone. */
int worker_give(Worker *worker, Task *task, uint64_t job)
{
        _cleanup_(secret_freep) Secret *frame = task->kind->encode(task, job);
        Bytes bytes;

        assert(worker->state == WORKER_IDLE);
        if (!frame)
                return -ENOMEM;
        bytes = secret_bytes(frame);
        if (descriptor_send(worker->fd, bytes.data, bytes.size, task->fd) != (ssize_t)bytes.size)
                return -EPIPE;
        worker->state = WORKER_BUSY;
        worker->job = job;
        worker->task = task;
        task->worker = worker;
        return 0;
}

Task *worker_take(Worker *worker)
{
        Task *task = TAKE_PTR(worker->task);

        if (task)
                task->worker = NULL;
        return task;
}
