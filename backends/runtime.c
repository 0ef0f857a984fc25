/* SPDX-License-Identifier: BSD-2-Clause */
#include "runtime.h"

#include "backends/wiping.h"
#include "proto/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
        const Backend *backend;
        pid_t pid;
} state;

void answer_set(Answer *answer, Result result, const char *format, ...)
{
        va_list arguments;

        answer->result = result;
        va_start(arguments, format);
        (void)vsnprintf(answer->reason, sizeof(answer->reason), format, arguments);
        va_end(arguments);
}

static size_t check(const Job *job, uint8_t *frame, size_t size)
{
        Answer answer = {.result = RESULT_UNAVAILABLE};
        Verdict verdict;

        state.backend->check(job, &answer);
        wiping_clear_stack();
        if (getpid() != state.pid) /* somebody's fork() came back to us: the original answers */
                _exit(EXIT_FAILURE);
        verdict = (Verdict){
                .id = job->id,
                .result = answer.result,
                .account = bytes_from_string(answer.account),
                .reason = bytes_from_string(answer.reason),
                .notice = bytes_from_string(answer.notice),
        };
        return verdict_encode(&verdict, frame, size);
}

static size_t answer_member(const MembershipQuestion *question, uint8_t *frame, size_t size)
{
        char text[MEMBERSHIP_TEXT_MAX + 1] = "";
        Membership membership = {.id = question->id, .state = MEMBERSHIP_UNDECIDED};

        state.backend->member(question, &membership.state, text, sizeof(text));
        membership.text = bytes_from_string(text);
        return membership_encode(&membership, frame, size);
}

/* The program's answer to a frame. */
static size_t answer_frame(Bytes body, int descriptor, uint8_t *frame, size_t size)
{
        MembershipQuestion question;
        Job job;

        (void)descriptor;
        if (job_decode(body, &job))
                return check(&job, frame, size);
        if (state.backend->member && membership_question_decode(body, &question))
                return answer_member(&question, frame, size);
        return 0;
}

int backend_run(const Backend *backend, int argc, char **argv)
{
        const Program program = {
                .name = backend->name,
                .set = backend->set,
                .init = backend->init,
                .answer = answer_frame,
                .deinit = backend->deinit,
        };

        state.backend = backend;
        state.pid = getpid();
        return program_run(&program, argc, argv);
}
