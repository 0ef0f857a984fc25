/* SPDX-License-Identifier: BSD-2-Clause */

/* What the kernel says of a socket's other end comes from here: whose number, and which pidfd, for
 * which an eventfd stands: it becomes readable when the process ends. */

#include "daemon/peer_table.h"

#include "proto/cleanup.h"

#include "memory.h"
#include "table.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
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
        const char *unit; /* which stands for a text, too, or NULL */
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
        return *(int *)value < 0 ? -1 : 0;
}

/* The worker. */
void __wrap_pool_submit(Pool *pool, Task *task)
{
        const PeerReport report = {.id = 1,
                .place = kernel.place,
                .unit = bytes_from_string(kernel.unit),
                .text = bytes_from_string(kernel.unit),
                .age_ms = 1000000};
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
        kernel.unit = NULL;
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

static void limit_descriptors(rlim_t limit, struct rlimit *before)
{
        struct rlimit lower;

        assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
        lower = (struct rlimit){limit, before->rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
}

/* Processes of those numbers connect, one after the other. */
static void connect_all(Fixture *fixture, pid_t from, pid_t to)
{
        for (pid_t pid = from; pid <= to; pid++) {
                kernel.credentials.pid = pid;
                (void)connects(fixture, 0);
        }
}

/* Of those that ask nothing now, so many are known that an eighth of the descriptors is theirs. */
static void test_many_idle(void **state)
{
        struct rlimit before;
        Fixture fixture;

        (void)state;
        limit_descriptors(80, &before);
        set_up(&fixture);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        connect_all(&fixture, 1, 12);
        assert_int_equal(fixture.table.idle_count, 10);
        assert_int_equal(fixture.table.descriptors, 10);
        assert_int_equal(kernel.questions, 12);
        connect_all(&fixture, 3, 12);
        assert_int_equal(kernel.questions, 12);
        connect_all(&fixture, 2, 2);
        assert_int_equal(kernel.questions, 13);
        assert_int_equal(fixture.table.idle_count, 10);
        tear_down(&fixture);
}

/* No descriptor is left: whoever has asked nothing for longest makes room. Where nobody is there
 * who could, it stays unknown who asks, and he is asked about the next time. */
static void test_no_descriptor(void **state)
{
        struct rlimit before;
        Fixture fixture;
        Peer *peers[3];
        int next;

        (void)state;
        set_up(&fixture);
        connect_all(&fixture, 1, 2);
        next = dup(kernel.process);
        assert_true(next >= 0);
        assert_int_equal(close(next), 0);
        limit_descriptors((rlim_t)next, &before);
        for (pid_t pid = 3; pid <= 5; pid++) {
                kernel.credentials.pid = pid;
                peers[pid - 3] = peer_table_get(&fixture.table, -1, 0);
                assert_non_null(peers[pid - 3]);
        }
        assert_true(peers[0]->evidence.exists && peers[1]->evidence.exists);
        assert_int_equal(fixture.table.idle_count, 0);
        assert_false(peers[2]->evidence.exists);
        assert_string_equal(peers[2]->evidence.text, strerror(EMFILE));
        assert_int_equal(kernel.questions, 4);
        assert_int_equal(fixture.table.descriptors, 2);
        for (size_t i = 0; i < 3; i++)
                (void)peer_unref(peers[i]);
        connect_all(&fixture, 5, 5);
        assert_int_equal(kernel.questions, 5);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        tear_down(&fixture);
}

/* What is known of a process is all that was said, or nothing: half of it could be a way around the
 * rules. Later it is known. */
static void test_without_memory(void **state)
{
        bool complete = false;
        unsigned number = 0;

        (void)state;
        while (!complete) {
                Fixture fixture;
                Peer *peer;

                set_up(&fixture);
                kernel.unit = "a.service";
                memory_fail(++number);
                peer = peer_table_get(&fixture.table, -1, 0);
                complete = !memory_recover();
                if (peer && peer->evidence.exists)
                        assert_string_equal(peer->evidence.unit, "a.service");
                else if (peer)
                        assert_true(!peer->evidence.unit && !peer->evidence.certain);
                (void)peer_unref(peer);
                peer = peer_table_get(&fixture.table, -1, 0);
                assert_non_null(peer);
                assert_true(peer->evidence.exists);
                assert_string_equal(peer->evidence.unit, "a.service");
                (void)peer_unref(peer);
                tear_down(&fixture);
        }
        assert_true(number > 6);
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
        table_add(&table, "many who ask nothing now", test_many_idle, NULL);
        table_add(&table, "no descriptor", test_no_descriptor, NULL);
        table_add(&table, "without memory", test_without_memory, NULL);
        return table_run(&table, "peer table");
}
