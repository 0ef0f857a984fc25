/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/control.h"

#include "table.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUESTS   50u
#define RUNS_MAX   1000000u
#define WAIT_USEC  5000000u
#define LINE       "{\"command\":\"count\"}\n"
#define ANSWER_MAX 256u

/* A control socket of which every answer is counted, beside a mux that always has something to do,
 * as long as it is busy. */
typedef struct Fixture {
        sd_event *event;
        sd_event_source *mux;
        Control control;
        unsigned answers, logins;
        int listener, client;
        int pipe[2]; /* is never read */
} Fixture;

static struct json_object *answer(
        void *userdata, const char *command, struct json_object *request, bool *adopt)
{
        Fixture *fixture = userdata;

        (void)command;
        (void)request;
        (void)adopt;
        fixture->answers++;
        return json_object_new_object();
}

static int on_mux(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Fixture *fixture = userdata;

        (void)source;
        (void)fd;
        (void)events;
        fixture->logins++;
        return 0;
}

static void set_up(Fixture *fixture)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        socklen_t size = sizeof(address);
        const ControlHandlers handlers = {answer, NULL, fixture};

        *fixture = (Fixture){.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0),
                .client = socket(AF_UNIX, SOCK_STREAM, 0)};
        /* by itself it has the kernel choose, unix(7) */
        assert_int_equal(bind(fixture->listener, (void *)&address, sizeof(sa_family_t)), 0);
        assert_int_equal(listen(fixture->listener, 8), 0);
        assert_int_equal(getsockname(fixture->listener, (void *)&address, &size), 0);
        assert_int_equal(sd_event_new(&fixture->event), 0);
        assert_int_equal(pipe(fixture->pipe), 0);
        assert_int_equal(write(fixture->pipe[1], "", 1), 1);
        assert_true(sd_event_add_io(fixture->event, &fixture->mux, fixture->pipe[0], EPOLLIN,
                            on_mux, fixture) >= 0);
        assert_true(sd_event_source_set_enabled(fixture->mux, SD_EVENT_OFF) >= 0);
        assert_true(control_init(&fixture->control, fixture->event, fixture->listener, geteuid(), 0,
                            &handlers) >= 0);
        assert_int_equal(connect(fixture->client, (void *)&address, size), 0);
        while (fixture->control.count == 0)
                assert_true(sd_event_run(fixture->event, WAIT_USEC) > 0);
}

static void tear_down(Fixture *fixture)
{
        control_deinit(&fixture->control);
        (void)sd_event_source_disable_unref(fixture->mux);
        (void)sd_event_unref(fixture->event);
        (void)close(fixture->listener);
        (void)close(fixture->client);
        (void)close(fixture->pipe[0]);
        (void)close(fixture->pipe[1]);
}

static void send_requests(Fixture *fixture, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                assert_int_equal(
                        send(fixture->client, LINE, strlen(LINE), 0), (ssize_t)strlen(LINE));
}

/* Whoever sends many at once has one served at a time. */
static void test_one_at_a_time(void **state)
{
        Fixture fixture;
        char answers[REQUESTS * ANSWER_MAX];

        (void)state;
        set_up(&fixture);
        send_requests(&fixture, REQUESTS);
        for (unsigned i = 0; i < RUNS_MAX && fixture.answers < REQUESTS; i++) {
                unsigned before = fixture.answers;

                assert_true(sd_event_run(fixture.event, WAIT_USEC) > 0);
                assert_true(fixture.answers - before <= 1);
        }
        assert_int_equal(fixture.answers, REQUESTS);
        assert_true(recv(fixture.client, answers, sizeof(answers), 0) > (ssize_t)REQUESTS);
        tear_down(&fixture);
}

/* Where logins never pause, it is they that are served, and now and then a request. */
static void test_logins_go_first(void **state)
{
        Fixture fixture;

        (void)state;
        set_up(&fixture);
        send_requests(&fixture, REQUESTS);
        assert_true(sd_event_source_set_enabled(fixture.mux, SD_EVENT_ON) >= 0);
        for (unsigned i = 0; i < 100; i++)
                assert_true(sd_event_run(fixture.event, WAIT_USEC) > 0);
        assert_true(fixture.answers <= 1);
        assert_true(fixture.logins >= 98);
        while (fixture.answers < 3)
                assert_true(sd_event_run(fixture.event, WAIT_USEC) > 0);
        assert_true(fixture.logins > 100 * fixture.answers);
        tear_down(&fixture);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_at_a_time),
                cmocka_unit_test(test_logins_go_first),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
