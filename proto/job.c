/* SPDX-License-Identifier: BSD-2-Clause */
#include "job.h"

#include "frame.h"

/* As many as say something. */
static void put_later_strings(Frame *frame, const Job *job)
{
        if (job->vm_name.size == 0 && job->vm_uuid.size == 0 && job->time_msec == 0)
                return;
        frame_put(frame, job->vm_name);
        if (job->vm_uuid.size == 0 && job->time_msec == 0)
                return;
        frame_put(frame, job->vm_uuid);
        if (job->time_msec > 0)
                frame_put_number(frame, job->time_msec);
}

size_t job_encode(const Job *job, uint8_t *buffer, size_t size)
{
        Frame frame = frame_begin(buffer, size, "check");

        frame_put_number(&frame, job->id);
        frame_put(&frame, job->login);
        frame_put(&frame, job->password);
        frame_put(&frame, job->service);
        frame_put(&frame, job->realm);
        frame_put(&frame, job->client);
        put_later_strings(&frame, job);
        return frame_end(&frame);
}

/* Takes a string that need not be there. */
static Bytes next_or_empty(Bytes *body)
{
        Bytes string;

        return frame_next(body, &string) ? string : BYTES_EMPTY;
}

static bool take_later_strings(Bytes body, Job *job)
{
        job->vm_name = next_or_empty(&body);
        job->vm_uuid = next_or_empty(&body);
        job->time_msec = 0;
        return body.size == 0 || frame_next_number(&body, &job->time_msec);
}

bool job_decode(Bytes body, Job *job)
{
        return frame_is(&body, "check") && frame_next_number(&body, &job->id) &&
               frame_next(&body, &job->login) && frame_next(&body, &job->password) &&
               frame_next(&body, &job->service) && frame_next(&body, &job->realm) &&
               frame_next(&body, &job->client) && frame_is_whole(body) &&
               take_later_strings(body, job);
}
