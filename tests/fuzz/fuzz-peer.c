/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as the body of a frame, read as a question who is asking, and as what was seen. */

#include "proto/peer.h"

#include "proto/frame.h"

#include "fuzz.h"

static uint8_t wire[FRAME_MAX];

/* The body of the frame in wire: there is one way to write it, so body begins with it, and nothing
 * shorter is read. */
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

static void check_question(Bytes body, const PeerQuestion *question)
{
        Bytes written = written_body(peer_question_encode(question, wire, sizeof(wire)), body);
        PeerQuestion again;

        CHECK(question->pid != 0);
        CHECK(peer_question_decode(written, &again));
        CHECK(again.id == question->id && again.pid == question->pid && again.uid == question->uid);
        CHECK(!peer_question_decode((Bytes){body.data, written.size - 1}, &again));
}

static void check_sighting(Bytes body, const Sighting *sighting)
{
        check_inside(sighting->name, body);
        check_inside(sighting->uuid, body);
        check_inside(sighting->text, body);
        CHECK(sighting->state <= SIGHTING_FAILED);
        CHECK(sighting->uuid.size == 0 || sighting->uuid.size == PEER_UUID_SIZE);
        CHECK(sighting->name.size <= PEER_NAME_MAX && sighting->text.size <= PEER_TEXT_MAX);
        CHECK((sighting->name.size + sighting->uuid.size > 0) ==
                (sighting->state == SIGHTING_NAMED));
}

static void check_report(Bytes body, const PeerReport *report)
{
        Bytes written = written_body(peer_report_encode(report, wire, sizeof(wire)), body);
        PeerReport again;

        CHECK(report->place <= PEER_PLACE_USER);
        check_inside(report->unit, body);
        check_inside(report->text, body);
        for (PeerSource source = 0; source < PEER_SOURCES; source++)
                check_sighting(body, &report->sightings[source]);
        CHECK(peer_report_decode(written, &again));
        CHECK(!peer_report_decode((Bytes){body.data, written.size - 1}, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes body = {data, size};
        PeerQuestion question;
        PeerReport report;

        if (size > FRAME_MAX - 2)
                return 0;
        if (peer_question_decode(body, &question))
                check_question(body, &question);
        if (peer_report_decode(body, &report))
                check_report(body, &report);
        return 0;
}
