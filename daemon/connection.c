/* SPDX-License-Identifier: BSD-2-Clause */
#include "connection.h"

#include "daemon/log.h"
#include "proto/cleanup.h"
#include "proto/reply.h"
#include "proto/secret.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define INPUT_FIRST 512u /* holds a usual request */
#define TOO_MANY    "too many connections"
#define DRAIN_MAX   1048576u /* bytes thrown away in one go before we stop being polite */

typedef struct Connection {
        ConnectionSet *set;
        int fd;
        Secret *input;           /* until the answer is given */
        sd_event_source *source; /* once there is something to wait for */
        Deadline deadline;       /* of the set: reading, closing, then lingering */
        Login login;             /* its peer and listen are set at accept */
        bool answered;
        bool hung_up; /* an edge told so: there will be no other */
} Connection;

static Connection *from_deadline(Deadline *deadline)
{
        return (Connection *)((char *)deadline - offsetof(Connection, deadline));
}

static Connection *from_login(Login *login)
{
        return (Connection *)((char *)login - offsetof(Connection, login));
}

static Connection *from_charge(Charge *charge)
{
        return (Connection *)((char *)charge - offsetof(Connection, login.charge));
}

static void connection_free(Connection *connection)
{
        deadline_clear(&connection->deadline);
        charge_clear(&connection->login.charge);
        sd_event_source_disable_unref(connection->source);
        secret_free(connection->input);
        peer_unref(connection->login.peer);
        free(connection->login.as_vm);
        close_fd(&connection->fd);
        connection->set->count--;
        free(connection);
}

static int on_event(sd_event_source *source, int fd, uint32_t events, void *userdata);

/* Edge-triggered, so that a connection whose login is being checked can stay registered without
 * waking the loop; whoever waits must therefore have read all there was. */
static int watch(Connection *connection)
{
        if (connection->source)
                return 0;
        return sd_event_add_io(connection->set->event, &connection->source, connection->fd,
                EPOLLIN | EPOLLRDHUP | EPOLLET, on_event, connection);
}

/* Throws away what still comes. Returns true when the client has closed or is not worth waiting
 * for. */
static bool drain(Connection *connection)
{
        static uint8_t scratch[16384];
        ssize_t size;
        size_t total = 0;

        do {
                size = recv(connection->fd, scratch, sizeof(scratch), 0);
                if (size > 0) {
                        explicit_bzero(scratch, (size_t)size); /* the rest of a refused password */
                        total += (size_t)size;
                }
        } while (size > 0 && total < DRAIN_MAX);
        return !(size < 0 && errno == EAGAIN);
}

/* A fresh socket's buffer takes the few bytes of a reply at once; if not, the client is gone. */
static void send_reply(int fd, MuxReply reply, const char *text)
{
        uint8_t buffer[MUX_REPLY_MAX];
        size_t size = mux_reply_encode(reply, text, buffer);

        (void)send(fd, buffer, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)shutdown(fd, SHUT_WR);
}

static void take_reply(Login *login, MuxReply reply, const char *text)
{
        Connection *connection = from_login(login);

        connection->input = secret_free(connection->input);
        connection->answered = true;
        charge_clear(&connection->login.charge);
        atomic_fetch_add(&connection->set->shared->answered, 1);
        send_reply(connection->fd, reply, text);
        deadline_set(&connection->deadline, &connection->set->closing);
}

static void refuse(Connection *connection, Result result, const char *reason)
{
        deadline_clear(&connection->deadline);
        login_finish(&connection->login, result, bytes_from_string(reason), reason);
}

static void count(const Connection *connection, TurnedAway why)
{
        statistics_count_turned_away(connection->login.statistics, why);
}

/* Without a request there is nobody to name: such answers are no login, and are told in summary. */
static void give_up(Connection *connection, const char *reason)
{
        ConnectionSet *set = connection->set;
        uint64_t now = 0, left_out;

        deadline_clear(&connection->deadline);
        (void)sd_event_now(set->event, CLOCK_MONOTONIC, &now);
        if (log_limit(&set->incomplete, now, &left_out))
                log_line(LOG_INFO, "request",
                        "answered NO without a request: %s (and %" PRIu64 " more)", reason,
                        left_out);
        take_reply(&connection->login, MUX_REPLY_NO, reason);
}

