/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as the body of a frame, read as a question for a group's member, and as an answer. */

#include "proto/membership.h"

#include "proto/frame.h"

#include "fuzz.h"

static uint8_t wire[FRAME_MAX];

/* The body of the frame in wire: there is one way to write it, so body begins with it. */
static Bytes written_body(size_t size, Bytes body)
{
        Bytes input = {wire, size}, written = BYTES_EMPTY;

        CHECK(size > 0);
        CHECK(frame_get(&input, &written));
        CHECK(input.size == 0);
        CHECK(written.size <= body.size);
        CHECK(memcmp(written.data, body.data, written.size) == 0);
        return written;
}

static void check_question(Bytes body, const MembershipQuestion *question)
{
        Bytes written =
                written_body(membership_question_encode(question, wire, sizeof(wire)), body);
        MembershipQuestion again;

        check_inside(question->login, body);
        check_inside(question->group, body);
        CHECK(membership_question_decode(written, &again));
        CHECK(again.id == question->id && bytes_equal(again.login, question->login) &&
                bytes_equal(again.group, question->group) &&
                bytes_equal(again.realm, question->realm) &&
                bytes_equal(again.service, question->service) &&
                bytes_equal(again.vm_name, question->vm_name) &&
                bytes_equal(again.vm_uuid, question->vm_uuid) &&
                again.time_msec == question->time_msec);
        CHECK(!membership_question_decode((Bytes){body.data, written.size - 1}, &again));
}

static void check_answer(Bytes body, const Membership *membership)
{
        Bytes written = written_body(membership_encode(membership, wire, sizeof(wire)), body);
        Membership again;

        check_inside(membership->text, body);
        CHECK(membership->state <= MEMBERSHIP_UNDECIDED);
        CHECK(membership->text.size <= MEMBERSHIP_TEXT_MAX);
        CHECK(membership_decode(written, &again));
        CHECK(again.id == membership->id && again.state == membership->state &&
                bytes_equal(again.text, membership->text));
        CHECK(!membership_decode((Bytes){body.data, written.size - 1}, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes body = {data, size};
        MembershipQuestion question;
        Membership membership;

        if (size > FRAME_MAX - 2)
                return 0;
        if (membership_question_decode(body, &question))
                check_question(body, &question);
        if (membership_decode(body, &membership))
                check_answer(body, &membership);
        return 0;
}
