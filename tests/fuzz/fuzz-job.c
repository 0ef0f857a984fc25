/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as the body of a frame, read as a job. */

#include "proto/job.h"

#include "proto/frame.h"

#include "fuzz.h"

static void check_same(const Job *a, const Job *b)
{
        CHECK(a->id == b->id);
        CHECK(bytes_equal(a->login, b->login));
        CHECK(bytes_equal(a->password, b->password));
        CHECK(bytes_equal(a->service, b->service));
        CHECK(bytes_equal(a->realm, b->realm));
        CHECK(bytes_equal(a->client, b->client));
        CHECK(bytes_equal(a->vm_name, b->vm_name));
        CHECK(bytes_equal(a->vm_uuid, b->vm_uuid));
        CHECK(a->time_msec == b->time_msec);
}

/* There is one way to write a job: what was read begins with what is written for it. */
static void check_round_trip(Bytes body, const Job *job)
{
        static uint8_t wire[FRAME_MAX];
        size_t size = job_encode(job, wire, sizeof(wire));
        Bytes input = {wire, size}, written;
        Job again;

        CHECK(size > 0);
        CHECK(frame_get(&input, &written));
        CHECK(input.size == 0);
        CHECK(written.size <= body.size);
        CHECK(memcmp(written.data, body.data, written.size) == 0);
        CHECK(job_decode(written, &again));
        check_same(job, &again);
        CHECK(job_encode(job, wire, size - 1) == 0);
        CHECK(!job_decode((Bytes){body.data, written.size - 1}, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes body = {data, size};
        Job job;

        if (size > FRAME_MAX - 2 || !job_decode(body, &job))
                return 0;
        check_inside(job.login, body);
        check_inside(job.password, body);
        check_inside(job.service, body);
        check_inside(job.realm, body);
        check_inside(job.client, body);
        check_inside(job.vm_name, body);
        check_inside(job.vm_uuid, body);
        check_round_trip(body, &job);
        return 0;
}
