/* SPDX-License-Identifier: BSD-2-Clause */

/* The front's question who is asking, and what the worker saw. */

#include "proto/peer.h"

#include "proto/cleanup.h"
#include "proto/frame.h"

#include "fields.h"
#include "random.h"
#include "table.h"

#define UUID "0123456789abcdef0123456789abcdef"

static uint8_t wire[FRAME_MAX];

/* The body of the frame that fills the first bytes of wire. */
static Bytes body_of(size_t size)
{
        Bytes frame = {wire, size}, body = BYTES_EMPTY;

        assert_true(frame_get(&frame, &body));
        assert_int_equal(frame.size, 0);
        return body;
}

typedef struct BodyRow {
        const char *name;
        const char *body;
        bool good;
} BodyRow;

static const BodyRow question_rows[] = {
        {"question: whole", "peer|7|4711|1000", true},
        {"question: of root", "peer|0|1|0", true},
        {"question: the greatest", "peer|18446744073709551615|2147483647|4294967295", true},
        {"question: a further string", "peer|7|4711|1000|later", true},
        {"question: pid 0", "peer|7|0|1000", false},
        {"question: pid too great", "peer|7|2147483648|1000", false},
        {"question: pid that wraps", "peer|7|4294967297|1000", false},
        {"question: uid too great", "peer|7|4711|4294967296", false},
        {"question: negative pid", "peer|7|-1|1000", false},
        {"question: leading zero", "peer|7|04711|1000", false},
        {"question: without uid", "peer|7|4711", false},
        {"question: empty uid", "peer|7|4711|", false},
        {"question: verb alone", "peer", false},
        {"question: another verb", "member|7|4711|1000", false},
};

static void test_question(void **state)
{
        const BodyRow *row = *state;
        _cleanup_(exact_free) Bytes body = exact_copy(fields(row->body));
        PeerQuestion question;

        assert_int_equal(peer_question_decode(body, &question), row->good);
}

#define HEAD    "sighted|7|ordinary|postfix@-.service||60000|"
#define SILENT  "libvirt|silent|||"
#define SILENT2 "|machined|silent|||"
#define SILENT3 "|cmdline|silent|||"
#define REST    SILENT2 SILENT3
#define NAME32  "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define NAME255 NAME32 NAME32 NAME32 NAME32 NAME32 NAME32 NAME32 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

static const BodyRow report_rows[] = {
        {"report: all silent", HEAD SILENT REST, true},
        {"report: a further string", HEAD SILENT REST "|later", true},
        {"report: name", HEAD "libvirt|named|vmA||" REST, true},
        {"report: UUID", HEAD "libvirt|named||" UUID "|" REST, true},
        {"report: name and UUID", HEAD "libvirt|named|vmA|" UUID "|" REST, true},
        {"report: failed", HEAD "libvirt|failed|||cannot" REST, true},
        {"report: silent with a text", HEAD "libvirt|silent|||not asked" REST, true},
        {"report: machined names", HEAD SILENT "|machined|named||" UUID "|" SILENT3, true},
        {"report: cmdline names", HEAD SILENT SILENT2 "|cmdline|named|a,b||", true},
        {"report: name of 255 bytes", HEAD "libvirt|named|" NAME255 "||" REST, true},
        {"report: name of 256 bytes", HEAD "libvirt|named|n" NAME255 "||" REST, false},
        {"report: text of 256 bytes", HEAD "libvirt|failed|||n" NAME255 REST, false},
        {"report: place unknown", "sighted|7|unknown||gone|0|" SILENT REST, true},
        {"report: place machine", "sighted|7|machine|x.scope||5|" SILENT REST, true},
        {"report: place container", "sighted|7|container|x.scope||5|" SILENT REST, true},
        {"report: place user", "sighted|7|user|user@5.service||5|" SILENT REST, true},
        {"report: no such place", "sighted|7|Ordinary||||" SILENT REST, false},
        {"report: empty place", "sighted|7|||||" SILENT REST, false},
        {"report: unit of 255 bytes", "sighted|7|user|" NAME255 "||5|" SILENT REST, true},
        {"report: unit of 256 bytes", "sighted|7|user|n" NAME255 "||5|" SILENT REST, false},
        {"report: age is no number", "sighted|7|user|||-5|" SILENT REST, false},
        {"report: named, but nothing", HEAD "libvirt|named|||" REST, false},
        {"report: silent, but a name", HEAD "libvirt|silent|vmA||" REST, false},
        {"report: failed, but a UUID", HEAD "libvirt|failed||" UUID "|" REST, false},
        {"report: UUID in upper case", HEAD "libvirt|named||0123456789ABCDEF0123456789ABCDEF|" REST,
                false},
        {"report: UUID with hyphens",
                HEAD "libvirt|named||01234567-89ab-cdef-0123-456789abcdef|" REST, false},
        {"report: UUID cut", HEAD "libvirt|named||0123456789abcdef0123456789abcde|" REST, false},
        {"report: UUID no digits", HEAD "libvirt|named||" NAME32 "|" REST, false},
        {"report: UUID with a digit over", HEAD "libvirt|named||" UUID "0|" REST, false},
        {"report: no such state", HEAD "libvirt|known|vmA||" REST, false},
        {"report: a source missing", HEAD SILENT SILENT2, false},
        {"report: a source twice", HEAD SILENT "|libvirt|silent|||" SILENT3, false},
        {"report: sources in another order", HEAD "machined|silent||||" SILENT SILENT3, false},
        {"report: the last text missing", HEAD SILENT SILENT2 "|cmdline|silent||", false},
        {"report: another verb", "result|7|ordinary|||5|" SILENT REST, false},
};

