/* SPDX-License-Identifier: BSD-2-Clause */
#include "worker_client.h"

#include "daemon/cli/unix_socket.h"
#include "daemon/descriptor.h"
#include "daemon/sandbox.h"
#include "daemon/spawn.h"
#include "proto/cleanup.h"
#include "proto/verdict.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define TIMEOUT_SEC 15u /* a worker has 10 s to get ready */

/* Receives a whole frame into the buffer. */
static bool receive(WorkerClient *client, Bytes *body)
{
        size_t used = 0;

        for (;;) {
                Bytes input = {client->buffer, used};
                ssize_t size;

                if (frame_get(&input, body))
                        return true;
                size = used < FRAME_MAX
                               ? recv(client->fd, client->buffer + used, FRAME_MAX - used, 0)
                               : 0;
                if (size <= 0)
                        return false;
                used += (size_t)size;
        }
}

/* What it and the daemon's code note on standard error is for the daemon's log. */
static pid_t spawn_silently(const BackendConfig *backend, int *fd)
{
        _cleanup_(close_fd) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        _cleanup_(close_fd) int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        Privilege privilege;
        pid_t pid = -EPERM;

        if (null < 0 || saved < 0)
                return pid;
        (void)dup2(null, STDERR_FILENO);
        if (privilege_lookup(&privilege) == 0 && sandbox_prepare() == 0)
                pid = spawn_worker(backend, &privilege, fd);
        (void)dup2(saved, STDERR_FILENO);
        return pid;
}

bool worker_client_start(WorkerClient *client, const BackendConfig *backend)
{
        Bytes body, notice;

        client->fd = -1;
        client->pid = spawn_silently(backend, &client->fd);
        if (client->pid < 0) {
                client->pid = 0;
                return false;
        }
        return unix_socket_set_timeout(client->fd, TIMEOUT_SEC) && receive(client, &body) &&
               ready_decode(body, &notice);
}

bool worker_client_ask(WorkerClient *client, size_t size, int descriptor, Bytes *body)
{
        return size > 0 &&
               descriptor_send(client->fd, client->buffer, size, descriptor) == (ssize_t)size &&
               receive(client, body);
}

void worker_client_stop(WorkerClient *client)
{
        close_fd(&client->fd);
        if (client->pid == 0)
                return;
        (void)kill(-client->pid, SIGKILL);
        (void)kill(client->pid, SIGKILL);
        (void)waitpid(client->pid, NULL, 0);
        client->pid = 0;
}
