/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Recorder: a mux that answers OK and notes, byte for byte, what its client sent. It listens on
 * DIRECTORY/mux, a private directory that holds nothing else, and serves one connection at a time
 * in a thread. Nothing in it waits for longer than RECORDER_SECONDS.
 */

#include "proto/bytes.h"

#define RECORDER_SECONDS 5

typedef struct Recorder Recorder;

/* A recorder that listens, or NULL with errno set. Free with recorder_free(). */
Recorder *recorder_new(void);

/* Removes the socket and its directory; NULL is allowed. Always returns NULL. */
Recorder *recorder_free(Recorder *recorder);

const char *recorder_directory(const Recorder *recorder);
const char *recorder_path(const Recorder *recorder);

/* Serves the next connection in the background: OK when expected bytes have come, and then
 * everything until the client closes. Returns 0 or a negative errno. */
int recorder_start(Recorder *recorder, size_t expected);

/* Waits for that connection to end. Returns what was sent, valid until the next start; less than
 * expected if the client ended, or sent nothing for RECORDER_SECONDS. */
Bytes recorder_finish(Recorder *recorder);
