/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include "daemon/duration.h"
#include "daemon/json_answer.h"
#include "proto/cleanup.h"

#include <errno.h>
#include <json-c/json_tokener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GROUPS_MAX    1024u
#define REQUEST_DEPTH 8

/* Logins go first. Where they never pause, those who ask here have a turn now and then all the
 * same: it is then that one wants to know how the daemon is doing. */
#define PRIORITY_BEHIND (SD_EVENT_PRIORITY_NORMAL + 10)
#define TURN_USEC       (100 * USEC_PER_MSEC)

/* Who has connected before a reload may ask after it. */
#define LEAVE_USEC (500 * USEC_PER_MSEC)

struct ControlClient {
        Control *control;
        TAILQ_ENTRY(ControlClient) link;
        int fd;
        sd_event_source *source;
        size_t used;
        char input[CONTROL_LINE_MAX];
        char *output; /* what is left of an answer, or NULL */
        size_t output_size, sent;
};

static void client_free(ControlClient *client)
{
        TAILQ_REMOVE(&client->control->clients, client, link);
        client->control->count--;
        sd_event_source_disable_unref(client->source);
        close_fd(&client->fd);
        free(client->output);
        free(client);
}

struct json_object *control_error(const char *text)
{
        struct json_object *answer = json_object_new_object();

        json_answer_add(&answer, "error", json_object_new_string(text));
        return answer;
}

/* Sends what is left. Returns false if the client is gone. */
static bool flush(ControlClient *client)
{
        while (client->sent < client->output_size) {
                ssize_t size = send(client->fd, client->output + client->sent,
                        client->output_size - client->sent, MSG_NOSIGNAL);

                if (size < 0)
                        return errno == EAGAIN;
                client->sent += (size_t)size;
        }
        free(client->output);
        client->output = NULL;
        return true;
}

/* An answer as a line, to be freed, or NULL. Where memory is short, json-c (0.16) leaves a part out
 * and says nothing. So it makes two. */
static char *line_of(struct json_object *answer)
{
        const char *text = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN);
        _cleanup_(free_pointer) char *first = text ? strdup(text) : NULL;
        char *line;

        text = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN);
        if (!first || !text || strcmp(first, text) != 0)
                return NULL;
        return asprintf(&line, "%s\n", text) < 0 ? NULL : line;
}

/* Begins to send an answer, which it frees. */
static bool send_answer(ControlClient *client, struct json_object *answer)
{
        json_answer_add(&answer, "version", json_object_new_int(CONTROL_VERSION));
        client->output = answer ? line_of(answer) : NULL;
        json_object_put(answer);
        if (!client->output)
                return false;
        client->output_size = strlen(client->output);
        client->sent = 0;
        return flush(client);
}

/* The connection goes on elsewhere, unless the client has not taken his answer at once, or already
 * sent more: then he does not keep to the protocol. */
static void hand_over(ControlClient *client, struct json_object *request)
{
        const ControlHandlers *handlers = &client->control->handlers;

        client->source = sd_event_source_disable_unref(client->source);
        if (!client->output && client->used == 0)
                handlers->adopt(handlers->userdata, take_fd(&client->fd), request);
}

static struct json_object *parse(const char *line, size_t size)
{
        struct json_tokener *tokener = json_tokener_new_ex(REQUEST_DEPTH);
        struct json_object *request;

        if (!tokener)
                return NULL;
        request = json_tokener_parse_ex(tokener, line, (int)size);
        json_tokener_free(tokener);
        return request;
}

/* Whether this front leaves, and owes him nothing. */
static bool is_done(const ControlClient *client)
{
        return client->control->leaving && !client->output && client->used == 0;
}

/* Serves a request. Returns false if the client is not to be served any more. */
static bool serve(ControlClient *client, struct json_object *request)
{
        const ControlHandlers *handlers = &client->control->handlers;
        struct json_object *command, *answer;
        bool adopt = false;

        if (json_object_object_get_ex(request, "command", &command) &&
                json_object_is_type(command, json_type_string))
                answer = handlers->answer(
                        handlers->userdata, json_object_get_string(command), request, &adopt);
        else
                answer = control_error("a request is a JSON object with a \"command\", in a line");
        if (!answer || !send_answer(client, answer))
                return false;
        if (adopt)
                hand_over(client, request);
        return !adopt && !is_done(client);
}

static const char *find_end(const ControlClient *client)
{
        return memchr(client->input, '\n', client->used);
}

/* Serves the first request, if it is there. Returns false if the client is not to be served any
 * more. */
static bool serve_first(ControlClient *client)
{
        const char *end = find_end(client);
        size_t size = end ? (size_t)(end - client->input) : 0;
        struct json_object *request;
        bool goes_on;

        if (!end)
                return client->used < sizeof(client->input);
        request = parse(client->input, size);
        client->used -= size + 1;
        memmove(client->input, end + 1, client->used);
        goes_on = serve(client, request);
        json_object_put(request);
        return goes_on;
}

/* Returns false if the client is gone. */
static bool read_input(ControlClient *client)
{
        ssize_t size = recv(
                client->fd, client->input + client->used, sizeof(client->input) - client->used, 0);

        if (size > 0)
                client->used += (size_t)size;
        return size > 0 || (size < 0 && errno == EAGAIN);
}

