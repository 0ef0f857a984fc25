/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer_table.h"

#include "daemon/duration.h"
#include "daemon/hash.h"
#include "proto/cleanup.h"

#include <assert.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5, asm-generic/socket.h */
#endif

#define ANSWER_USEC   USEC_PER_SEC
#define QUESTION_SIZE 128u

/* The table takes at most that part of the descriptors for processes that ask nothing now. */
#define DESCRIPTORS_PART 8u

/* Where the kernel gives no pidfd with a connection, a process that is older than this is taken for
 * the one that connected: another under the same number would have to be younger. */
#define ESTABLISHED_MS 2000u

static Peer *from_task(Task *task)
{
        return (Peer *)((char *)task - offsetof(Peer, task));
}

void peer_table_init(PeerTable *table, sd_event *event, Pool *pool)
{
        struct rlimit limit;

        *table = (PeerTable){.event = event, .pool = pool};
        TAILQ_INIT(&table->idle);
        table->idle_max = PEERS_MAX;
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / DESCRIPTORS_PART < PEERS_MAX)
                table->idle_max = (unsigned)(limit.rlim_cur / DESCRIPTORS_PART);
}

static void peer_free(Peer *peer)
{
        assert(!peer->pending && TAILQ_EMPTY(&peer->waiters));
        evidence_deinit(&peer->evidence);
        (void)asker_unref(peer->asker);
        peer->table->descriptors -= peer->pidfd >= 0;
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
        peer->kept = false;
        if (peer->refs > 0)
                return;
        TAILQ_REMOVE(&table->idle, peer, link);
        table->idle_count--;
        peer_free(peer);
}

void peer_table_deinit(PeerTable *table)
{
        while (table->idle_count > 0)
                forget(TAILQ_FIRST(&table->idle));
        assert(!table->by_pid && table->descriptors == 0);
        asker_table_deinit(&table->askers);
}

static void become_idle(Peer *peer)
{
        PeerTable *table = peer->table;

        TAILQ_INSERT_TAIL(&table->idle, peer, link);
        if (++table->idle_count > table->idle_max)
                forget(TAILQ_FIRST(&table->idle));
}

Peer *peer_unref(Peer *peer)
{
        if (!peer || --peer->refs > 0)
                return NULL;
        if (peer->kept)
                become_idle(peer);
        else
                peer_free(peer);
        return NULL;
}

bool peer_is_known(Peer *peer, Waiter *waiter)
{
        if (peer->pending)
                waiter_add(waiter, &peer->waiters);
        return !peer->pending;
}

Asker *peer_asker(const Peer *peer, const Identity *identity)
{
        return identity->socket_vm ? asker_get(&peer->table->askers, identity, peer->uid)
                                   : asker_ref(peer->asker);
}

/* Without memory it stays what it was. Returns whether it is settled which VM it is, if any. */
static bool set_asker(Peer *peer)
{
        Identity identity = identity_decide(&peer->evidence, NULL);
        Asker *asker = asker_get(&peer->table->askers, &identity, peer->uid);

        if (asker) {
                (void)asker_unref(peer->asker);
                peer->asker = asker;
        }
        return identity.vm.state != VM_UNDECIDED;
}

/* Ends the question. */
static void become_known(Peer *peer)
{
        peer->pending = false;
        peer->lasting = set_asker(peer);
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
        become_known(peer);
}

static uint64_t now_usec(const PeerTable *table)
{
        uint64_t now = 0;

        (void)sd_event_now(table->event, CLOCK_MONOTONIC, &now);
        return now;
}

