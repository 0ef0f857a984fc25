/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Job: the front's question to a worker, "may this login in?" (the frame "check"). */

#include "bytes.h"

typedef struct Job {
        uint64_t id; /* repeated in the verdict; a worker has one job at a time */
        Bytes login; /* the name handed over: after -r, as=, … */
        Bytes password;
        Bytes service;
        Bytes realm;  /* may be empty */
        Bytes client; /* "ip;port" of the remote user, may be empty */
        /* What follows came later, and may be missing in a frame. */
        Bytes vm_name;      /* of the VM that asks; empty: none does, or nobody told it */
        Bytes vm_uuid;      /* the same; 32 lower-case hexadecimal digits */
        uint64_t time_msec; /* how long an answer is waited for; 0 = not said */
} Job;

/* Writes the frame into buffer. Returns its size, or 0 if it does not fit. */
size_t job_encode(const Job *job, uint8_t *buffer, size_t size);

/* Reads the body of a frame; the views point into it. Returns false if it is not a "check". */
bool job_decode(Bytes body, Job *job);