static void test_report(void **state)
{
        const BodyRow *row = *state;
        _cleanup_(exact_free) Bytes body = exact_copy(fields(row->body));
        PeerReport report;

        assert_int_equal(peer_report_decode(body, &report), row->good);
}

static void test_report_bytes(void **state)
{
        static const PeerReport report = {
                .id = 7,
                .place = PEER_PLACE_MACHINE,
                .unit = LIT("m.scope"),
                .age_ms = 3,
                .sightings =
                        {
                                {SIGHTING_NAMED, LIT("vmA"), LIT(""), LIT("")},
                                {SIGHTING_NAMED, LIT(""), LIT(UUID), LIT("")},
                                {SIGHTING_FAILED, LIT(""), LIT(""), LIT("no")},
                        },
        };
        size_t size = peer_report_encode(&report, wire, sizeof(wire));

        (void)state;
        assert_bytes_equal(body_of(size),
                fields("sighted|7|machine|m.scope||3|libvirt|named|vmA|||machined|named||" UUID
                       "||cmdline|failed|||no"));
        assert_int_equal(peer_report_encode(&report, wire, size), size);
        assert_int_equal(peer_report_encode(&report, wire, size - 1), 0);
}

static void test_question_bytes(void **state)
{
        const PeerQuestion question = {7, 4711, 1000};
        size_t size = peer_question_encode(&question, wire, sizeof(wire));

        (void)state;
        assert_bytes_equal(body_of(size), fields("peer|7|4711|1000"));
        assert_int_equal(peer_question_encode(&question, wire, size), size);
        assert_int_equal(peer_question_encode(&question, wire, size - 1), 0);
}

static void test_sources(void **state)
{
        PeerSource source = PEER_SOURCES;

        (void)state;
        for (PeerSource each = 0; each < PEER_SOURCES; each++) {
                assert_true(peer_source_find(bytes_from_string(peer_source_name(each)), &source));
                assert_int_equal(source, each);
        }
        assert_string_equal(peer_source_name(PEER_SOURCE_MACHINED), "machined");
        assert_false(peer_source_find(BYTES("Libvirt"), &source));
        assert_false(peer_source_find(BYTES("libvirt\0"), &source));
        assert_false(peer_source_find(BYTES_EMPTY, &source));
}

#define SEED 0x9ee4u

static Sighting random_sighting(
        Random *random, uint8_t name[PEER_NAME_MAX], uint8_t text[PEER_TEXT_MAX])
{
        Sighting sighting = {.state = (SightingState)random_below(random, SIGHTING_FAILED + 1)};

        if (sighting.state == SIGHTING_NAMED) {
                bool has_uuid = random_below(random, 2);

                sighting.name = random_bytes(random, name, !has_uuid, PEER_NAME_MAX);
                sighting.uuid = has_uuid ? BYTES(UUID) : BYTES_EMPTY;
        }
        sighting.text = random_bytes(random, text, 0, PEER_TEXT_MAX);
        return sighting;
}

static bool same_sighting(const Sighting *a, const Sighting *b)
{
        return a->state == b->state && bytes_equal(a->name, b->name) &&
               bytes_equal(a->uuid, b->uuid) && bytes_equal(a->text, b->text);
}

static bool report_survives(Random *random)
{
        static uint8_t unit[PEER_UNIT_MAX], text[PEER_TEXT_MAX];
        static uint8_t names[PEER_SOURCES][PEER_NAME_MAX], texts[PEER_SOURCES][PEER_TEXT_MAX];
        PeerReport got, sent = {
                                .id = random_next(random) >> random_below(random, 64),
                                .place = (PeerPlace)random_below(random, PEER_PLACE_USER + 1),
                                .unit = random_bytes(random, unit, 0, sizeof(unit)),
                                .text = random_bytes(random, text, 0, sizeof(text)),
                                .age_ms = random_next(random),
                        };

        for (PeerSource i = 0; i < PEER_SOURCES; i++)
                sent.sightings[i] = random_sighting(random, names[i], texts[i]);
        if (!peer_report_decode(body_of(peer_report_encode(&sent, wire, sizeof(wire))), &got))
                return false;
        for (PeerSource i = 0; i < PEER_SOURCES; i++)
                if (!same_sighting(&sent.sightings[i], &got.sightings[i]))
                        return false;
        return got.id == sent.id && got.place == sent.place && got.age_ms == sent.age_ms &&
               bytes_equal(got.unit, sent.unit) && bytes_equal(got.text, sent.text);
}

static void test_round_trips(void **state)
{
        Random random = {SEED};

        (void)state;
        for (unsigned round = 0; round < 500; round++)
                if (!report_survives(&random))
                        fail_msg("seed %#x, round %u", SEED, round);
}

/* saslward-backend(7): a frame to the front has at most 4096 bytes. */
static void test_greatest_report(void **state)
{
        const Bytes longest = BYTES(NAME255);
        PeerReport report = {UINT64_MAX, PEER_PLACE_CONTAINER, longest, longest, UINT64_MAX};

        (void)state;
        for (PeerSource i = 0; i < PEER_SOURCES; i++)
                report.sightings[i] = (Sighting){SIGHTING_NAMED, longest, BYTES(UUID), longest};
        assert_int_not_equal(peer_report_encode(&report, wire, 4096), 0);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_question, ROWS(question_rows));
        table_add(&table, "question: the very bytes", test_question_bytes, NULL);
        table_add_rows(&table, test_report, ROWS(report_rows));
        table_add(&table, "report: the very bytes", test_report_bytes, NULL);
        table_add(&table, "report: the greatest fits", test_greatest_report, NULL);
        table_add(&table, "names of sources", test_sources, NULL);
        table_add(&table, "round trip of random reports", test_round_trips, NULL);
        return table_run(&table, "peer");
}
