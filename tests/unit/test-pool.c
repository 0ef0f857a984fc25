/* SPDX-License-Identifier: BSD-2-Clause */

/* A worker that is started and never becomes ready. */

#include "daemon/pool.h"

#include "daemon/channel.h"
#include "proto/cleanup.h"

#include "captured_log.h"
#include "parsing.h"

#include <sys/socket.h>

#define WAIT_USEC 5000000u

typedef struct Asked {
        Task task;
        const char *failed; /* why, or NULL: it has not ended */
} Asked;

static Secret *encode(const Task *task, uint64_t id)
{
        (void)task;
        (void)id;
        fail_msg("a worker that is not ready was asked");
        return NULL;
}

static bool answered(Task *task, uint64_t id, Bytes body, Bytes *notice)
{
        (void)task;
        (void)id;
        (void)body;
        (void)notice;
        fail_msg("a worker that is not ready has answered");
        return true;
}

static void failed(Task *task, const char *reason)
{
        Asked *asked = (Asked *)task;

        assert_null(asked->failed);
        asked->failed = reason;
}

static const TaskKind kind = {encode, answered, failed};

typedef struct Fixture {
        Parsed parsed;
        sd_event *event;
        Pool pool;
        AskerTable askers;
        Asker *asker;
        int front, supervisor; /* the channel */
        CapturedLog log;
} Fixture;

static void set_up(Fixture *fixture)
{
        int channel[2];

        *fixture = (Fixture){};
        captured_log_begin(&fixture->log);
        parsed_init(&fixture->parsed, bytes_from_string("backend b shadow workers=1\n"
                                                        "permit with=b\nlisten /mux\n"));
        assert_int_equal(fixture->parsed.errors, 0);
        assert_int_equal(sd_event_new(&fixture->event), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
        fixture->front = channel[0];
        fixture->supervisor = channel[1];
        fixture->asker = asker_get(&fixture->askers, NULL, 1000);
        assert_non_null(fixture->asker);
        assert_int_equal(pool_init(&fixture->pool, fixture->event, &fixture->parsed.config, 0,
                                 fixture->front),
                0);
}

static void tear_down(Fixture *fixture)
{
        pool_deinit(&fixture->pool);
        (void)asker_unref(fixture->asker);
        asker_table_deinit(&fixture->askers);
        close_fd(&fixture->front);
        close_fd(&fixture->supervisor);
        (void)sd_event_unref(fixture->event);
        parsed_deinit(&fixture->parsed);
        captured_log_end(&fixture->log);
}

/* What the supervisor is told next. */
static void expect(Fixture *fixture, ChannelVerb verb, uint32_t worker)
{
        ChannelMessage message;
        int fd, r;

        while ((r = channel_receive(fixture->supervisor, &message, &fd)) == -EAGAIN)
                assert_true(sd_event_run(fixture->event, WAIT_USEC) > 0);
        assert_int_equal(r, 1);
        assert_int_equal(message.verb, verb);
        assert_int_equal(message.worker, worker);
}

/* Returns the worker's end of its socket. */
static int start(Fixture *fixture, uint32_t number)
{
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        pool_worker_started(&fixture->pool, number, pair[1]);
        return pair[0];
}

static void submit(Fixture *fixture, Asked *asked)
{
        *asked = (Asked){.task = {
                                 .kind = &kind,
                                 .expires = UINT64_MAX,
                                 .fd = -1,
                                 .asker = fixture->asker,
                         }};
        pool_submit(&fixture->pool, &asked->task);
}

/* The supervisor ends it, who waits is told, and soon another is started. */
static void test_never_ready(void **state)
{
        Fixture fixture;
        Asked waits, later;
        char byte;
        int worker;

        (void)state;
        set_up(&fixture);
        expect(&fixture, CHANNEL_START, 0);
        worker = start(&fixture, 7);
        submit(&fixture, &waits);
        assert_null(waits.failed);
        deadline_queue_shorten(&fixture.pool.starting, 0); /* 10 s are over */
        expect(&fixture, CHANNEL_END, 7);
        assert_int_equal(fixture.pool.workers, 0);
        assert_string_equal(waits.failed, "no worker could be started");
        assert_int_equal(read(worker, &byte, 1), 0);
        (void)close(worker);
        assert_non_null(strstr(captured_log_read(&fixture.log),
                "b: worker was not ready within 10 s; replacing it"));
        assert_non_null(strstr(fixture.log.text, "b: a worker could not be started; next try in"));
        submit(&fixture, &later);
        assert_string_equal(later.failed, "no worker could be started");
        expect(&fixture, CHANNEL_START, 0);
        tear_down(&fixture);
}

int main(void)
{
        Table table = {};

        table_add(&table, "a worker that never becomes ready", test_never_ready, NULL);
        return table_run(&table, "pool");
}
