/* SPDX-License-Identifier: BSD-2-Clause */
#include "job.h"

#include "frame.h"

size_t job_encode(const Job *job, uint8_t *buffer, size_t size)
{
        Frame frame = frame_begin(buffer, size, "check");

        frame_put_number(&frame, job->id);
        frame_put(&frame, job->login);
        frame_put(&frame, job->password);
        frame_put(&frame, job->service);
        frame_put(&frame, job->realm);
        frame_put(&frame, job->client);
        return frame_end(&frame);
}

bool job_decode(Bytes body, Job *job)
{
        return frame_is(&body, "check") && frame_next_number(&body, &job->id) &&
               frame_next(&body, &job->login) && frame_next(&body, &job->password) &&
               frame_next(&body, &job->service) && frame_next(&body, &job->realm) &&
               frame_next(&body, &job->client) && frame_is_whole(body);
}
