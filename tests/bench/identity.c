/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What it adds to a request to know who asks, for a process that is known already:
 *
 *      identity
 *
 * finds the process at the other end of a connection, decides which VM it is, and writes that for
 * the log, all as the daemon does; and beside it the kernel's part of that, the system calls alone.
 * The connections are made before, each is looked at once. Prints "WHAT MICROSECONDS" a line,
 * medians.
 */

#include "daemon/peer_table.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#define ROUNDS      31u
#define CONNECTIONS 400u /* a round */
#define ANSWER_SIZE 512u

/* The worker, which is asked once. */
void __wrap_pool_submit(Pool *unused, Task *task);

void __wrap_pool_submit(Pool *unused, Task *task)
{
        static const char uuid[] = "407c43312f36484b960d38b2a6d88363";
        const PeerReport report = {
                .place = PEER_PLACE_MACHINE,
                .unit = bytes_from_string("machine-qemu\\x2d1\\x2ddebianx.scope"),
                .age_ms = 60000,
                .sightings = {[PEER_SOURCE_LIBVIRT] = {.state = SIGHTING_NAMED,
                                      .name = bytes_from_string("debianx")},
                        [PEER_SOURCE_MACHINED] = {.state = SIGHTING_NAMED,
                                .uuid = bytes_from_string(uuid)}},
        };
        uint8_t frame[ANSWER_SIZE];
        size_t size = peer_report_encode(&report, frame, sizeof(frame));
        Bytes body = {frame + 2, size - 2}, notice = {NULL, 0};

        (void)unused;
        if (size == 0 || !task->kind->answered(task, 0, body, &notice)) {
                (void)fprintf(stderr, "identity: the report was not taken\n");
                exit(1);
        }
}

static void die(const char *what)
{
        (void)fprintf(stderr, "identity: %s: %s\n", what, strerror(errno));
        exit(1);
}

static double now(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static double median(double values[static ROUNDS])
{
        qsort(values, ROUNDS, sizeof(*values), compare);
        return values[ROUNDS / 2];
}

/* All that is done for a request. */
static void know(PeerTable *table, int fd)
{
        char text[1024];
        Peer *peer = peer_table_get(table, fd, 0);
        Waiter waiter = {};
        Identity identity;

        if (!peer || !peer_is_known(peer, &waiter))
                die("nobody");
        identity = identity_decide(&peer->evidence, NULL);
        if (identity.vm.state != VM_KNOWN)
                die("no VM");
        (void)identity_format(&identity, text, sizeof(text));
        (void)peer_unref(peer);
}

/* The same without what is ours: whose number it is, and whether he whom we know lives. */
static void ask_kernel(PeerTable *table, int fd)
{
        struct ucred credentials;
        socklen_t size = sizeof(credentials);
        struct pollfd poll_fd = {table->by_pid->pidfd, POLLIN, 0};

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0 ||
                poll(&poll_fd, 1, 0) != 0)
                die("SO_PEERCRED");
}

static double measure(PeerTable *table, void (*part)(PeerTable *table, int fd))
{
        double values[ROUNDS];
        int pairs[CONNECTIONS][2];

        for (size_t round = 0; round < ROUNDS; round++) {
                double start;

                for (size_t i = 0; i < CONNECTIONS; i++)
                        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]) < 0)
                                die("socketpair");
                start = now();
                for (size_t i = 0; i < CONNECTIONS; i++)
                        part(table, pairs[i][0]);
                values[round] = (now() - start) / CONNECTIONS;
                for (size_t i = 0; i < CONNECTIONS; i++) {
                        (void)close(pairs[i][0]);
                        (void)close(pairs[i][1]);
                }
        }
        return median(values);
}

int main(void)
{
        PeerTable table;
        sd_event *event;

        if (sd_event_new(&event) < 0)
                die("sd_event_new");
        peer_table_init(&table, event, NULL);
        (void)printf("known process %.2f\n", measure(&table, know));
        (void)printf("system calls alone %.2f\n", measure(&table, ask_kernel));
        peer_table_deinit(&table);
        sd_event_unref(event);
        return 0;
}
