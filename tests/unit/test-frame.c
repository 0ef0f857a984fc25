/* SPDX-License-Identifier: BSD-2-Clause */

/* Frames, and what is made of them: jobs, verdicts, and a worker's "ready". */

#include "proto/frame.h"

#include "proto/cleanup.h"
#include "proto/job.h"
#include "proto/verdict.h"

#include "random.h"
#include "table.h"

#define BODY_MAX 65535u

static uint8_t wire[FRAME_MAX + 2];
static uint8_t content[BODY_MAX + 1];

/* The body of the frame that fills bytes exactly. */
static Bytes body_of(Bytes bytes)
{
        Bytes body = BYTES_EMPTY;

        assert_true(frame_get(&bytes, &body));
        assert_int_equal(bytes.size, 0);
        return body;
}

typedef struct GetRow {
        const char *name;
        Bytes input;
        bool whole;
        size_t body, rest;
} GetRow;

static const GetRow get_rows[] = {
        {"frame: nothing", LIT(""), false, 0, 0},
        {"frame: half a header", LIT("\0"), false, 0, 1},
        {"frame: one byte short", LIT("\0\2x"), false, 0, 3},
        {"frame: empty", LIT("\0\0"), true, 0, 0},
        {"frame: whole", LIT("\0\2xy"), true, 2, 0},
        {"frame: the next one stays", LIT("\0\1x\0\1y"), true, 1, 3},
        {"frame: 65535 announced", LIT("\377\377xyz"), false, 0, 5},
};

static void test_get(void **state)
{
        const GetRow *row = *state;
        _cleanup_(exact_free) Bytes copy = exact_copy(row->input);
        Bytes input = copy, body = BYTES_EMPTY;

        assert_int_equal(frame_get(&input, &body), row->whole);
        assert_int_equal(body.size, row->body);
        assert_int_equal(input.size, row->rest);
}

typedef struct SizeRow {
        const char *name;
        size_t buffer, string; /* bytes of the buffer, of the string behind the verb "x" */
        size_t size;           /* what frame_end() returns */
} SizeRow;

static const SizeRow size_rows[] = {
        {"size: no buffer", 0, 0, 0},
        {"size: one byte of buffer", 1, 0, 0},
        {"size: room for the header alone", 2, 0, 0},
        {"size: no room for the string", 5, 0, 0},
        {"size: fits exactly", 7, 0, 7},
        {"size: one byte short", 11, 5, 0},
        {"size: string fits exactly", 12, 5, 12},
        {"size: body of 255 bytes", FRAME_MAX, 250, 257},
        {"size: body of 256 bytes", FRAME_MAX, 251, 258},
        {"size: body of 65534 bytes", FRAME_MAX, 65529, FRAME_MAX - 1},
        {"size: the greatest", FRAME_MAX, 65530, FRAME_MAX},
        {"size: one byte over, room for it", FRAME_MAX + 1, 65531, 0},
        {"size: one byte over, no room", FRAME_MAX, 65531, 0},
        {"size: string of 65535 bytes", FRAME_MAX + 1, 65535, 0},
        {"size: string of 65536 bytes", FRAME_MAX + 1, 65536, 0},
};

static void test_size(void **state)
{
        const SizeRow *row = *state;
        Bytes string = {content, row->string}, body, back;
        Frame frame;

        memset(wire, 0xaa, sizeof(wire));
        memset(content, 'x', row->string);
        frame = frame_begin(wire, row->buffer, "x");
        frame_put(&frame, string);
        assert_int_equal(frame_end(&frame), row->size);
        for (size_t i = row->buffer; i < sizeof(wire); i++)
                assert_int_equal(wire[i], 0xaa);
        if (row->size == 0)
                return;

        body = body_of((Bytes){wire, row->size});
        assert_true(frame_is(&body, "x"));
        assert_true(frame_next(&body, &back));
        assert_bytes_equal(back, string);
        assert_false(frame_next(&body, &back));
}

/* A string that does not fit spoils the frame, even if a later one would fit again. */
static void test_does_not_recover(void **state)
{
        Frame frame = frame_begin(wire, 10, "x");

        (void)state;
        frame_put(&frame, BYTES("too long"));
        frame_put(&frame, BYTES("y"));
        frame_put_number(&frame, 1);
        assert_int_equal(frame_end(&frame), 0);
}

