/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Digest: a keyed hash (HMAC-SHA-256, RFC 2104) over a sequence of strings, each with its length,
 * so that no two sequences run together. The key is made anew each time the daemon is started, so
 * that a digest says nothing to whoever finds one without it. Only libcrypto's context holds it,
 * which is not dumped with the front, nor swapped out where front_memory_lock() may see to that.
 */

#include "proto/bytes.h"

#define DIGEST_SIZE 32u

typedef struct Digest {
        uint8_t bytes[DIGEST_SIZE];
} Digest;

typedef struct Digester Digester;

/* Makes a key. Returns NULL without memory or randomness. Free with digester_free(). */
Digester *digester_new(void);
Digester *digester_free(Digester *digester);

/* Begins a digest, adds strings and numbers, ends it. Returns false if libcrypto failed anywhere
 * since the beginning; *digest is zeroed then. */
void digester_begin(Digester *digester);
void digester_add(Digester *digester, Bytes string);
void digester_add_folded(Digester *digester, Bytes string); /* as if ASCII's capitals were small */
void digester_add_number(Digester *digester, uint64_t number);
bool digester_end(Digester *digester, Digest *digest);
