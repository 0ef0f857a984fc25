/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* WorkerClient: a worker of one's own, started and asked as the daemon does, without a daemon. */

#include "daemon/config.h"
#include "proto/frame.h"

typedef struct WorkerClient {
        pid_t pid; /* 0 = there is none */
        int fd;
        uint8_t buffer[FRAME_MAX]; /* for a frame to be sent, then for what was received */
} WorkerClient;

/* Starts a worker of the backend, and waits until it is ready. Returns false if it is not within 15
 * s. To be stopped in any case. */
bool worker_client_start(WorkerClient *client, const BackendConfig *backend);

/* Sends the first size bytes of the buffer, with a descriptor, which stays the caller's, or -1.
 * *body is then the answer's, in the buffer. Returns false if there is none within 15 s. */
bool worker_client_ask(WorkerClient *client, size_t size, int descriptor, Bytes *body);

/* Ends it, and all that it has started. */
void worker_client_stop(WorkerClient *client);
