/* SPDX-License-Identifier: BSD-2-Clause */
#include "worker.h"

#include "proto/cleanup.h"
#include "proto/counted.h"
#include "proto/frame.h"
#include "proto/secret.h"

#include <assert.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* What a "check" frame has besides its fields: headers, verb, and a number of at most 20 digits. */
#define JOB_OVERHEAD 64u

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

static void take_verdict(Worker *worker, Bytes body)
{
        Verdict verdict;

        if (!verdict_decode(body, &verdict) || verdict.id != worker->job) {
                worker->handler->broken(worker, "worker broke the protocol");
                return;
        }
        worker->state = WORKER_IDLE;
        worker->jobs++;
        worker->handler->answered(worker, &verdict);
}

/* What a worker may say in each state. */
static void (*const take_frame[])(Worker *worker, Bytes body) = {
        [WORKER_STARTING] = take_ready,
        [WORKER_IDLE] = NULL, /* not a byte */
        [WORKER_BUSY] = take_verdict,
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
        assert(!worker->login);
        deadline_clear(&worker->deadline);
        sd_event_source_disable_unref(worker->source);
        close_fd(&worker->fd);
        free(worker);
        return NULL;
}

/* The kernel's socket buffer is larger than a job, and there is one job at a time, so a short or
 * refused write means that the worker is gone. */
int worker_give(Worker *worker, Login *login, uint64_t job)
{
        const Job question = login_job(login, job);
        _cleanup_(secret_freep) Secret *frame =
                secret_new(JOB_OVERHEAD + question.login.size + question.password.size +
                           question.service.size + question.realm.size + question.client.size);
        size_t space;
        uint8_t *buffer;

        assert(worker->state == WORKER_IDLE);
        if (!frame)
                return -ENOMEM;
        buffer = secret_space(frame, &space);
        space = job_encode(&question, buffer, space);
        secret_commit(frame, space);
        if (space == 0)
                return -EMSGSIZE;
        if (send(worker->fd, buffer, space, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)space)
                return -EPIPE;
        worker->state = WORKER_BUSY;
        worker->job = job;
        worker->login = login;
        login->worker = worker;
        return 0;
}

Login *worker_take(Worker *worker)
{
        Login *login = TAKE_PTR(worker->login);

        if (login)
                login->worker = NULL;
        return login;
}
