/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Control: the socket on which administrators ask the front. Requests and answers are JSON objects
 * (RFC 8259), a line each; saslward-control(7) describes them. Nothing here ever waits: a client
 * that does not read his answer has it kept for him, and gets no other. Logins go first: between
 * two requests, whoever sent them, those that are there are served.
 */

#include <json-c/json_object.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

#define CONTROL_VERSION      1
#define CONTROL_CLIENTS_MAX  16u
#define CONTROL_CLIENTS_ROOT 4u /* of these are for root only */
#define CONTROL_LINE_MAX     65536u

typedef struct ControlClient ControlClient;

typedef struct ControlHandlers {
        /* Answers a request, an object whose command is that. Returns a new object, or NULL
         * without memory; to hand the connection over, sets *adopt. */
        struct json_object *(*answer)(
                void *userdata, const char *command, struct json_object *request, bool *adopt);
        /* Takes a connection over, non-blocking, after its answer has been sent; owns fd. */
        void (*adopt)(void *userdata, int fd, struct json_object *request);
        void *userdata;
} ControlHandlers;

typedef struct Control {
        sd_event *event; /* not owned */
        uid_t uid;
        gid_t gid;
        ControlHandlers handlers;
        sd_event_source *accepting;
        sd_event_source *turn; /* while anybody is connected */
        sd_event_source *end;  /* of those who are still connected when it leaves */
        bool leaving;
        TAILQ_HEAD(ControlList, ControlClient) clients;
        unsigned count;
} Control;

/* Serves the listening socket fd, non-blocking, unless it is -1. Root is served, that user, and
 * members of that group (0: nobody's). Returns 0 or a negative errno. */
int control_init(Control *control, sd_event *event, int fd, uid_t uid, gid_t gid,
        const ControlHandlers *handlers);

/* Accepts nobody more. Who is connected has his answers, if he asks soon, and is closed then:
 * count falls to 0. */
void control_stop(Control *control);

/* Closes all connections; answers that are not read yet are lost. */
void control_deinit(Control *control);

/* An answer that says what is wrong. */
struct json_object *control_error(const char *text);
