/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A closed loop of clients: each connects, asks, reads its reply, closes, and does so again.
 *
 *      load SOCKET CLIENTS SECONDS LOGIN PASSWORD SERVICE REALM
 *
 * prints "RATE P50 P99 WRONG LATE MAX COUNT": answers a second, the median and the 99th percentile
 * of the time from connect() to the reply in microseconds, how many answers were not OK, how many
 * took more than half a second, the longest time, and how many answers there were. Who still waits
 * at the end, or when SIGTERM comes, is not counted, but waited for. With 0 seconds, each client
 * asks once, and all are counted. One process, so that it takes one core at most.
 *
 * Where a field ends in %, a number stands for that which is another with each
 * request: passwords that are guessed, and logins that no cache answers.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000ull
#define REQUEST_MAX  16384
#define CLIENTS_MAX  1024
#define DIGITS       8 /* of a request's number */
#define FIELDS       4
#define PATIENCE     (30 * NSEC_PER_SEC)
#define LATE         (NSEC_PER_SEC / 2)

typedef struct Client {
        int fd; /* -1 = not connected, as the backlog is full */
        uint64_t began;
        uint8_t reply[4]; /* its length, and "OK" or "NO" */
        size_t received;
} Client;

static struct {
        struct sockaddr_un address;
        uint8_t request[REQUEST_MAX];
        size_t request_size;
        uint8_t *numbers[FIELDS]; /* in the request */
        size_t numbers_count;
        unsigned long requests;
        uint64_t *times; /* in ns */
        size_t count, room, wrong, late;
        uint64_t began, ended;
        bool is_once, is_over;
} load;

static volatile sig_atomic_t is_told_to_end;

static void end_soon(int number)
{
        (void)number;
        is_told_to_end = 1;
}

static void fail(const char *what)
{
        (void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
        exit(EXIT_FAILURE);
}

static uint64_t now(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return (uint64_t)time.tv_sec * NSEC_PER_SEC + (uint64_t)time.tv_nsec;
}

static void add_field(const char *text)
{
        size_t copied = strlen(text);
        bool is_numbered = copied > 0 && text[copied - 1] == '%';
        size_t length = is_numbered ? --copied + DIGITS : copied;
        uint8_t *field = load.request + load.request_size + 2;

        if (load.request_size + 2 + length > sizeof(load.request)) {
                errno = EMSGSIZE;
                fail("request");
        }
        field[-2] = (uint8_t)(length >> 8);
        field[-1] = (uint8_t)length;
        memcpy(field, text, copied);
        if (is_numbered)
                load.numbers[load.numbers_count++] = field + copied;
        load.request_size += 2 + length;
}

static void number_request(void)
{
        unsigned long number = load.requests++;

        for (size_t digit = DIGITS; digit-- > 0; number /= 10)
                for (size_t i = 0; i < load.numbers_count; i++)
                        load.numbers[i][digit] = (uint8_t)('0' + number % 10);
}

static void record(uint64_t nsec)
{
        if (load.count == load.room) {
                load.room = load.room ? 2 * load.room : 65536;
                load.times = realloc(load.times, load.room * sizeof(*load.times));
                if (!load.times)
                        fail("memory");
        }
        load.times[load.count++] = nsec;
        load.late += nsec > LATE;
}

/* Returns without a connection where the backlog is full; the time runs on. */
static void ask(Client *client)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                fail("socket");
        if (connect(fd, (const struct sockaddr *)&load.address, sizeof(load.address)) < 0) {
                if (errno != EAGAIN)
                        fail("connect");
                (void)close(fd);
                return;
        }
        number_request();
        if (send(fd, load.request, load.request_size, MSG_NOSIGNAL) != (ssize_t)load.request_size)
                fail("send");
        client->fd = fd;
}

static void begin(Client *client)
{
        client->fd = -1;
        client->received = 0;
        client->began = now();
        ask(client);
}

/* saslauthd sends the length and the text each by itself. */
static void receive(Client *client)
{
        ssize_t size = recv(client->fd, client->reply + client->received,
                sizeof(client->reply) - client->received, 0);

        if (size > 0) {
                client->received += (size_t)size;
                if (client->received < sizeof(client->reply))
                        return;
        }
        (void)close(client->fd);
        client->fd = -1;
        if (!load.is_over || load.is_once) {
                if (size <= 0 || memcmp(client->reply + 2, "OK", 2) != 0)
                        load.wrong++;
                record(now() - client->began);
        }
        if (!load.is_over)
                begin(client);
}

static void serve(Client *clients, size_t count)
{
        struct pollfd polled[CLIENTS_MAX];
        bool is_backlog_full = false;

        for (size_t i = 0; i < count; i++) {
                if (clients[i].fd < 0 && !load.is_over)
                        ask(&clients[i]);
                is_backlog_full |= clients[i].fd < 0 && !load.is_over;
                polled[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
        }
        if (poll(polled, count, is_backlog_full ? 1 : 1000) < 0 && errno != EINTR)
                fail("poll");
        for (size_t i = 0; i < count; i++)
                if (polled[i].revents)
                        receive(&clients[i]);
}

static bool is_anybody_waiting(const Client *clients, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (clients[i].fd >= 0)
                        return true;
        return false;
}

/* Whatever was asked is answered before it ends: the server would work for nobody, at the cost of
 * who is measured next. */
static void run(Client *clients, size_t count, double seconds)
{
        uint64_t end = load.began + (uint64_t)(seconds * (double)NSEC_PER_SEC);

        for (size_t i = 0; i < count; i++)
                begin(&clients[i]);
        while (!is_told_to_end && now() < end)
                serve(clients, count);
        load.is_over = true;
        load.ended = now();
        while (is_anybody_waiting(clients, count) && now() < load.ended + PATIENCE)
                serve(clients, count);
        if (load.is_once)
                load.ended = now();
}

static int compare(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

static double percentile(unsigned percent)
{
        return load.count ? (double)load.times[(load.count - 1) * percent / 100] / 1000.0 : 0;
}

int main(int argc, char **argv)
{
        static Client clients[CLIENTS_MAX];
        size_t count;
        double seconds;

        if (argc != 8 || (count = strtoul(argv[2], NULL, 10)) < 1 || count > CLIENTS_MAX ||
                strlen(argv[1]) >= sizeof(load.address.sun_path)) {
                (void)fprintf(stderr,
                        "usage: load SOCKET CLIENTS SECONDS LOGIN PASSWORD SERVICE REALM\n");
                return 2;
        }
        load.address.sun_family = AF_UNIX;
        strcpy(load.address.sun_path, argv[1]);
        for (int i = 4; i < 4 + FIELDS; i++)
                add_field(argv[i]);
        (void)signal(SIGTERM, end_soon);
        load.is_once = strtod(argv[3], NULL) <= 0;
        load.began = now();
        run(clients, count, strtod(argv[3], NULL));
        seconds = (double)(load.ended - load.began) / (double)NSEC_PER_SEC;
        qsort(load.times, load.count, sizeof(*load.times), compare);
        (void)printf("%.2f %.1f %.1f %zu %zu %.1f %zu\n", (double)load.count / seconds,
                percentile(50), percentile(99), load.wrong, load.late, percentile(100), load.count);
        return EXIT_SUCCESS;
}
