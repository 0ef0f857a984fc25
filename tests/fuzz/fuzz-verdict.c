/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as the body of a frame, read as a verdict, and as a worker's "ready". */

#include "proto/verdict.h"

#include "proto/frame.h"

#include "fuzz.h"

static uint8_t wire[FRAME_MAX];

/* The body of the frame in wire, which has size bytes. */
static Bytes written_body(size_t size)
{
        Bytes input = {wire, size}, body = BYTES_EMPTY;

        CHECK(size > 0);
        CHECK(frame_get(&input, &body));
        CHECK(input.size == 0);
        return body;
}

static void check_verdict(Bytes body, const Verdict *verdict)
{
        Bytes written = written_body(verdict_encode(verdict, wire, sizeof(wire)));
        Verdict again;

        CHECK(verdict->result <= RESULT_UNAVAILABLE);
        CHECK(verdict->result != RESULT_OK || verdict->account.size > 0);
        check_inside(verdict->account, body);
        check_inside(verdict->reason, body);
        check_inside(verdict->notice, body);
        CHECK(written.size <= body.size);
        CHECK(memcmp(written.data, body.data, written.size) == 0);
        CHECK(verdict_decode(written, &again));
        CHECK(again.id == verdict->id);
        CHECK(again.result == verdict->result);
        CHECK(bytes_equal(again.account, verdict->account));
        CHECK(bytes_equal(again.reason, verdict->reason));
        CHECK(bytes_equal(again.notice, verdict->notice));
        CHECK(!verdict_decode((Bytes){body.data, written.size - 1}, &again));
}

/* A body is a "ready" exactly if one written with its name is the beginning of it. */
static void check_ready(Bytes body)
{
        Bytes rest = body, version, name, written, notice;
        char *text;

        if (!frame_is(&rest, "ready") || !frame_next(&rest, &version) ||
                !frame_next(&rest, &name) || !bytes_equal_string(version, FRAME_VERSION) ||
                !frame_is_whole(rest)) {
                CHECK(!ready_decode(body, &notice));
                return;
        }
        CHECK(ready_decode(body, &notice));
        check_inside(notice, body);
        if (bytes_contain(name, 0))
                return;
        text = strndup((const char *)name.data, name.size);
        if (!text)
                return;
        written = written_body(ready_encode(text, notice, wire, sizeof(wire)));
        CHECK(written.size <= body.size);
        CHECK(memcmp(written.data, body.data, written.size) == 0);
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes body = {data, size}, notice;
        Verdict verdict;

        if (size > FRAME_MAX - 2)
                return 0;
        if (verdict_decode(body, &verdict)) {
                CHECK(!ready_decode(body, &notice));
                check_verdict(body, &verdict);
        }
        check_ready(body);
        return 0;
}
