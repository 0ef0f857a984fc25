/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The mux reply: one counted string that begins with "OK" or "NO". libsasl2 reads at most 1023
 * bytes of it, looks at the first two, and leaks a descriptor in the client if the reply is not
 * complete.
 */

#include "bytes.h"

#define MUX_REPLY_TEXT_MAX 256u
#define MUX_REPLY_MAX      (2u + 3u + MUX_REPLY_TEXT_MAX)

typedef enum MuxReply {
        MUX_REPLY_NO,
        MUX_REPLY_OK,
        /* "X": of a reply shorter than two bytes libsasl2 makes SASL_FAIL (lib/checkpw.c), of which
         * Postfix makes "454 Temporary authentication failure"; QEMU refuses it like a NO. */
        MUX_REPLY_TEMPORARY,
} MuxReply;

/* Writes the whole reply, for a NO with " " and text behind it if text is not NULL (cut at
 * MUX_REPLY_TEXT_MAX bytes). Returns its size; buffer holds at least MUX_REPLY_MAX bytes. */
size_t mux_reply_encode(MuxReply reply, const char *text, uint8_t buffer[static MUX_REPLY_MAX]);

/* The text of a reply that is there as a whole. Returns true, or false if bytes are missing. */
bool mux_reply_decode(Bytes input, Bytes *text);

/* Whether libsasl2 would take the text for a yes: it looks at the first two bytes only. */
bool mux_reply_is_ok(Bytes text);
