/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Any bytes as what the front sends to a worker: a byte of flags, then packets, each a counted
 * string before which a byte says how many descriptors come with it. The socket keeps the packets
 * apart, so that each is read by itself, as on a stream whose other end waits.
 */

#include "backends/program.h"

#include "proto/cleanup.h"
#include "proto/counted.h"
#include "proto/frame.h"
#include "proto/job.h"
#include "proto/verdict.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "fuzz.h"

#define DESCRIPTORS_MAX 3u

typedef struct Expected {
        bool takes_descriptors;
        bool left; /* the program has seen what cannot be */
        unsigned answers;
        size_t size;          /* of what has come of a frame */
        unsigned descriptors; /* that came with it */
} Expected;

static bool set(const char *key, const char *value)
{
        (void)key;
        (void)value;
        return true;
}

static int init(char *notice)
{
        (void)notice;
        return 0;
}

/* An OK for each job that names somebody: there is none for nobody. */
static size_t answer(Bytes body, int descriptor, uint8_t *frame, size_t size)
{
        Verdict verdict = {.result = RESULT_MISMATCH};
        Job job;

        CHECK(descriptor < 0 || fcntl(descriptor, F_GETFD) == FD_CLOEXEC);
        if (!job_decode(body, &job))
                return 0;
        verdict.id = job.id;
        verdict.account = job.login;
        if (job.login.size > 0)
                verdict.result = RESULT_OK;
        return verdict_encode(&verdict, frame, size);
}

/* Returns whether the socket has taken it. */
static bool send_packet(int socket, Bytes content, unsigned descriptors)
{
        struct iovec part = {(void *)content.data, content.size};
        union {
                struct cmsghdr header; /* aligns */
                char space[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
        } control = {};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        const int fds[DESCRIPTORS_MAX] = {socket, socket, socket};

        if (descriptors > 0) {
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
                control.header.cmsg_level = SOL_SOCKET;
                control.header.cmsg_type = SCM_RIGHTS;
                control.header.cmsg_len = CMSG_LEN(descriptors * sizeof(int));
                memcpy(CMSG_DATA(&control.header), fds, descriptors * sizeof(int));
        }
        return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)content.size;
}

/* What a program does with a packet, told in another way: each frame that ends where its packet
 * ends, and with which one descriptor came at most, is answered if it is a job. */
static void expect(Expected *expected, Bytes packet, unsigned descriptors)
{
        static uint8_t frame[FRAME_MAX], answered[PROGRAM_ANSWER_MAX];
        Bytes input, body;

        if (expected->left)
                return;
        expected->descriptors += expected->takes_descriptors ? descriptors : 0;
        expected->left = expected->descriptors > 1 || expected->size + packet.size > FRAME_MAX;
        if (expected->left)
                return;
        memcpy(frame + expected->size, packet.data, packet.size);
        expected->size += packet.size;
        input = (Bytes){frame, expected->size};
        if (!frame_get(&input, &body))
                return;
        expected->left = input.size > 0 || answer(body, -1, answered, sizeof(answered)) == 0;
        expected->answers += !expected->left;
        expected->size = 0;
        expected->descriptors = 0;
}

static void send_packets(int socket, Bytes input, Expected *expected)
{
        Bytes content;

        while (input.size > 0) {
                unsigned descriptors = input.data[0] % (DESCRIPTORS_MAX + 1);

                input = (Bytes){input.data + 1, input.size - 1};
                if (!counted_get(&input, &content)) {
                        content = input;
                        input = BYTES_EMPTY;
                }
                /* an empty packet would read as the end */
                if (content.size > 0 && send_packet(socket, content, descriptors))
                        expect(expected, content, descriptors);
        }
        CHECK(shutdown(socket, SHUT_WR) == 0);
}

/* "ready", then as many answers as there were jobs, and nothing else. */
static void check_answers(int socket, const Expected *expected)
{
        static uint8_t packet[PROGRAM_ANSWER_MAX];
        unsigned count = 0;
        int error;
        socklen_t error_size = sizeof(error);
        ssize_t size;

        /* packets that the program has left unread are an error that would be told first */
        CHECK(getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &error_size) == 0);
        while ((size = recv(socket, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
                Bytes input = {packet, (size_t)size}, body, notice;
                Verdict verdict;

                CHECK(frame_get(&input, &body));
                CHECK(input.size == 0);
                CHECK(count == 0 ? ready_decode(body, &notice) : verdict_decode(body, &verdict));
                count++;
        }
        CHECK(count == 1 + expected->answers);
}

/* As the supervisor starts it; it puts /dev/null there itself, and what is left open ends with the
 * process, which here it does not. */
static void run_program(int socket, bool takes_descriptors)
{
        static char name[] = "fuzz", *arguments[] = {name, NULL};
        const Program program = {name, takes_descriptors, set, init, answer, NULL};
        int output = dup(STDOUT_FILENO);

        CHECK(output >= 0);
        CHECK(dup2(socket, STDIN_FILENO) >= 0);
        (void)program_run(&program, 1, arguments);
        CHECK(dup2(output, STDOUT_FILENO) >= 0);
        CHECK(close_range((unsigned)output, ~0u, 0) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Expected expected = {.takes_descriptors = size > 0 && data[0] & 1};
        int pair[2];

        if (size == 0)
                return 0;
        CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        send_packets(pair[0], (Bytes){data + 1, size - 1}, &expected);
        run_program(pair[1], expected.takes_descriptors);
        CHECK(close(pair[1]) == 0);
        check_answers(pair[0], &expected);
        CHECK(close(pair[0]) == 0);
        return 0;
}
