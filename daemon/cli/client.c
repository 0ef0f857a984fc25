/* SPDX-License-Identifier: BSD-2-Clause */
#include "client.h"

#include "daemon/cli/unix_socket.h"
#include "proto/cleanup.h"
#include "proto/secret.h"

#include <sys/socket.h>

/* Larger than our own limits: a test client must be able to show what a server does beyond them. */
#define REQUEST_MAX 66000u

/* A server may refuse before it has read everything, so a failed write is not yet the end. */
static void send_all(int fd, Bytes bytes)
{
        while (bytes.size > 0) {
                ssize_t sent = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);

                if (sent < 0)
                        return;
                bytes.data += sent;
                bytes.size -= (size_t)sent;
        }
}

static MuxOutcome take_answer(Bytes text, MuxAnswer *answer)
{
        size_t size = text.size < sizeof(answer->text) ? text.size : sizeof(answer->text) - 1;

        answer->ok = mux_reply_is_ok(text);
        if (size > 0)
                memcpy(answer->text, text.data, size);
        answer->text[size] = '\0';
        return MUX_ANSWERED;
}

static MuxOutcome receive_answer(int fd, MuxAnswer *answer)
{
        uint8_t buffer[65537];
        size_t used = 0;
        Bytes text;

        for (;;) {
                ssize_t size = recv(fd, buffer + used, sizeof(buffer) - used, 0);

                if (size <= 0) {
                        errno = size < 0 ? errno : 0;
                        return MUX_NO_ANSWER;
                }
                used += (size_t)size;
                if (mux_reply_decode((Bytes){buffer, used}, &text))
                        return take_answer(text, answer);
        }
}

/* Encodes a request. Returns false if it is too long. */
static bool encode(const MuxRequest *request, Secret *encoded)
{
        size_t space;
        uint8_t *buffer = secret_space(encoded, &space);

        space = mux_request_encode(request, buffer, space);
        secret_commit(encoded, space);
        return space > 0;
}

MuxOutcome mux_ask_on(int fd, const MuxRequest *request, MuxAnswer *answer)
{
        _cleanup_(secret_freep) Secret *encoded = secret_new(REQUEST_MAX);

        if (!encoded)
                return MUX_NO_ANSWER;
        if (!encode(request, encoded))
                return MUX_TOO_LONG;
        send_all(fd, secret_bytes(encoded));
        return receive_answer(fd, answer);
}

MuxOutcome mux_ask(
        const char *path, const MuxRequest *request, unsigned timeout_sec, MuxAnswer *answer)
{
        _cleanup_(close_fd) int fd = unix_socket_connect(path, timeout_sec);

        return fd < 0 ? MUX_NO_CONNECTION : mux_ask_on(fd, request, answer);
}