/* Whoever only looks whether somebody listens is answered, too, but makes no line in the log. */
static void end_of_input(Connection *connection)
{
        if (secret_bytes(connection->input).size > 0) {
                count(connection, TURNED_AWAY_INCOMPLETE);
                give_up(connection, "request cut short");
                return;
        }
        deadline_clear(&connection->deadline);
        take_reply(&connection->login, MUX_REPLY_NO, NULL);
}

/* No lingering here: it would keep the very descriptor that is needed. */
static void dismiss(Connection *connection)
{
        if (!connection->answered) {
                count(connection, TURNED_AWAY_CONNECTIONS);
                give_up(connection, TOO_MANY);
        }
        (void)drain(connection);
        connection_free(connection);
}

/* Where there is no room to be made, only who has most of it gets no more. He is told so when he
 * has asked: libsasl2 leaks a descriptor if it cannot send. */
static bool is_too_many(const Connection *connection)
{
        const ConnectionSet *set = connection->set;
        const Asker *asker = connection->login.charge.asker;

        return set->is_full && asker == asker_table_heaviest(&set->dispatcher->peers.askers);
}

static void submit(Connection *connection)
{
        deadline_clear(&connection->deadline);
        if (is_too_many(connection)) {
                count(connection, TURNED_AWAY_CONNECTIONS);
                refuse(connection, RESULT_UNAVAILABLE, TOO_MANY);
                dismiss(connection);
                return;
        }
        charge_unmute(&connection->login.charge);
        dispatcher_submit(connection->set->dispatcher, &connection->login);
}

/* Acts on what has arrived so far. Returns false if more is needed. */
static bool decode(Connection *connection)
{
        const char *reason;

        switch (mux_request_decode(
                secret_bytes(connection->input), &connection->login.request, &reason)) {
        case MUX_REQUEST_INCOMPLETE: return false;
        case MUX_REQUEST_COMPLETE: submit(connection); break;
        case MUX_REQUEST_REFUSED: refuse(connection, RESULT_DENIED, reason); break;
        }
        return true;
}

/* Room for the next bytes, or NULL without memory. */
static uint8_t *input_space(Connection *connection, size_t *size)
{
        uint8_t *space;

        if (!connection->input)
                connection->input = secret_new(INPUT_FIRST);
        if (!connection->input)
                return NULL;
        space = secret_space(connection->input, size);
        if (*size > 0)
                return space;
        if (secret_grow(&connection->input, MUX_REQUEST_MAX) < 0)
                return NULL;
        return secret_space(connection->input, size);
}

typedef enum InputState {
        INPUT_PAUSED, /* all that is there has been read */
        INPUT_FULL,   /* more than any request needs has been read */
        INPUT_ENDED,  /* the client will send no more */
        INPUT_FAILED, /* out of memory */
} InputState;

/* Reads until nothing is left: a fifth field whose bytes are there must not be missed. */
static InputState read_input(Connection *connection)
{
        for (;;) {
                size_t space;
                uint8_t *buffer = input_space(connection, &space);
                ssize_t size;

                if (!buffer)
                        return INPUT_FAILED;
                size = recv(connection->fd, buffer, space, 0);
                if (size <= 0)
                        return size < 0 && errno == EAGAIN ? INPUT_PAUSED : INPUT_ENDED;
                secret_commit(connection->input, (size_t)size);
                if ((size_t)size < space && !connection->hung_up)
                        return INPUT_PAUSED;
                if (secret_bytes(connection->input).size >= MUX_REQUEST_MAX)
                        return INPUT_FULL;
        }
}

static void serve_input(Connection *connection)
{
        InputState state = read_input(connection);

        if (state == INPUT_FAILED)
                give_up(connection, "out of memory");
        else if (decode(connection))
                return;
        else if (state == INPUT_ENDED)
                end_of_input(connection);
        else if (watch(connection) < 0)
                give_up(connection, "out of memory");
        else
                charge_mute(&connection->login.charge);
}