typedef struct VerbRow {
        const char *name;
        Bytes body;
        bool is; /* "check" */
} VerbRow;

static const VerbRow verb_rows[] = {
        {"verb: the one", LIT("\0\5check"), true},
        {"verb: with strings behind it", LIT("\0\5check\0\0"), true},
        {"verb: with rubbish behind it", LIT("\0\5check\377"), true},
        {"verb: none", LIT(""), false},
        {"verb: empty", LIT("\0\0"), false},
        {"verb: cut", LIT("\0\5chec"), false},
        {"verb: a beginning of it", LIT("\0\4chec"), false},
        {"verb: longer", LIT("\0\6checks"), false},
        {"verb: NUL behind it", LIT("\0\6check\0"), false},
        {"verb: other case", LIT("\0\5Check"), false},
        {"verb: another", LIT("\0\6result"), false},
};

static void test_verb(void **state)
{
        const VerbRow *row = *state;
        _cleanup_(exact_free) Bytes copy = exact_copy(row->body);
        Bytes body = copy;

        assert_int_equal(frame_is(&body, "check"), row->is);
}

#define GREATEST "18446744073709551615"

typedef struct NumberRow {
        const char *name;
        Bytes text;
        bool good;
        uint64_t number;
} NumberRow;

static const NumberRow number_rows[] = {
        {"number: 0", LIT("0"), true, 0},
        {"number: 1", LIT("1"), true, 1},
        {"number: 9", LIT("9"), true, 9},
        {"number: 10", LIT("10"), true, 10},
        {"number: 4294967296", LIT("4294967296"), true, 4294967296},
        {"number: 9999999999999999999", LIT("9999999999999999999"), true, 9999999999999999999U},
        {"number: 18446744073709551609", LIT("18446744073709551609"), true, UINT64_MAX - 6},
        {"number: 18446744073709551615", LIT(GREATEST), true, UINT64_MAX},
        {"number: 18446744073709551616", LIT("18446744073709551616"), false, 0},
        {"number: 18446744073709551620", LIT("18446744073709551620"), false, 0},
        {"number: 20000000000000000000", LIT("20000000000000000000"), false, 0},
        {"number: 99999999999999999999", LIT("99999999999999999999"), false, 0},
        {"number: 184467440737095516150", LIT(GREATEST "0"), false, 0},
        {"number: 2^64 + 1 and more digits", LIT("100000000000000000000000000000001"), false, 0},
        {"number: empty", LIT(""), false, 0},
        {"number: 00", LIT("00"), false, 0},
        {"number: 01", LIT("01"), false, 0},
        {"number: +1", LIT("+1"), false, 0},
        {"number: -1", LIT("-1"), false, 0},
        {"number: -0", LIT("-0"), false, 0},
        {"number: blank in front", LIT(" 1"), false, 0},
        {"number: blank behind", LIT("1 "), false, 0},
        {"number: newline behind", LIT("1\n"), false, 0},
        {"number: NUL behind", LIT("1\0"), false, 0},
        {"number: hexadecimal", LIT("0x1"), false, 0},
        {"number: exponent", LIT("1e3"), false, 0},
        {"number: point", LIT("1.0"), false, 0},
        {"number: byte before 0", LIT("1/"), false, 0},
        {"number: byte after 9", LIT("1:"), false, 0},
        {"number: high byte", LIT("1\260"), false, 0},
};

static void test_number(void **state)
{
        const NumberRow *row = *state;
        Frame frame = frame_begin(wire, sizeof(wire), "x");
        uint64_t number = 4711;
        Bytes body, text;

        frame_put(&frame, row->text);
        frame_put_number(&frame, row->number);
        body = body_of((Bytes){wire, frame_end(&frame)});
        assert_true(frame_is(&body, "x"));

        assert_int_equal(frame_next_number(&body, &number), row->good);
        assert_true(number == (row->good ? row->number : 4711));
        assert_true(frame_next(&body, &text));
        if (row->good)
                assert_bytes_equal(text, row->text);
}

static void test_number_missing(void **state)
{
        Bytes none = BYTES_EMPTY, cut = BYTES("\0\2"
                                              "1");
        uint64_t number;

        (void)state;
        assert_false(frame_next_number(&none, &number));
        assert_false(frame_next_number(&cut, &number));
}