/* Reads, if nothing is left to be served, and serves one request. Between two of them others have
 * their turn, however many were sent. */
static bool read_and_serve(ControlClient *client)
{
        return (find_end(client) || read_input(client)) && serve_first(client);
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        ControlClient *client = userdata;
        bool goes_on = client->output ? flush(client) && !is_done(client) : read_and_serve(client);

        (void)fd;
        (void)events;
        if (!goes_on) {
                client_free(client);
                return 0;
        }
        (void)sd_event_source_set_priority(source, PRIORITY_BEHIND);
        /* who can take an answer has the next request served */
        (void)sd_event_source_set_io_events(
                source, client->output || find_end(client) ? EPOLLOUT : EPOLLIN);
        return 0;
}

/* Puts everybody beside the logins, once. */
static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
        Control *control = userdata;
        ControlClient *client;

        (void)usec;
        TAILQ_FOREACH(client, &control->clients, link)
        (void)sd_event_source_set_priority(client->source, SD_EVENT_PRIORITY_NORMAL);
        if (control->count == 0)
                return 0;
        (void)sd_event_source_set_time_relative(source, TURN_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static bool is_member(int fd, gid_t group)
{
        gid_t groups[GROUPS_MAX];
        socklen_t size = sizeof(groups);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
                return false;
        for (size_t i = 0; i < size / sizeof(groups[0]); i++)
                if (groups[i] == group)
                        return true;
        return false;
}

/* The file's mode says the same, but a directory in between can let people in who may not be. */
static bool may_control(const Control *control, int fd, const struct ucred *peer)
{
        /* our workers, too, are that user, whose group may well be the administrators' */
        if (peer->uid == geteuid())
                return peer->uid == control->uid;
        return peer->uid == 0 || peer->uid == control->uid ||
               (control->gid > 0 && (peer->gid == control->gid || is_member(fd, control->gid)));
}

/* The last places are root's, and whose the daemon is: members who leave connections open must not
 * keep them out. */
static bool has_room(const Control *control, const struct ucred *peer)
{
        bool is_first = peer->uid == 0 || peer->uid == control->uid;

        return control->count <
               (is_first ? CONTROL_CLIENTS_MAX : CONTROL_CLIENTS_MAX - CONTROL_CLIENTS_ROOT);
}

static bool is_served(const Control *control, int fd)
{
        struct ucred peer = {.uid = (uid_t)-1, .gid = (gid_t)-1};
        socklen_t size = sizeof(peer);

        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
               has_room(control, &peer) && may_control(control, fd, &peer);
}

/* Takes fd over. Returns a negative errno if that cannot be. */
static int client_new(Control *control, int fd)
{
        ControlClient *client = calloc(1, sizeof(*client));
        int r;

        if (!client) {
                close_fd(&fd);
                return -ENOMEM;
        }
        client->control = control;
        client->fd = fd;
        TAILQ_INSERT_TAIL(&control->clients, client, link);
        control->count++;
        r = sd_event_add_io(control->event, &client->source, fd, EPOLLIN, on_client, client);
        if (r >= 0)
                r = sd_event_source_set_priority(client->source, PRIORITY_BEHIND);
        if (r >= 0)
                r = sd_event_source_set_enabled(control->turn, SD_EVENT_ONESHOT);
        if (r < 0)
                client_free(client);
        return r;
}

static int on_accept(sd_event_source *source, int listener, uint32_t events, void *userdata)
{
        Control *control = userdata;
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        (void)source;
        (void)events;
        if (fd < 0)
                return 0;
        if (is_served(control, fd))
                (void)client_new(control, fd);
        else
                close_fd(&fd);
        return 0;
}

int control_init(Control *control, sd_event *event, int fd, uid_t uid, gid_t gid,
        const ControlHandlers *handlers)
{
        int r;

        *control = (Control){.event = event, .uid = uid, .gid = gid, .handlers = *handlers};
        TAILQ_INIT(&control->clients);
        if (fd < 0)
                return 0;
        r = sd_event_add_time_relative(
                event, &control->turn, CLOCK_MONOTONIC, TURN_USEC, 0, on_turn, control);
        if (r < 0)
                return r;
        return sd_event_add_io(event, &control->accepting, fd, EPOLLIN, on_accept, control);
}

static void close_all(Control *control)
{
        ControlClient *client;

        while ((client = TAILQ_FIRST(&control->clients)))
                client_free(client);
}

static int on_left(sd_event_source *source, uint64_t usec, void *userdata)
{
        (void)source;
        (void)usec;
        close_all(userdata);
        return 0;
}

void control_stop(Control *control)
{
        if (control->leaving)
                return;
        control->leaving = true;
        control->accepting = sd_event_source_disable_unref(control->accepting);
        if (control->count > 0 && sd_event_add_time_relative(control->event, &control->end,
                                          CLOCK_MONOTONIC, LEAVE_USEC, 0, on_left, control) < 0)
                close_all(control);
}

void control_deinit(Control *control)
{
        close_all(control);
        control->accepting = sd_event_source_disable_unref(control->accepting);
        control->turn = sd_event_source_disable_unref(control->turn);
        control->end = sd_event_source_disable_unref(control->end);
}