/* Its age is counted from when it connected, not from when the answer came. */
static bool is_certain(const Peer *peer, const PeerReport *report)
{
        uint64_t waited = now_usec(peer->table) - peer->asked;

        return peer->from_kernel || report->age_ms >= ESTABLISHED_MS + waited / USEC_PER_MSEC;
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
        peer->evidence.certain = is_certain(peer, &report);
        become_known(peer);
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

/* The pidfd of the process that connected, or -1 with errno. */
static int open_pidfd(int socket, pid_t pid, bool *from_kernel)
{
        int pidfd = -1;
        socklen_t size = sizeof(pidfd);

        *from_kernel = getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0;
        if (*from_kernel)
                return pidfd;
        return errno == ENOPROTOOPT ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

/* What the kernel says of a process that is gone (pidfd_prepare(), kernel/fork.c, in turn), and
 * pidfd_open(2). */
static bool means_ended(int error)
{
        return error == EINVAL || error == ESRCH;
}

/* At the other end of a connection. */
typedef struct Process {
        int pidfd;        /* if it lives, or -1 */
        const char *text; /* why there is none */
        bool from_kernel; /* the pidfd came with the connection */
        uint64_t serial;  /* 0: it gets one */
} Process;

static Process find_process(PeerTable *table, int socket, pid_t pid)
{
        Process process = {.pidfd = -1, .text = "the process is in another pid namespace"};

        if (pid <= 0)
                return process;
        process.pidfd = open_pidfd(socket, pid, &process.from_kernel);
        while (process.pidfd < 0 && errno == EMFILE && table->idle_count > 0) {
                forget(TAILQ_FIRST(&table->idle));
                process.pidfd = open_pidfd(socket, pid, &process.from_kernel);
        }
        process.text = process.pidfd < 0 && !means_ended(errno) ? strerror(errno)
                                                                : "the process has ended";
        if (process.pidfd >= 0 && !is_alive(process.pidfd))
                close_fd(&process.pidfd);
        return process;
}

static Peer *peer_new(PeerTable *table, const struct ucred *credentials, const Process *process)
{
        Peer *peer = calloc(1, sizeof(*peer));

        if (!peer)
                return NULL;
        peer->table = table;
        peer->serial = process->serial > 0 ? process->serial : ++table->last_serial;
        peer->pid = credentials->pid;
        peer->uid = credentials->uid;
        peer->asker = asker_get(&table->askers, NULL, credentials->uid);
        if (!peer->asker) {
                free(peer);
                return NULL;
        }
        peer->pidfd = process->pidfd;
        peer->from_kernel = process->from_kernel;
        table->descriptors += process->pidfd >= 0;
        peer->refs = 1;
        TAILQ_INIT(&peer->waiters);
        return peer;
}

static void keep(Peer *peer)
{
        HASH_ADD_INT(peer->table->by_pid, pid, peer);
        peer->kept = HASH_ADDED(peer);
}

static void ask(Peer *peer)
{
        peer->asked = now_usec(peer->table);
        peer->pending = true;
        peer->refs++; /* the question's */
        peer->task = (Task){
                .kind = &kind,
                .expires = peer->asked + ANSWER_USEC,
                .fd = peer->pidfd,
                .asker = peer->asker,
        };
        pool_submit(peer->table->pool, &peer->task);
}

/* The process that is known under that number, or NULL. */
static Peer *find_known(PeerTable *table, const struct ucred *credentials)
{
        Peer *peer;

        HASH_FIND_INT(table->by_pid, &credentials->pid, peer);
        if (!peer)
                return NULL;
        if (peer->uid == credentials->uid && is_alive(peer->pidfd))
                return peer;
        forget(peer);
        return NULL;
}

static Peer *peer_ref(Peer *peer)
{
        if (peer->refs++ == 0) {
                TAILQ_REMOVE(&peer->table->idle, peer, link);
                peer->table->idle_count--;
        }
        return peer;
}

static Peer *add(PeerTable *table, const struct ucred *credentials, Process *process)
{
        Peer *peer = peer_new(table, credentials, process);

        if (!peer) {
                close_fd(&process->pidfd);
                return NULL;
        }
        if (peer->pidfd >= 0) {
                keep(peer);
                ask(peer);
        } else {
                peer->evidence.text = strdup(process->text);
                (void)set_asker(peer);
        }
        return peer;
}

static bool is_settled(const Peer *peer)
{
        return peer->pending || peer->lasting;
}

/* The serial of a process that is asked about anew, so that the channels of one console login are
 * one process's. A number alone does not tell that it is the same one. */
static uint64_t serial_of(const Peer *peer, const Process *process)
{
        return process->from_kernel || peer->evidence.certain ? peer->serial : 0;
}

/* By the pidfd of the process that connected. Two living processes never share a number, so if that
 * one lives, and the one that is known under its number lives, they are the same. */
static Peer *identify(PeerTable *table, int socket, const struct ucred *credentials)
{
        Process process = find_process(table, socket, credentials->pid);
        Peer *peer = process.pidfd >= 0 ? find_known(table, credentials) : NULL;

        if (peer && is_settled(peer)) {
                close_fd(&process.pidfd);
                return peer_ref(peer);
        }
        if (peer) {
                process.serial = serial_of(peer, &process);
                forget(peer);
        }
        return add(table, credentials, &process);
}

/* A listening socket hands out connections in the order in which they were made
 * (unix_stream_connect(), net/unix/af_unix.c). So whoever has connected over it before, and lives,
 * has had his number ever since: nobody else can have connected under it. That spares three system
 * calls, 8 % of what the front does for a request. */
Peer *peer_table_get(PeerTable *table, int socket, unsigned listener)
{
        struct ucred credentials = {.uid = (uid_t)-1};
        socklen_t size = sizeof(credentials);
        uint32_t bit = UINT32_C(1) << listener;
        Peer *peer;

        (void)getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
        peer = find_known(table, &credentials);
        if (peer && peer->listeners & bit && is_settled(peer))
                return peer_ref(peer);
        peer = identify(table, socket, &credentials);
        if (peer)
                peer->listeners |= bit;
        return peer;
}