typedef struct BodyRow {
        const char *name;
        Bytes body;
        bool good;
} BodyRow;

#define CHECK "\0\5check"

static const BodyRow job_rows[] = {
        {"job: whole",
                LIT(CHECK "\0\1"
                          "7\0\1a\0\1b\0\1c\0\1d\0\1e"),
                true},
        {"job: all strings empty",
                LIT(CHECK "\0\1"
                          "0\0\0\0\0\0\0\0\0\0\0"),
                true},
        {"job: a further string",
                LIT(CHECK "\0\1"
                          "7\0\1a\0\1b\0\1c\0\1d\0\1e\0\1f"),
                true},
        {"job: rubbish behind it",
                LIT(CHECK "\0\1"
                          "7\0\1a\0\1b\0\1c\0\1d\0\1e\377"),
                false},
        {"job: nothing", LIT(""), false},
        {"job: verb alone", LIT(CHECK), false},
        {"job: without client address",
                LIT(CHECK "\0\1"
                          "7\0\1a\0\1b\0\1c\0\1d"),
                false},
        {"job: last byte missing",
                LIT(CHECK "\0\1"
                          "7\0\1a\0\1b\0\1c\0\1d\0\1"),
                false},
        {"job: id is no number",
                LIT(CHECK "\0\1"
                          "x\0\1a\0\1b\0\1c\0\1d\0\1e"),
                false},
        {"job: id is empty", LIT(CHECK "\0\0\0\1a\0\1b\0\1c\0\1d\0\1e"), false},
        {"job: id is negative", LIT(CHECK "\0\2-7\0\1a\0\1b\0\1c\0\1d\0\1e"), false},
        {"job: another verb",
                LIT("\0\5ready\0\1"
                    "7\0\1a\0\1b\0\1c\0\1d\0\1e"),
                false},
        {"job: string behind the body's end",
                LIT(CHECK "\0\1"
                          "7\0\1a\0\1b\0\1c\0\1d\377\377e"),
                false},
};

static void test_job(void **state)
{
        const BodyRow *row = *state;
        _cleanup_(exact_free) Bytes body = exact_copy(row->body);
        Job job;

        assert_int_equal(job_decode(body, &job), row->good);
}

static void test_job_bytes(void **state)
{
        Job job = {7, BYTES("a"), BYTES("b"), BYTES("c"), BYTES("d"), BYTES("e")};
        size_t size = job_encode(&job, wire, sizeof(wire));

        (void)state;
        assert_bytes_equal((Bytes){wire, size}, BYTES("\0\31" CHECK "\0\1"
                                                      "7\0\1a\0\1b\0\1c\0\1d\0\1e"));
        assert_int_equal(job_encode(&job, wire, size), size);
        assert_int_equal(job_encode(&job, wire, size - 1), 0);
}

static void test_job_later_strings(void **state)
{
        Job job = {7, BYTES("a"), BYTES("b"), BYTES("c"), BYTES("d"), BYTES("e"), BYTES("v"),
                BYTES_EMPTY, 2950};
        Bytes input = {wire, job_encode(&job, wire, sizeof(wire))}, body;
        Job got;

        (void)state;
        assert_true(frame_get(&input, &body));
        assert_true(job_decode(body, &got));
        assert_bytes_equal(got.vm_name, BYTES("v"));
        assert_bytes_equal(got.vm_uuid, BYTES_EMPTY);
        assert_int_equal(got.time_msec, 2950);
        body.size -= 6; /* without the time */
        assert_true(job_decode(body, &got));
        assert_int_equal(got.time_msec, 0);
        body.size -= 5; /* nothing that came later */
        assert_true(job_decode(body, &got));
        assert_bytes_equal(got.vm_name, BYTES_EMPTY);
}

#define RESULT "\0\6result"

