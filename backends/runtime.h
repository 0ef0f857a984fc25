/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* The backend runtime: a worker program that answers whether a login may in, one job at a time. */

#include "backends/program.h"
#include "proto/job.h"
#include "proto/membership.h"
#include "proto/result.h"

#define ANSWER_TEXT_MAX 1024u

/* What a backend says about a job. Filled with RESULT_UNAVAILABLE and empty texts beforehand. */
typedef struct Answer {
        Result result;
        char account[ANSWER_TEXT_MAX + 1]; /* the account's own name, for RESULT_OK */
        char reason[ANSWER_TEXT_MAX + 1];  /* for the log */
        char notice[NOTICE_TEXT_MAX + 1];  /* what the administrator should mend, or empty */
} Answer;

typedef struct Backend {
        const char *name;
        /* Takes one "key=value" argument. Returns whether it knows the key and likes the value. */
        bool (*set)(const char *key, const char *value);
        /* Prepares for jobs; may fill in a notice of up to NOTICE_TEXT_MAX bytes. Returns 0, or a
         * negative errno: the worker then leaves unready. */
        int (*init)(char *notice);
        /* Checks a login. The job's views are valid until it returns. */
        void (*check)(const Job *job, Answer *answer);
        void (*deinit)(void); /* or NULL */
        /* Answers whether a login is in a group that the backend knows; text, of size bytes, says
         * why it is undecided. NULL: it knows no groups. */
        void (*member)(const MembershipQuestion *question, MembershipState *answer, char *text,
                size_t size);
} Backend;

/* Runs a backend until the front closes the socket. Returns the process's exit status. */
int backend_run(const Backend *backend, int argc, char **argv);

/* Fills an answer; format gives the reason. */
void answer_set(Answer *answer, Result result, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
