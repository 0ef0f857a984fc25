/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include "backends/confinement.h"
#include "proto/cleanup.h"
#include "proto/frame.h"
#include "proto/secret.h"
#include "proto/verdict.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define AWAKE_NSEC 50000

/* The socket to the front, and what has arrived. */
typedef struct Line {
        int socket;
        bool takes_descriptors;
        Secret *input;
        int descriptor; /* that came with the frame, or -1 */
} Line;

static void line_deinit(Line *line)
{
        close_fd(&line->descriptor);
        close_fd(&line->socket);
        line->input = secret_free(line->input);
}

/* A library that prints or reads must not meet the front on its standard descriptors. */
static int take_socket(void)
{
        _cleanup_(close_fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

        if (null < 0 || fd < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
                return -errno;
        return fd;
}

/* Passwords pass through here, and through libraries: nothing of it is swapped out. Under a limit
 * libraries could get no more memory than that allows, which is worse; then it is where passwords
 * arrive. */
static void lock_memory(Secret *input)
{
        struct rlimit limit = {};
        size_t size;
        const uint8_t *space = secret_space(input, &size);

        (void)getrlimit(RLIMIT_MEMLOCK, &limit);
        if (limit.rlim_cur == RLIM_INFINITY)
                (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
        else
                (void)mlock(space, size);
}

/* No core dump, and nobody traces us. */
static void close_doors(void)
{
        const struct rlimit none = {0, 0};

        (void)setrlimit(RLIMIT_CORE, &none);
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        (void)signal(SIGPIPE, SIG_IGN);
}

/* One "key=value" argument: the runtime's own, or the program's. */
static bool set_option(const Program *program, const char *key, const char *value, int *filter)
{
        if (strcmp(key, CONFINEMENT_KEY) == 0)
                return confinement_parse(value, filter);
        return program->set(key, value);
}

static bool set_options(const Program *program, int argc, char **argv, int *filter)
{
        for (int i = 1; i < argc; i++) {
                char *value = strchr(argv[i], '=');

                if (value)
                        *value++ = '\0';
                if (!value || !set_option(program, argv[i], value, filter)) {
                        (void)fprintf(stderr, "%s: unknown option: %s\n", program->name, argv[i]);
                        return false;
                }
        }
        return true;
}

static bool send_frame(int socket, const uint8_t *frame, size_t size)
{
        return size > 0 && send(socket, frame, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool send_ready(const Program *program, int socket, const char *notice)
{
        uint8_t frame[NOTICE_TEXT_MAX + 256];

        return send_frame(socket, frame,
                ready_encode(program->name, bytes_from_string(notice), frame, sizeof(frame)));
}

/* Takes the descriptor out of a message. Returns false for more than one with a frame; what else
 * came is closed by leaving. */
static bool take_descriptor(Line *line, const struct msghdr *message)
{
        const struct cmsghdr *control = CMSG_FIRSTHDR(message);

        if (message->msg_flags & MSG_CTRUNC)
                return false;
        if (!control)
                return true;
        if (line->descriptor >= 0 || control->cmsg_level != SOL_SOCKET ||
                control->cmsg_type != SCM_RIGHTS || control->cmsg_len != CMSG_LEN(sizeof(int)))
                return false;
        memcpy(&line->descriptor, CMSG_DATA(control), sizeof(int));
        return true;
}

/* As recv(), and takes a descriptor that comes with it; -1 and EPROTO for descriptors that must not
 * be. */
static ssize_t receive_message(Line *line, uint8_t *buffer, size_t size, int flags)
{
        struct iovec content = {buffer, size};
        union {
                struct cmsghdr header; /* aligns */
                char space[CMSG_SPACE(2 * sizeof(int))];
        } control;
        struct msghdr message = {
                .msg_iov = &content,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof(control),
        };
        ssize_t received = recvmsg(line->socket, &message, flags | MSG_CMSG_CLOEXEC);

        if (received > 0 && !take_descriptor(line, &message)) {
                errno = EPROTO;
                return -1;
        }
        return received;
}

static ssize_t receive_now(Line *line, uint8_t *buffer, size_t size, int flags)
{
        if (line->takes_descriptors)
                return receive_message(line, buffer, size, flags);
        return recv(line->socket, buffer, size, flags);
}

static int64_t now_nsec(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Stays awake for a moment, since to be woken on another processor costs as much as many a job, and
 * leaves the processor to whoever wants it meanwhile; then sleeps. */
static ssize_t receive(Line *line, uint8_t *buffer, size_t size)
{
        int64_t awake_until = now_nsec() + AWAKE_NSEC;

        do {
                ssize_t received = receive_now(line, buffer, size, MSG_DONTWAIT);

                if (received >= 0 || errno != EAGAIN)
                        return received;
                (void)sched_yield();
        } while (now_nsec() < awake_until);
        return receive_now(line, buffer, size, 0);
}

/* Waits for a whole frame. Returns false when the front has closed the socket, or on a frame that
 * cannot be: there is one job at a time, so nothing may follow it. */
static bool receive_frame(Line *line, Bytes *body)
{
        for (;;) {
                Bytes received = secret_bytes(line->input);
                size_t space;
                uint8_t *buffer;
                ssize_t size;

                if (frame_get(&received, body))
                        return received.size == 0;
                buffer = secret_space(line->input, &space);
                size = receive(line, buffer, space);
                if (size < 0 && errno == EINTR)
                        continue;
                if (size <= 0)
                        return false;
                secret_commit(line->input, (size_t)size);
        }
}

static int serve(const Program *program, Line *line)
{
        uint8_t frame[PROGRAM_ANSWER_MAX];
        Bytes body;

        while (receive_frame(line, &body)) {
                size_t size = program->answer(body, line->descriptor, frame, sizeof(frame));

                close_fd(&line->descriptor);
                if (!send_frame(line->socket, frame, size))
                        return EXIT_FAILURE;
                secret_wipe(line->input);
        }
        return EXIT_SUCCESS;
}

static int fail(const Program *program, const char *what, int r)
{
        (void)fprintf(stderr, "%s: %s: %s\n", program->name, what, strerror(-r));
        return EXIT_FAILURE;
}

int program_run(const Program *program, int argc, char **argv)
{
        _cleanup_(line_deinit) Line line = {
                .socket = take_socket(),
                .takes_descriptors = program->takes_descriptors,
                .input = secret_new(FRAME_MAX),
                .descriptor = -1,
        };
        char notice[NOTICE_TEXT_MAX + 1] = "";
        int filter = -1;
        int status, r;

        close_doors();
        if (line.socket < 0 || !line.input || !set_options(program, argc, argv, &filter))
                return EXIT_FAILURE;
        lock_memory(line.input);
        r = program->init(notice);
        if (r < 0)
                return fail(program, "cannot start", r);
        r = confinement_enter(filter);
        if (r < 0)
                return fail(program, "cannot confine itself to its system calls", r);
        status = send_ready(program, line.socket, notice) ? serve(program, &line) : EXIT_FAILURE;
        if (program->deinit)
                program->deinit();
        return status;
}