static const BodyRow verdict_rows[] = {
        {"verdict: OK",
                LIT(RESULT "\0\1"
                           "7\0\2OK\0\1a\0\0"),
                true},
        {"verdict: MISMATCH",
                LIT(RESULT "\0\1"
                           "7\0\10MISMATCH\0\0\0\0"),
                true},
        {"verdict: UNKNOWN",
                LIT(RESULT "\0\1"
                           "7\0\7UNKNOWN\0\0\0\0"),
                true},
        {"verdict: DENIED",
                LIT(RESULT "\0\1"
                           "7\0\6DENIED\0\0\0\0"),
                true},
        {"verdict: UNAVAILABLE",
                LIT(RESULT "\0\1"
                           "7\0\13UNAVAILABLE\0\0\0\1r"),
                true},
        {"verdict: a further string",
                LIT(RESULT "\0\1"
                           "7\0\2OK\0\1a\0\0\0\1f"),
                true},
        {"verdict: rubbish behind it",
                LIT(RESULT "\0\1"
                           "7\0\2OK\0\1a\0\0\377"),
                false},
        {"verdict: an OK for nobody",
                LIT(RESULT "\0\1"
                           "7\0\2OK\0\0\0\0"),
                false},
        {"verdict: nothing", LIT(""), false},
        {"verdict: verb alone", LIT(RESULT), false},
        {"verdict: without word",
                LIT(RESULT "\0\1"
                           "7"),
                false},
        {"verdict: without account",
                LIT(RESULT "\0\1"
                           "7\0\2OK"),
                false},
        {"verdict: without reason",
                LIT(RESULT "\0\1"
                           "7\0\2OK\0\1a"),
                false},
        {"verdict: reason cut",
                LIT(RESULT "\0\1"
                           "7\0\2OK\0\1a\0\2r"),
                false},
        {"verdict: id with a leading zero",
                LIT(RESULT "\0\2"
                           "07\0\2OK\0\1a\0\0"),
                false},
        {"verdict: word in lower case",
                LIT(RESULT "\0\1"
                           "7\0\2ok\0\1a\0\0"),
                false},
        {"verdict: word OKAY",
                LIT(RESULT "\0\1"
                           "7\0\4OKAY\0\1a\0\0"),
                false},
        {"verdict: empty word",
                LIT(RESULT "\0\1"
                           "7\0\0\0\1a\0\0"),
                false},
        {"verdict: a job",
                LIT(CHECK "\0\1"
                          "7\0\2OK\0\1a\0\0"),
                false},
};

static void test_verdict(void **state)
{
        const BodyRow *row = *state;
        _cleanup_(exact_free) Bytes body = exact_copy(row->body);
        Verdict verdict;

        assert_int_equal(verdict_decode(body, &verdict), row->good);
}

static void test_verdict_bytes(void **state)
{
        Verdict verdict = {7, RESULT_DENIED, BYTES("a"), BYTES("locked")};
        size_t size = verdict_encode(&verdict, wire, sizeof(wire));

        (void)state;
        assert_bytes_equal((Bytes){wire, size}, BYTES("\0\36" RESULT "\0\1"
                                                      "7\0\6DENIED\0\1a\0\6locked"));
        assert_int_equal(verdict_encode(&verdict, wire, size), size);
        assert_int_equal(verdict_encode(&verdict, wire, size - 1), 0);
}

static const BodyRow ready_rows[] = {
        {"ready: version 1",
                LIT("\0\5ready\0\1"
                    "1\0\6sasldb"),
                true},
        {"ready: empty name",
                LIT("\0\5ready\0\1"
                    "1\0\0"),
                true},
        {"ready: a further string",
                LIT("\0\5ready\0\1"
                    "1\0\1x\0\1y"),
                true},
        {"ready: nothing", LIT(""), false},
        {"ready: verb alone", LIT("\0\5ready"), false},
        {"ready: without name",
                LIT("\0\5ready\0\1"
                    "1"),
                false},
        {"ready: name cut",
                LIT("\0\5ready\0\1"
                    "1\0\6sasld"),
                false},
        {"ready: version 2",
                LIT("\0\5ready\0\1"
                    "2\0\1x"),
                false},
        {"ready: version 10",
                LIT("\0\5ready\0\2"
                    "10\0\1x"),
                false},
        {"ready: version empty", LIT("\0\5ready\0\0\0\1x"), false},
        {"ready: a verdict",
                LIT(RESULT "\0\1"
                           "1\0\1x"),
                false},
};

static void test_ready(void **state)
{
        const BodyRow *row = *state;
        _cleanup_(exact_free) Bytes body = exact_copy(row->body);
        Bytes notice;

        assert_int_equal(ready_decode(body, &notice), row->good);
}

