/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe.h"

#include "daemon/cli/output.h"
#include "daemon/cli/unix_socket.h"
#include "daemon/sandbox.h"
#include "daemon/spawn.h"
#include "proto/cleanup.h"
#include "proto/frame.h"
#include "proto/job.h"
#include "proto/verdict.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PROBE_LOGIN   "saslward-doctor"
#define DEADLINE_MSEC 3000u
#define TIMEOUT_SEC   15u /* a worker has 10 s to get ready */

/* Receives a whole frame. Returns whether there is one; *body points into buffer. */
static bool receive(int fd, uint8_t buffer[static FRAME_MAX], Bytes *body)
{
        size_t used = 0;

        for (;;) {
                Bytes input = {buffer, used};
                ssize_t size;

                if (frame_get(&input, body))
                        return true;
                size = used < FRAME_MAX ? recv(fd, buffer + used, FRAME_MAX - used, 0) : 0;
                if (size <= 0)
                        return false;
                used += (size_t)size;
        }
}

static bool send_job(int fd, uint8_t buffer[static FRAME_MAX])
{
        const Job job = {
                .id = 1,
                .login = bytes_from_string(PROBE_LOGIN),
                .password = bytes_from_string(PROBE_LOGIN),
                .service = bytes_from_string(PROBE_LOGIN),
                .realm = bytes_from_string(PROBE_LOGIN),
                .time_msec = DEADLINE_MSEC,
        };
        size_t size = job_encode(&job, buffer, FRAME_MAX);

        return send(fd, buffer, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static ProbeOutcome judge(Bytes body, char **reason)
{
        Verdict verdict;

        if (!verdict_decode(body, &verdict)) {
                *reason = output_format("its worker does not keep to the protocol");
                return PROBE_UNTRIED;
        }
        if (verdict.result != RESULT_UNAVAILABLE)
                return PROBE_ANSWERED;
        *reason =
                output_format("%.*s", (int)verdict.reason.size, (const char *)verdict.reason.data);
        return PROBE_UNAVAILABLE;
}

static ProbeOutcome converse(int fd, char **reason)
{
        _cleanup_(free_pointer) uint8_t *buffer = malloc(FRAME_MAX);
        Bytes body, notice;

        if (!buffer)
                output_no_memory();
        if (!unix_socket_set_timeout(fd, TIMEOUT_SEC) || !receive(fd, buffer, &body) ||
                !ready_decode(body, &notice)) {
                *reason = output_format("its worker does not start");
                return PROBE_UNTRIED;
        }
        if (!send_job(fd, buffer) || !receive(fd, buffer, &body)) {
                *reason = output_format("its worker gives no answer");
                return PROBE_UNTRIED;
        }
        return judge(body, reason);
}

/* Starts a worker, whose notes, on standard error, are for the daemon's log. */
static pid_t start(const BackendConfig *backend, int *fd)
{
        _cleanup_(close_fd) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        _cleanup_(close_fd) int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        Privilege privilege;
        pid_t pid;

        if (null < 0 || saved < 0 || privilege_lookup(&privilege) < 0 ||
                sandbox_prepare_workers() < 0)
                return -EPERM;
        (void)dup2(null, STDERR_FILENO);
        pid = spawn_worker(backend, &privilege, fd);
        (void)dup2(saved, STDERR_FILENO);
        return pid;
}

ProbeOutcome probe_backend(const BackendConfig *backend, char **reason)
{
        _cleanup_(close_fd) int fd = -1;
        pid_t pid = start(backend, &fd);
        ProbeOutcome outcome;

        *reason = NULL;
        if (pid < 0) {
                *reason = output_format("its worker does not start");
                return PROBE_UNTRIED;
        }
        outcome = converse(fd, reason);
        (void)kill(-pid, SIGKILL);
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        return outcome;
}
