/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Verdict: a worker's answer to a Job (the frame "result"). */

#include "bytes.h"
#include "result.h"

#define VERDICT_REASON_MAX 1024u /* longer reasons are cut by whoever logs them */

typedef struct Verdict {
        uint64_t id;
        Result result;
        Bytes account; /* the account's own name, for RESULT_OK; else may be empty */
        Bytes reason;  /* for the log; may be empty */
        Bytes notice;  /* what an administrator should mend, told now and then; usually empty */
} Verdict;

/* Writes the frame into buffer. Returns its size, or 0 if it does not fit. */
size_t verdict_encode(const Verdict *verdict, uint8_t *buffer, size_t size);

/* Reads the body of a frame; the views point into it. Returns false if it is not a "result", or an
 * OK that does not say whose. */
bool verdict_decode(Bytes body, Verdict *verdict);

/* Writes the frame "ready" of a worker called name, with a notice as in a verdict. Returns its
 * size, or 0 if it does not fit. */
size_t ready_encode(const char *name, Bytes notice, uint8_t *buffer, size_t size);

/* Whether the body of a frame is a "ready" of our protocol version. If so, *notice is a view of its
 * notice, usually empty. */
bool ready_decode(Bytes body, Bytes *notice);