static void test_ready_bytes(void **state)
{
        size_t size = ready_encode("sasldb", BYTES_EMPTY, wire, sizeof(wire));
        Bytes notice;

        (void)state;
        assert_bytes_equal((Bytes){wire, size}, BYTES("\0\22\0\5ready\0\1"
                                                      "1\0\6sasldb"));
        assert_int_equal(ready_encode("sasldb", BYTES_EMPTY, wire, size), size);
        assert_int_equal(ready_encode("sasldb", BYTES_EMPTY, wire, size - 1), 0);
        size = ready_encode("sasldb", BYTES("mend it"), wire, sizeof(wire));
        assert_true(ready_decode((Bytes){wire + 2, size - 2}, &notice));
        assert_bytes_equal(notice, BYTES("mend it"));
}

#define SEED 0xf4a3eu

static bool job_survives(Random *random)
{
        static uint8_t store[5][5000];
        Job sent = {
                .id = random_next(random) >> random_below(random, 64),
                .login = random_bytes(random, store[0], 0, sizeof(store[0])),
                .password = random_bytes(random, store[1], 0, sizeof(store[1])),
                .service = random_bytes(random, store[2], 0, sizeof(store[2])),
                .realm = random_bytes(random, store[3], 0, sizeof(store[3])),
                .client = random_bytes(random, store[4], 0, sizeof(store[4])),
        };
        Job got;
        Bytes body = body_of((Bytes){wire, job_encode(&sent, wire, sizeof(wire))});

        return job_decode(body, &got) && got.id == sent.id && bytes_equal(got.login, sent.login) &&
               bytes_equal(got.password, sent.password) && bytes_equal(got.service, sent.service) &&
               bytes_equal(got.realm, sent.realm) && bytes_equal(got.client, sent.client);
}

static bool verdict_survives(Random *random)
{
        static uint8_t store[3][VERDICT_REASON_MAX];
        Verdict sent = {
                .id = random_next(random) >> random_below(random, 64),
                .result = (Result)random_below(random, RESULT_UNAVAILABLE + 1),
                .account = random_bytes(random, store[0], 1, sizeof(store[0])),
                .reason = random_bytes(random, store[1], 0, sizeof(store[1])),
                .notice = random_bytes(random, store[2], 0, sizeof(store[2])),
        };
        Verdict got;
        Bytes body = body_of((Bytes){wire, verdict_encode(&sent, wire, sizeof(wire))});

        return verdict_decode(body, &got) && got.id == sent.id && got.result == sent.result &&
               bytes_equal(got.account, sent.account) && bytes_equal(got.reason, sent.reason) &&
               bytes_equal(got.notice, sent.notice);
}

static void test_round_trips(void **state)
{
        Random random = {SEED};

        (void)state;
        for (unsigned round = 0; round < 500; round++)
                if (!job_survives(&random) || !verdict_survives(&random))
                        fail_msg("seed %#x, round %u", SEED, round);
}

/* The front's largest job: a request with every field at its limit fits into a frame. */
static void test_greatest_request(void **state)
{
        Bytes name = {content, 1024}, password = {content, 4096}, client = {content, 128};
        Job job = {UINT64_MAX, name, password, name, name, client};

        (void)state;
        assert_int_not_equal(job_encode(&job, wire, FRAME_MAX), 0);
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_get, ROWS(get_rows));
        table_add_rows(&table, test_size, ROWS(size_rows));
        table_add(&table, "size: does not recover", test_does_not_recover, NULL);
        table_add_rows(&table, test_verb, ROWS(verb_rows));
        table_add_rows(&table, test_number, ROWS(number_rows));
        table_add(&table, "number: missing or cut", test_number_missing, NULL);
        table_add_rows(&table, test_job, ROWS(job_rows));
        table_add(&table, "job: the very bytes", test_job_bytes, NULL);
        table_add(&table, "job: strings that came later", test_job_later_strings, NULL);
        table_add(&table, "job: the greatest request fits", test_greatest_request, NULL);
        table_add_rows(&table, test_verdict, ROWS(verdict_rows));
        table_add(&table, "verdict: the very bytes", test_verdict_bytes, NULL);
        table_add_rows(&table, test_ready, ROWS(ready_rows));
        table_add(&table, "ready: the very bytes", test_ready_bytes, NULL);
        table_add(&table, "round trip of random jobs and verdicts", test_round_trips, NULL);
        return table_run(&table, "frame");
}
