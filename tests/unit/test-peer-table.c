/* SPDX-License-Identifier: BSD-2-Clause */

/* What the kernel says of a socket's other end comes from here: whose number, and which pidfd, for
 * which an eventfd stands: it becomes readable when the process ends. */

#include "daemon/peer_table.h"

#include "proto/cleanup.h"

#include "table.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static struct {
        struct ucred credentials;
        int process;
        int error; /* of SO_PEERPIDFD, or 0 */
        unsigned pidfds, questions;
        PeerPlace place;
} kernel;

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
void __wrap_pool_submit(Pool *pool, Task *task);

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
        (void)fd;
        (void)size;
        assert_int_equal(level, SOL_SOCKET);
        if (name == SO_PEERCRED) {
                memcpy(value, &kernel.credentials, sizeof(kernel.credentials));
                return 0;
        }
        assert_int_equal(name, SO_PEERPIDFD);
        kernel.pidfds++;
        errno = kernel.error;
        if (kernel.error)
                return -1;
        *(int *)value = dup(kernel.process);
        return 0;
}

/* The worker. */
void __wrap_pool_submit(Pool *pool, Task *task)
{
        const PeerReport report = {.id = 1, .place = kernel.place, .age_ms = 1000000};
        uint8_t frame[1024];
        size_t size = peer_report_encode(&report, frame, sizeof(frame));
        Bytes notice;

        (void)pool;
        kernel.questions++;
        assert_true(size > 2);
        assert_true(task->kind->answered(task, 1, (Bytes){frame + 2, size - 2}, &notice));
}

typedef struct Fixture {
        sd_event *event;
        PeerTable table;
} Fixture;

static void set_up(Fixture *fixture)
{
        assert_int_equal(sd_event_new(&fixture->event), 0);
        peer_table_init(&fixture->table, fixture->event, NULL);
        kernel.credentials = (struct ucred){.pid = 4711, .uid = 1000};
        kernel.process = eventfd(0, EFD_CLOEXEC);
        kernel.error = 0;
        kernel.pidfds = kernel.questions = 0;
        kernel.place = PEER_PLACE_ORDINARY;
        assert_true(kernel.process >= 0);
}

static void tear_down(Fixture *fixture)
{
        close_fd(&kernel.process);
        peer_table_deinit(&fixture->table);
        sd_event_unref(fixture->event);
}

/* The process of a connection over that listening socket, told apart by its serial. */
static uint64_t connects(Fixture *fixture, unsigned listen)
{
        Peer *peer = peer_table_get(&fixture->table, -1, listen);
        uint64_t serial;

        assert_non_null(peer);
        serial = peer->serial;
        assert_null(peer_unref(peer));
        return serial;
}

static void test_again(void **state)
{
        Fixture fixture;
        uint64_t first;

        (void)state;
        set_up(&fixture);
        first = connects(&fixture, 0);
        assert_int_equal(connects(&fixture, 0), first);
        assert_int_equal(kernel.pidfds, 1);
        assert_int_equal(connects(&fixture, 15), first);
        assert_int_equal(connects(&fixture, 15), first);
        assert_int_equal(kernel.pidfds, 2);
        tear_down(&fixture);
}

/* Somebody has connected elsewhere and ended, and his number has become that of one who is known.
 */
static void test_ended_elsewhere(void **state)
{
        static const int errors[] = {ESRCH, EINVAL};
        Fixture fixture;
        uint64_t known;

        (void)state;
        set_up(&fixture);
        known = connects(&fixture, 0);
        for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
                kernel.error = errors[i];
                assert_int_not_equal(connects(&fixture, 1), known);
        }
        kernel.error = 0;
        assert_int_equal(connects(&fixture, 0), known);
        tear_down(&fixture);
}

static void test_another_user(void **state)
{
        Fixture fixture;
        uint64_t known;

        (void)state;
        set_up(&fixture);
        known = connects(&fixture, 0);
        kernel.credentials.uid++;
        assert_int_not_equal(connects(&fixture, 0), known);
        tear_down(&fixture);
}

static void test_known_has_ended(void **state)
{
        Fixture fixture;
        uint64_t known;

        (void)state;
        set_up(&fixture);
        known = connects(&fixture, 0);
        assert_int_equal(eventfd_write(kernel.process, 1), 0);
        kernel.error = ESRCH;
        assert_int_not_equal(connects(&fixture, 0), known);
        assert_int_equal(kernel.pidfds, 2);
        tear_down(&fixture);
}

/* A machine for which nobody vouches: it is the same process all the time. */
static void test_undecided(void **state)
{
        Fixture fixture;
        uint64_t first;

        (void)state;
        set_up(&fixture);
        kernel.place = PEER_PLACE_MACHINE;
        first = connects(&fixture, 0);
        for (unsigned i = 2; i < 5; i++) {
                assert_int_equal(connects(&fixture, 0), first);
                assert_int_equal(kernel.questions, i);
        }
        kernel.place = PEER_PLACE_ORDINARY;
        assert_int_equal(connects(&fixture, 0), first);
        assert_int_equal(connects(&fixture, 0), first);
        assert_int_equal(kernel.questions, 5);
        tear_down(&fixture);
}

/* Who was asked about has ended, and another has his number. */
static void test_undecided_has_ended(void **state)
{
        Fixture fixture;
        uint64_t first;

        (void)state;
        set_up(&fixture);
        kernel.place = PEER_PLACE_MACHINE;
        first = connects(&fixture, 0);
        assert_int_equal(eventfd_write(kernel.process, 1), 0);
        close_fd(&kernel.process);
        kernel.process = eventfd(0, EFD_CLOEXEC);
        assert_int_not_equal(connects(&fixture, 0), first);
        tear_down(&fixture);
}

int main(void)
{
        Table table = {};

        table_add(&table, "the pidfd is fetched once a listening socket", test_again, NULL);
        table_add(&table, "another has ended elsewhere", test_ended_elsewhere, NULL);
        table_add(&table, "another user", test_another_user, NULL);
        table_add(&table, "who is known has ended", test_known_has_ended, NULL);
        table_add(&table, "undecided", test_undecided, NULL);
        table_add(&table, "undecided, and has ended", test_undecided_has_ended, NULL);
        return table_run(&table, "peer table");
}
