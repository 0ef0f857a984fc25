/* SPDX-License-Identifier: BSD-2-Clause */
#include "recorder.h"

#include "proto/cleanup.h"
#include "proto/reply.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

struct Recorder {
        char directory[64];
        struct sockaddr_un address;
        int listener;
        pthread_t thread;
        size_t expected;
        size_t received;
        uint8_t bytes[5 * 65537];
};

/* SO_RCVTIMEO bounds accept() and recv() alike. */
static int bound(int fd)
{
        const struct timeval limit = {.tv_sec = RECORDER_SECONDS};

        return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static int listen_at(Recorder *recorder)
{
        recorder->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (recorder->listener < 0 || bound(recorder->listener) < 0)
                return -1;
        if (bind(recorder->listener, (struct sockaddr *)&recorder->address,
                    sizeof(recorder->address)) < 0)
                return -1;
        return listen(recorder->listener, 1);
}

Recorder *recorder_new(void)
{
        Recorder *recorder = calloc(1, sizeof(*recorder));

        if (!recorder)
                return NULL;
        recorder->listener = -1;
        recorder->address.sun_family = AF_UNIX;
        (void)snprintf(recorder->directory, sizeof(recorder->directory), "/tmp/recorder-XXXXXX");
        if (!mkdtemp(recorder->directory)) {
                free(recorder);
                return NULL;
        }
        (void)snprintf(recorder->address.sun_path, sizeof(recorder->address.sun_path), "%s/mux",
                recorder->directory);
        return listen_at(recorder) < 0 ? recorder_free(recorder) : recorder;
}

Recorder *recorder_free(Recorder *recorder)
{
        if (recorder) {
                close_fd(&recorder->listener);
                (void)unlink(recorder->address.sun_path);
                (void)rmdir(recorder->directory);
                free(recorder);
        }
        return NULL;
}

const char *recorder_directory(const Recorder *recorder)
{
        return recorder->directory;
}

const char *recorder_path(const Recorder *recorder)
{
        return recorder->address.sun_path;
}

/* Receives until size bytes are there. Returns false if the client ended or is silent. */
static bool receive(Recorder *recorder, int fd, size_t size)
{
        while (recorder->received < size) {
                ssize_t got = recv(
                        fd, recorder->bytes + recorder->received, size - recorder->received, 0);

                if (got <= 0)
                        return false;
                recorder->received += (size_t)got;
        }
        return true;
}

static void *serve(void *argument)
{
        Recorder *recorder = argument;
        uint8_t reply[MUX_REPLY_MAX];
        _cleanup_(close_fd) int fd = accept4(recorder->listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0 || bound(fd) < 0)
                return NULL;
        if (!receive(recorder, fd, recorder->expected))
                return NULL;
        (void)send(fd, reply, mux_reply_encode(MUX_REPLY_OK, NULL, reply), MSG_NOSIGNAL);
        (void)receive(recorder, fd, sizeof(recorder->bytes));
        return NULL;
}

int recorder_start(Recorder *recorder, size_t expected)
{
        recorder->expected = expected;
        recorder->received = 0;
        return -pthread_create(&recorder->thread, NULL, serve, recorder);
}

Bytes recorder_finish(Recorder *recorder)
{
        (void)pthread_join(recorder->thread, NULL);
        return (Bytes){recorder->bytes, recorder->received};
}