static int on_event(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        Connection *connection = userdata;

        (void)source;
        (void)fd;
        connection->hung_up = (events & (EPOLLRDHUP | EPOLLHUP)) != 0;
        if (connection->answered) {
                if (drain(connection))
                        connection_free(connection);
        } else if (connection->deadline.queue) { /* else its login is being checked */
                serve_input(connection);
        }
        return 0;
}

/* Where a connection comes from. */
typedef struct Origin {
        unsigned listener; /* number of the listening socket */
        const ListenConfig *listen;
        AskingAs as;
} Origin;

static Connection *connection_new(ConnectionSet *set, int fd, const Origin *origin)
{
        Connection *connection = calloc(1, sizeof(*connection));

        if (!connection)
                return NULL;
        connection->login = (Login){
                .config = set->config,
                .listen = origin->listen,
                .peer = peer_table_get(&set->dispatcher->peers, fd, origin->listener),
                .reply = take_reply,
                .statistics = set->dispatcher->statistics,
                .last_askers = &set->dispatcher->last_askers,
                .audit_log = &set->dispatcher->audit_log,
                .as_vm = origin->as.vm ? strdup(origin->as.vm) : NULL,
                .promised = origin->as.number,
        };
        if (!connection->login.peer || (origin->as.vm && !connection->login.as_vm) ||
                !login_charge(&connection->login)) {
                (void)peer_unref(connection->login.peer);
                free(connection->login.as_vm);
                free(connection);
                return NULL;
        }
        connection->set = set;
        connection->fd = fd;
        return connection;
}

static void begin(ConnectionSet *set, int fd, const Origin *origin)
{
        Connection *connection = connection_new(set, fd, origin);

        atomic_fetch_add(&set->shared->accepted, 1);
        if (!connection) {
                atomic_fetch_add(&set->shared->answered, 1);
                send_reply(fd, MUX_REPLY_NO, "out of memory");
                close_fd(&fd);
                return;
        }
        set->count++;
        deadline_set(&connection->deadline, &set->reading);
        serve_input(connection);
}

void connection_accept(ConnectionSet *set, int fd, unsigned listener, const ListenConfig *listen)
{
        begin(set, fd, &(Origin){listener, listen, {}});
}

void connection_accept_as(ConnectionSet *set, int fd, const AskingAs *as)
{
        begin(set, fd,
                &(Origin){CONFIG_LISTENS_MAX, config_usual_listen(set->config, as->vm), *as});
}

void connection_overdue(Deadline *deadline, void *set)
{
        Connection *connection = from_deadline(deadline);

        (void)set;
        count(connection, TURNED_AWAY_INCOMPLETE);
        give_up(connection, "request not complete within the deadline");
}

/* Nearly every client has closed by now; the others are waited for. */
void connection_closing(Deadline *deadline, void *set)
{
        Connection *connection = from_deadline(deadline);

        if (drain(connection) || watch(connection) < 0)
                connection_free(connection);
        else
                deadline_set(&connection->deadline, &((ConnectionSet *)set)->lingering);
}

void connection_lingered(Deadline *deadline, void *set)
{
        (void)set;
        connection_free(from_deadline(deadline));
}

/* The connection that is missed least, or NULL: whoever kept his answer for longest, else the
 * oldest silent one of the asker with most. */
static Connection *find_dispensable(ConnectionSet *set)
{
        Deadline *kept = deadline_queue_first(&set->lingering);
        const Asker *asker;

        if (kept)
                return from_deadline(kept);
        asker = asker_table_heaviest(&set->dispatcher->peers.askers);
        return asker && !TAILQ_EMPTY(&asker->silent) ? from_charge(TAILQ_FIRST(&asker->silent))
                                                     : NULL;
}

void connection_make_room(ConnectionSet *set)
{
        Connection *connection = find_dispensable(set);

        set->is_full = !connection;
        if (connection)
                dismiss(connection);
}
