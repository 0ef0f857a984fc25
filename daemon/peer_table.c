/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer_table.h"

#include "daemon/duration.h"
#include "proto/cleanup.h"

#include <assert.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5, asm-generic/socket.h */
#endif

#define ANSWER_USEC   USEC_PER_SEC
#define QUESTION_SIZE 128u

/* Where the kernel gives no pidfd with a connection, a process that is older than this is taken for
 * the one that connected: another under the same number would have to be younger. */
#define ESTABLISHED_MS 2000u

static Peer *from_task(Task *task)
{
        return (Peer *)((char *)task - offsetof(Peer, task));
}

void peer_table_init(PeerTable *table, sd_event *event, Pool *pool, unsigned max)
{
        *table = (PeerTable){.event = event, .pool = pool, .max = max};
        TAILQ_INIT(&table->order);
}

static void peer_free(Peer *peer)
{
        assert(!peer->pending && TAILQ_EMPTY(&peer->waiters));
        evidence_deinit(&peer->evidence);
        close_fd(&peer->pidfd);
        free(peer);
}

/* Takes the peer out of the table; it lives on while it is referenced. */
static void forget(Peer *peer)
{
        PeerTable *table = peer->table;

        if (!peer->kept)
                return;
        HASH_DEL(table->by_pid, peer);
        TAILQ_REMOVE(&table->order, peer, link);
        table->count--;
        peer->kept = false;
        if (peer->refs == 0)
                peer_free(peer);
}

void peer_table_deinit(PeerTable *table)
{
        Peer *peer;

        while ((peer = TAILQ_FIRST(&table->order))) {
                assert(peer->refs == 0);
                forget(peer);
        }
}

static void make_room(PeerTable *table)
{
        Peer *peer, *next;

        for (peer = TAILQ_FIRST(&table->order); peer && table->count > table->max; peer = next) {
                next = TAILQ_NEXT(peer, link);
                if (peer->refs == 0)
                        forget(peer);
        }
}

Peer *peer_unref(Peer *peer)
{
        if (peer && --peer->refs == 0 && !peer->kept)
                peer_free(peer);
        return NULL;
}

bool peer_is_known(Peer *peer, Waiter *waiter)
{
        if (peer->pending)
                TAILQ_INSERT_TAIL(&peer->waiters, waiter, link);
        return !peer->pending;
}

/* Ends the question. What may be otherwise in a moment is not kept. */
static void become_known(Peer *peer, bool lasting)
{
        peer->pending = false;
        if (!lasting)
                forget(peer);
        waiters_wake(&peer->waiters);
        (void)peer_unref(peer);
}

static Secret *encode(const Task *task, uint64_t id)
{
        const Peer *peer = from_task((Task *)task);
        const PeerQuestion question = {id, (uint32_t)peer->pid, peer->uid};
        Secret *frame = secret_new(QUESTION_SIZE);
        size_t space;
        uint8_t *buffer;

        if (!frame)
                return NULL;
        buffer = secret_space(frame, &space);
        secret_commit(frame, peer_question_encode(&question, buffer, space));
        return frame;
}

static void fail(Peer *peer, const char *reason)
{
        evidence_deinit(&peer->evidence);
        peer->evidence.text = strdup(reason);
        become_known(peer, false);
}

static bool answered(Task *task, uint64_t id, Bytes body, Bytes *notice)
{
        Peer *peer = from_task(task);
        PeerReport report;

        (void)notice;
        if (!peer_report_decode(body, &report) || report.id != id)
                return false;
        if (evidence_take(&peer->evidence, &report) < 0) {
                fail(peer, "out of memory");
                return true;
        }
        peer->evidence.exists = true;
        peer->evidence.certain = peer->from_kernel || report.age_ms >= ESTABLISHED_MS;
        become_known(
                peer, peer->evidence.certain && report.place != PEER_PLACE_UNKNOWN &&
                              identity_decide(&peer->evidence, NULL).row != IDENTITY_UNREADABLE);
        return true;
}

