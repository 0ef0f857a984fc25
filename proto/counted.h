/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Counted strings: a length of two bytes, most significant first, then that many bytes. The
 * saslauthd mux protocol (cyrus-sasl lib/checkpw.c, saslauthd/ipc_unix.c) and our worker frames are
 * made of them.
 */

#include "bytes.h"

#define COUNTED_HEADER 2u
#define COUNTED_MAX    65535u

/* Takes the first counted string off *input into *string, which then points into the same memory.
 * Returns true, or false and changes nothing if the input ends before the string does. */
bool counted_get(Bytes *input, Bytes *string);

/* The length the first header of input announces, or -1 if there is no whole header. */
long counted_announced(Bytes input);

/* Writes a counted string at buffer + *used and moves *used on. Returns true, or false and changes
 * nothing if it does not fit into size bytes or is longer than COUNTED_MAX. */
bool counted_put(uint8_t *buffer, size_t size, size_t *used, Bytes string);
