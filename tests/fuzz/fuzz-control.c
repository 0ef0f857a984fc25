/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes from an administrator on the control socket of a front, whose workers cannot be
 * started. */

#include "daemon/commands.h"

#include "daemon/channel.h"
#include "daemon/connection.h"
#include "proto/cleanup.h"
#include "proto/counted.h"
#include "tests/unit/parsing.h"

#include <json-c/json.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fuzz.h"

#define GENERATION   7u
#define WAIT_USEC    10000u
#define WAITS_MAX    1000u
#define ANSWERS_SIZE (64u << 20)
#define READ_SIZE    65536u /* valgrind looks at all that a read has room for */

/* One front serves all inputs, as it would serve administrators one after the other. */
static struct {
        sd_event *event;
        Parsed parsed;
        FrontMemory memory;
        Dispatcher dispatcher;
        ConnectionSet connections;
        Control control;
        Commands commands;
        struct sockaddr_un address;
        socklen_t address_size;
        int channel; /* the supervisor's end */
        uint8_t *answers;
} front;

static const char text[] = "listen /run/mux name=one\nbackend b shadow workers=1\n"
                           "permit vm=debianx with=b cache=10m\npenalty none vm=x\n";

static int listen_somewhere(void)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        front.address.sun_family = AF_UNIX; /* by itself it has the kernel choose, unix(7) */
        CHECK(bind(fd, (struct sockaddr *)&front.address, sizeof(sa_family_t)) == 0);
        CHECK(listen(fd, 8) == 0);
        front.address_size = sizeof(front.address);
        CHECK(getsockname(fd, (struct sockaddr *)&front.address, &front.address_size) == 0);
        return fd;
}

static void init_dispatcher(const Config *config)
{
        static const ConnectionHandlers handlers = {
                connection_overdue, connection_closing, connection_lingered};
        int gone[2];

        CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gone) == 0);
        close_fd(&gone[0]);
        CHECK(front_memory_init(&front.memory) == 0);
        CHECK(dispatcher_init(&front.dispatcher, front.event, config, &front.memory, gone[1], -1) ==
                0);
        CHECK(connection_set_init(&front.connections, front.event, config, &front.dispatcher,
                      shared_new(), &handlers) == 0);
}

static void init(void)
{
        ControlHandlers handlers;
        int pair[2];

        (void)log_open("fuzz", 0);
        parsed_init(&front.parsed, bytes_from_string(text));
        CHECK(front.parsed.errors == 0);
        CHECK(sd_event_new(&front.event) >= 0);
        CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        front.channel = pair[0];
        init_dispatcher(&front.parsed.config);
        front.commands = (Commands){&front.connections, &front.memory, GENERATION, pair[1]};
        handlers = commands_handlers(&front.commands);
        CHECK(control_init(&front.control, front.event, listen_somewhere(), geteuid(), 0,
                      &handlers) == 0);
        front.answers = malloc(ANSWERS_SIZE);
        CHECK(front.answers != NULL);
}

/* Sends it all and reads every answer to its end. */
static Bytes ask(Bytes input)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        size_t used = 0;
        unsigned waits = 0;
        ssize_t size;

        CHECK(connect(fd, (struct sockaddr *)&front.address, front.address_size) == 0);
        CHECK(input.size == 0 ||
                send(fd, input.data, input.size, MSG_NOSIGNAL) == (ssize_t)input.size);
        CHECK(shutdown(fd, SHUT_WR) == 0);
        while ((size = recv(fd, front.answers + used, READ_SIZE, 0)) != 0) {
                CHECK(used + 2 * READ_SIZE <= ANSWERS_SIZE);
                if (size > 0)
                        used += (size_t)size;
                else if (errno == ECONNRESET)
                        break; /* closed with requests unread: the end of the protocol */
                else if (sd_event_run(front.event, 0) == 0)
                        CHECK(sd_event_run(front.event, WAIT_USEC) >= 0 && ++waits < WAITS_MAX);
        }
        close_fd(&fd);
        while (sd_event_run(front.event, 0) > 0)
                ;
        CHECK(TAILQ_EMPTY(&front.control.clients));
        return (Bytes){front.answers, used};
}

/* Reload is all that the supervisor may be told here. */
static unsigned reloads(void)
{
        ChannelMessage message;
        unsigned count = 0;
        int fd;

        for (; channel_receive(front.channel, &message, &fd) == 1; count++)
                CHECK(message.verb == CHANNEL_RELOAD && fd < 0);
        return count;
}

/* Takes a line off. Returns false if there is none. */
static bool take_line(Bytes *input, Bytes *line)
{
        const uint8_t *end = input->size > 0 ? memchr(input->data, '\n', input->size) : NULL;

        if (!end)
                return false;
        *line = (Bytes){input->data, (size_t)(end - input->data)};
        *input = (Bytes){end + 1, input->size - line->size - 1};
        return true;
}

/* An answer is an object of this version. Returns whether it is that to "test", behind which the
 * connection is one to the mux. */
static bool check_answer(Bytes line, unsigned *reloaded)
{
        struct json_tokener *tokener = json_tokener_new();
        struct json_object *answer =
                json_tokener_parse_ex(tokener, (const char *)line.data, (int)line.size);
        struct json_object *member;
        bool hands_over;

        CHECK(json_object_is_type(answer, json_type_object));
        CHECK(json_object_object_get_ex(answer, "version", &member));
        CHECK(json_object_get_int(member) == CONTROL_VERSION);
        hands_over = json_object_object_length(answer) == 2 &&
                     json_object_object_get_ex(answer, "number", &member);
        if (json_object_object_length(answer) == 3 &&
                json_object_object_get_ex(answer, "begun", &member))
                ++*reloaded;
        json_object_put(answer);
        json_tokener_free(tokener);
        return hands_over;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes requests = {data, size}, answers, request, answer;
        unsigned reloaded = 0;
        bool on_mux = false;

        if (!front.event)
                init();
        answers = ask(requests);
        while (!on_mux && take_line(&answers, &answer)) {
                CHECK(take_line(&requests, &request));
                on_mux = check_answer(answer, &reloaded);
        }
        CHECK(reloads() == reloaded);
        if (!on_mux) {
                CHECK(answers.size == 0);
                CHECK(size >= CONTROL_LINE_MAX || !take_line(&requests, &request));
        } else if (answers.size > 0) { /* who sent more at once has not kept to the protocol */
                CHECK(requests.size == 0);
                CHECK(counted_get(&answers, &answer));
                CHECK(answers.size == 0);
                CHECK(answer.size >= 2 && memcmp(answer.data, "NO", 2) == 0);
        }
        return 0;
}
