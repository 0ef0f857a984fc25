/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * MuxRequest: what a SASL program sends to the mux. Four counted strings, and from libsasl's
 * unreleased master a fifth. Nobody says in advance which of the two it is, so a request is
 * complete after four; a fifth is taken only if its bytes came along (saslauthd master waits for
 * it, and hangs all others).
 */

#include "bytes.h"

/* libsasl2 2.1.28 sends login, password, service and realm of at most 8162 bytes together
 * (lib/checkpw.c: query[8192], less 30). Our limits for each lie below that sum. */
#define MUX_NAME_MAX     1024u
#define MUX_PASSWORD_MAX 4096u
#define MUX_CLIENT_MAX   128u
#define MUX_REQUEST_MAX  (3u * (2u + MUX_NAME_MAX) + (2u + MUX_PASSWORD_MAX) + (2u + MUX_CLIENT_MAX))

typedef struct MuxRequest {
        Bytes login;
        Bytes password;
        Bytes service;
        Bytes realm;
        Bytes client; /* "ip;port" of the remote user, empty if not sent */
} MuxRequest;

typedef enum MuxRequestState {
        MUX_REQUEST_COMPLETE,
        MUX_REQUEST_INCOMPLETE, /* more bytes are needed */
        MUX_REQUEST_REFUSED,    /* no further byte can make it acceptable */
} MuxRequestState;

/* Decodes what has arrived so far, from its first byte. The views in *request point into input;
 * fields that have not arrived are empty. For REFUSED, *reason is a static text to log and to send
 * behind "NO "; a refusal for length comes as soon as the length is known. MUX_REQUEST_MAX bytes of
 * input are always enough to decide. */
MuxRequestState mux_request_decode(Bytes input, MuxRequest *request, const char **reason);

/* Encodes a request as libsasl2 does (the fifth field only if not empty), without checking limits.
 * Returns the bytes written, or 0 if size is too small or a field exceeds 65535 bytes. */
size_t mux_request_encode(const MuxRequest *request, uint8_t *buffer, size_t size);
