/* SPDX-License-Identifier: BSD-2-Clause */

/* Who is served by the control socket where its file's mode would let anybody in. */

#include "daemon/control.h"

#include "table.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_USEC 5000000u
#define LINE      "{\"command\":\"count\"}\n"

typedef struct Fixture {
        sd_event *event;
        Control control;
        unsigned answers;
        int listener;
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

static void set_up(Fixture *fixture, gid_t administrators)
{
        const struct sockaddr_un address = {.sun_family = AF_UNIX};
        const ControlHandlers handlers = {answer, NULL, fixture};

        *fixture = (Fixture){.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)};
        /* by itself it has the kernel choose, unix(7) */
        assert_int_equal(bind(fixture->listener, (const void *)&address, sizeof(sa_family_t)), 0);
        assert_int_equal(listen(fixture->listener, 8), 0);
        assert_int_equal(sd_event_new(&fixture->event), 0);
        assert_true(control_init(&fixture->control, fixture->event, fixture->listener, geteuid(),
                            administrators, &handlers) >= 0);
}

static void tear_down(Fixture *fixture)
{
        control_deinit(&fixture->control);
        (void)sd_event_unref(fixture->event);
        (void)close(fixture->listener);
}

/* A process that asks, as that user, and whether it is answered. */
typedef struct AskingRow {
        const char *name;
        gid_t administrators;
        uid_t uid;
        gid_t gid;
        gid_t group;        /* one of the others that it is in */
        size_t group_count; /* of the others */
        bool is_served;
} AskingRow;

#define ADMINISTRATORS 4242
#define SOMEBODY       65534
#define GROUPS_MAX     1024u /* of control.c */

static const AskingRow asking_rows[] = {
        {"a member", ADMINISTRATORS, SOMEBODY, SOMEBODY, ADMINISTRATORS, 1, true},
        {"a member, and of others", ADMINISTRATORS, SOMEBODY, SOMEBODY, ADMINISTRATORS, GROUPS_MAX,
                true},
        {"his own group", ADMINISTRATORS, SOMEBODY, ADMINISTRATORS, 0, 0, true},
        {"no member", ADMINISTRATORS, SOMEBODY, SOMEBODY, ADMINISTRATORS + 1, 1, false},
        {"no member, and of others", ADMINISTRATORS, SOMEBODY, SOMEBODY, ADMINISTRATORS + 1,
                GROUPS_MAX, false},
        {"in no group", ADMINISTRATORS, SOMEBODY, SOMEBODY, 0, 0, false},
        {"root's group", ADMINISTRATORS, SOMEBODY, 0, 0, 1, false},
        {"in more groups than are looked at", ADMINISTRATORS, SOMEBODY, SOMEBODY, ADMINISTRATORS,
                GROUPS_MAX + 1, false},
        {"root's group, and no administrators'", 0, SOMEBODY, 0, 0, 1, false},
        {"root", ADMINISTRATORS, 0, SOMEBODY, 0, 0, true},
};

/* Which it is in last, behind others that mean nothing. */
static void become(const AskingRow *row)
{
        gid_t groups[GROUPS_MAX + 1];

        for (size_t i = 0; i < row->group_count; i++)
                groups[i] = (gid_t)(100000 + i);
        if (row->group_count > 0)
                groups[0] = row->group;
        if (setgroups(row->group_count, groups) < 0 ||
                setresgid(row->gid, row->gid, row->gid) < 0 ||
                setresuid(row->uid, row->uid, row->uid) < 0)
                _exit(2);
}

/* Leaves with 0 if it is answered, and 1 if it is not. */
static void ask_as(const AskingRow *row, const struct sockaddr_un *address, socklen_t size)
{
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        char byte;

        become(row);
        if (fd < 0 || connect(fd, (const void *)address, size) < 0)
                _exit(2);
        (void)send(fd, LINE, strlen(LINE), MSG_NOSIGNAL);
        _exit(recv(fd, &byte, 1, 0) == 1 ? 0 : 1);
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        (void)source;
        (void)fd;
        (void)events;
        *(bool *)userdata = true;
        return 0;
}

static void test_asking(void **state)
{
        const AskingRow *row = *state;
        struct sockaddr_un address;
        socklen_t size = sizeof(address);
        sd_event_source *source = NULL;
        bool has_ended = false;
        Fixture fixture;
        int alive[2], status; /* a pipe that the process has open */
        pid_t pid;

        set_up(&fixture, row->administrators);
        assert_int_equal(getsockname(fixture.listener, (void *)&address, &size), 0);
        assert_int_equal(pipe(alive), 0);
        pid = fork();
        if (pid == 0)
                ask_as(row, &address, size);
        assert_true(pid > 0);
        (void)close(alive[1]);
        assert_true(sd_event_add_io(
                            fixture.event, &source, alive[0], EPOLLIN, on_end, &has_ended) >= 0);
        while (!has_ended)
                assert_true(sd_event_run(fixture.event, WAIT_USEC) > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), row->is_served ? 0 : 1);
        assert_int_equal(fixture.answers, row->is_served);
        (void)sd_event_source_disable_unref(source);
        (void)close(alive[0]);
        tear_down(&fixture);
}

int main(void)
{
        Table table = {};

        if (geteuid() != 0) {
                (void)puts("1..0 # SKIP it takes root to be another user");
                return 0;
        }
        table_add_rows(&table, test_asking, ROWS(asking_rows));
        return table_run(&table, "administrators");
}