static void failed(Task *task, const char *reason)
{
        fail(from_task(task), reason);
}

static const TaskKind kind = {encode, answered, failed};

static bool is_alive(int pidfd)
{
        struct pollfd poll_fd = {pidfd, POLLIN, 0};

        return poll(&poll_fd, 1, 0) == 0;
}

/* The pidfd of the process that connected, or a negative errno: -ESRCH if it is gone. */
static int open_pidfd(int socket, pid_t pid, bool *from_kernel)
{
        _cleanup_(close_fd) int pidfd = -1;
        socklen_t size = sizeof(pidfd);

        *from_kernel = getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0;
        if (!*from_kernel && errno == ENOPROTOOPT)
                pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0)
                return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : -ESRCH;
        return is_alive(pidfd) ? take_fd(&pidfd) : -ESRCH;
}

static Peer *peer_new(PeerTable *table, const struct ucred *credentials, int pidfd)
{
        Peer *peer = calloc(1, sizeof(*peer));

        if (!peer)
                return NULL;
        peer->table = table;
        peer->pid = credentials->pid;
        peer->uid = credentials->uid;
        peer->pidfd = pidfd;
        peer->refs = 1;
        TAILQ_INIT(&peer->waiters);
        return peer;
}

static void keep(Peer *peer)
{
        PeerTable *table = peer->table;

        HASH_ADD_INT(table->by_pid, pid, peer);
        TAILQ_INSERT_TAIL(&table->order, peer, link);
        table->count++;
        peer->kept = true;
        make_room(table);
}

static void ask(Peer *peer)
{
        uint64_t now = 0;

        (void)sd_event_now(peer->table->event, CLOCK_MONOTONIC, &now);
        peer->pending = true;
        peer->refs++; /* the question's */
        peer->task = (Task){.kind = &kind, .expires = now + ANSWER_USEC, .fd = peer->pidfd};
        pool_submit(peer->table->pool, &peer->task);
}

/* Two living processes never share a number, so if the one that connected lives and the one that is
 * known under that number lives, they are the same. */
static Peer *find_known(PeerTable *table, const struct ucred *credentials)
{
        Peer *peer;

        HASH_FIND_INT(table->by_pid, &credentials->pid, peer);
        if (!peer)
                return NULL;
        if (peer->uid != credentials->uid || !is_alive(peer->pidfd)) {
                forget(peer);
                return NULL;
        }
        TAILQ_REMOVE(&table->order, peer, link);
        TAILQ_INSERT_TAIL(&table->order, peer, link);
        peer->refs++;
        return peer;
}

static Peer *add(PeerTable *table, const struct ucred *credentials, int pidfd, bool from_kernel)
{
        Peer *peer = peer_new(table, credentials, pidfd);

        if (!peer) {
                close_fd(&pidfd);
                return NULL;
        }
        peer->from_kernel = from_kernel;
        keep(peer);
        ask(peer);
        return peer;
}

/* Somebody of whom nothing will be known. */
static Peer *add_unknown(PeerTable *table, const struct ucred *credentials, const char *why)
{
        Peer *peer = peer_new(table, credentials, -1);

        if (peer)
                peer->evidence.text = strdup(why);
        return peer;
}

Peer *peer_table_get(PeerTable *table, int socket)
{
        struct ucred credentials = {.uid = (uid_t)-1};
        socklen_t size = sizeof(credentials);
        bool from_kernel = false;
        int pidfd;
        Peer *peer;

        (void)getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
        if (credentials.pid <= 0)
                return add_unknown(table, &credentials, "the process is in another pid namespace");
        pidfd = open_pidfd(socket, credentials.pid, &from_kernel);
        if (pidfd < 0)
                return add_unknown(table, &credentials,
                        pidfd == -ESRCH ? "the process has ended" : strerror(-pidfd));
        peer = find_known(table, &credentials);
        if (!peer)
                return add(table, &credentials, pidfd, from_kernel);
        close_fd(&pidfd);
        return peer;
}
