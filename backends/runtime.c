/* SPDX-License-Identifier: BSD-2-Clause */
#include "runtime.h"

#include "proto/cleanup.h"
#include "proto/frame.h"
#include "proto/secret.h"
#include "proto/verdict.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AWAKE_NSEC 50000

static struct {
        pid_t pid;
} state;

void answer_set(Answer *answer, Result result, const char *format, ...)
{
        va_list arguments;

        answer->result = result;
        va_start(arguments, format);
        (void)vsnprintf(answer->reason, sizeof(answer->reason), format, arguments);
        va_end(arguments);
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

/* Passwords pass through here: no core dump, and nobody traces us. */
static void close_doors(void)
{
        const struct rlimit none = {0, 0};

        (void)setrlimit(RLIMIT_CORE, &none);
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        (void)signal(SIGPIPE, SIG_IGN);
}

static bool set_options(const Backend *backend, int argc, char **argv)
{
        for (int i = 1; i < argc; i++) {
                char *value = strchr(argv[i], '=');

                if (value)
                        *value++ = '\0';
                if (!value || !backend->set(argv[i], value)) {
                        (void)fprintf(stderr, "%s: unknown option: %s\n", backend->name, argv[i]);
                        return false;
                }
        }
        return true;
}

static bool send_frame(int socket, const uint8_t *frame, size_t size)
{
        return size > 0 && send(socket, frame, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool send_ready(const Backend *backend, int socket, const char *notice)
{
        uint8_t frame[NOTICE_TEXT_MAX + 256];

        return send_frame(socket, frame,
                ready_encode(backend->name, bytes_from_string(notice), frame, sizeof(frame)));
}

static int64_t now_nsec(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec * 1000000000ll + time.tv_nsec;
}

/* Stays awake for a moment, since to be woken on another processor costs as much as many a job, and
 * leaves the processor to whoever wants it meanwhile; then sleeps. */
static ssize_t receive(int socket, uint8_t *buffer, size_t size)
{
        int64_t awake_until = now_nsec() + AWAKE_NSEC;

        do {
                ssize_t received = recv(socket, buffer, size, MSG_DONTWAIT);

                if (received >= 0 || errno != EAGAIN)
                        return received;
                (void)sched_yield();
        } while (now_nsec() < awake_until);
        return recv(socket, buffer, size, 0);
}

/* Waits for a whole frame. Returns false when the front has closed the socket, or on a frame that
 * cannot be: there is one job at a time, so nothing may follow it. */
static bool receive_frame(int socket, Secret *input, Bytes *body)
{
        for (;;) {
                Bytes received = secret_bytes(input);
                size_t space;
                uint8_t *buffer;
                ssize_t size;

                if (frame_get(&received, body))
                        return received.size == 0;
                buffer = secret_space(input, &space);
                size = receive(socket, buffer, space);
                if (size < 0 && errno == EINTR)
                        continue;
                if (size <= 0)
                        return false;
                secret_commit(input, (size_t)size);
        }
}

static bool serve_one(const Backend *backend, int socket, const Job *job)
{
        uint8_t frame[2 * ANSWER_TEXT_MAX + NOTICE_TEXT_MAX + 256];
        Answer answer = {.result = RESULT_UNAVAILABLE};
        Verdict verdict;

        backend->check(job, &answer);
        if (getpid() != state.pid) /* somebody's fork() came back to us: the original answers */
                _exit(EXIT_FAILURE);
        verdict = (Verdict){
                .id = job->id,
                .result = answer.result,
                .account = bytes_from_string(answer.account),
                .reason = bytes_from_string(answer.reason),
                .notice = bytes_from_string(answer.notice),
        };
        return send_frame(socket, frame, verdict_encode(&verdict, frame, sizeof(frame)));
}

static int serve(const Backend *backend, int socket, const char *notice)
{
        _cleanup_(secret_freep) Secret *input = secret_new(FRAME_MAX);
        Bytes body;
        Job job;

        if (!input || !send_ready(backend, socket, notice))
                return EXIT_FAILURE;
        while (receive_frame(socket, input, &body)) {
                if (!job_decode(body, &job) || !serve_one(backend, socket, &job))
                        return EXIT_FAILURE;
                secret_wipe(input);
        }
        return EXIT_SUCCESS;
}

int backend_run(const Backend *backend, int argc, char **argv)
{
        _cleanup_(close_fd) int socket = take_socket();
        char notice[NOTICE_TEXT_MAX + 1] = "";
        int status, r;

        close_doors();
        if (socket < 0 || !set_options(backend, argc, argv))
                return EXIT_FAILURE;
        r = backend->init(notice);
        if (r < 0) {
                (void)fprintf(stderr, "%s: %s\n", backend->name, strerror(-r));
                return EXIT_FAILURE;
        }
        state.pid = getpid();
        status = serve(backend, socket, notice);
        if (backend->deinit)
                backend->deinit();
        return status;
}
