/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Secret: memory that has held a password at some time. It is filled through secret_space() and
 * secret_commit(), read as Bytes, and wiped before it is freed, whatever path frees it. There is
 * deliberately no function that turns one into text.
 */

#include "bytes.h"

typedef struct Secret Secret;

/* A new empty secret with room for size bytes, or NULL without memory. Free with secret_free(). */
Secret *secret_new(size_t size);

/* A new secret with a copy of content and a NUL behind it, for libraries that want a C string; NULL
 * without memory. */
Secret *secret_new_string(Bytes content);

/* Wipes and frees; NULL is allowed. Always returns NULL. */
Secret *secret_free(Secret *secret);

/* For _cleanup_(secret_freep). */
void secret_freep(Secret **secret);

/* Moves the content into a secret of size bytes (never less than it holds); the old memory is
 * wiped. Views of the old content become invalid. Returns 0, or -ENOMEM and changes nothing. */
int secret_grow(Secret **secret, size_t size);

/* Wipes the content and makes the secret empty again. */
void secret_wipe(Secret *secret);

/* What has been written so far. Valid until the secret is grown, wiped or freed. */
Bytes secret_bytes(const Secret *secret);

/* Where to write next, and how many bytes fit there (possibly 0). */
uint8_t *secret_space(Secret *secret, size_t *size);

/* Says that size bytes (at most what secret_space() gave) were written there. */
void secret_commit(Secret *secret, size_t size);
