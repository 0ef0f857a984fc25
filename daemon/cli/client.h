/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The client's side of the mux: one question, one answer. */

#include "proto/reply.h"
#include "proto/request.h"

typedef struct MuxAnswer {
        bool ok;
        char text[MUX_REPLY_TEXT_MAX + 4]; /* as it came, NUL-terminated, cut where it is longer */
} MuxAnswer;

typedef enum MuxOutcome {
        MUX_ANSWERED,
        MUX_NO_CONNECTION, /* errno says why */
        MUX_NO_ANSWER,     /* errno says why; 0 = the server closed without a complete reply */
        MUX_TOO_LONG,      /* a field does not fit the protocol */
} MuxOutcome;

/* Asks the server at the socket path, waiting at most timeout_sec seconds for each step. */
MuxOutcome mux_ask(
        const char *path, const MuxRequest *request, unsigned timeout_sec, MuxAnswer *answer);

/* Asks on a connection, which the caller closes. */
MuxOutcome mux_ask_on(int fd, const MuxRequest *request, MuxAnswer *answer);
