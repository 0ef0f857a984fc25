/* SPDX-License-Identifier: BSD-2-Clause */

#include "proto/counted.h"
#include "proto/request.h"

#include "proto/cleanup.h"
#include "proto/reply.h"

#include "random.h"
#include "table.h"

#define WIRE_MAX (5u * 65537u)

enum { LOGIN, PASSWORD, SERVICE, REALM, CLIENT, FIELDS };

static uint8_t wire[WIRE_MAX + 1]; /* one more, to see that nothing is written behind */
static uint8_t content[65536];

static Bytes *field_of(MuxRequest *request, int field)
{
        Bytes *const views[FIELDS] = {&request->login, &request->password, &request->service,
                &request->realm, &request->client};

        return views[field];
}

/* A request that is accepted, for a row to spoil one field of. */
static MuxRequest good_request(void)
{
        return (MuxRequest){
                BYTES("alice"), BYTES("secret"), BYTES("spice"), BYTES("vmA"), BYTES_EMPTY};
}

static Bytes encode(const MuxRequest *request)
{
        return (Bytes){wire, mux_request_encode(request, wire, WIRE_MAX)};
}

/* Where the header of a field begins on the wire. */
static size_t field_start(MuxRequest *request, int field)
{
        size_t start = 0;

        for (int i = 0; i < field; i++)
                start += 2 + field_of(request, i)->size;
        return start;
}

/* Decodes a copy of exactly the bytes given; the views are good for nothing but their sizes. */
static MuxRequestState decode_state(Bytes input, const char **reason)
{
        _cleanup_(exact_free) Bytes copy = exact_copy(input);
        MuxRequest request;
        MuxRequestState state = mux_request_decode(copy, &request, reason);

        assert_int_equal(*reason != NULL, state == MUX_REQUEST_REFUSED);
        return state;
}

static void assert_refused(Bytes input, const char *expected)
{
        const char *reason;

        assert_int_equal(decode_state(input, &reason), MUX_REQUEST_REFUSED);
        assert_string_equal(reason, expected);
        assert_true(strlen(reason) <= MUX_REPLY_TEXT_MAX);
}

static void assert_state(Bytes input, MuxRequestState state)
{
        const char *reason;

        assert_int_equal(decode_state(input, &reason), state);
}

static void assert_requests_equal(MuxRequest *a, MuxRequest *b)
{
        for (int i = 0; i < FIELDS; i++)
                assert_bytes_equal(*field_of(a, i), *field_of(b, i));
}

typedef struct GoodRow {
        const char *name;
        MuxRequest request;
} GoodRow;

static const GoodRow good_rows[] = {
        {"good: four fields", {LIT("alice"), LIT("secret"), LIT("spice"), LIT("vmA"), LIT("")}},
        {"good: five fields",
                {LIT("alice"), LIT("secret"), LIT("imap"), LIT(""), LIT("192.0.2.1;4711")}},
        {"good: IPv6 client", {LIT("a"), LIT("b"), LIT("imap"), LIT(""), LIT("2001:db8::1;993")}},
        {"good: service and realm empty", {LIT("alice"), LIT("secret"), LIT(""), LIT(""), LIT("")}},
        {"good: one byte each", {LIT("a"), LIT("b"), LIT("c"), LIT("d"), LIT("e")}},
        {"good: @ in every name", {LIT("a@b@"), LIT("@"), LIT("s@p"), LIT("@vm1"), LIT("")}},
        {"good: blanks inside names", {LIT("a b"), LIT("p"), LIT("s p"), LIT("vm  A"), LIT("")}},
        {"good: UTF-8", {LIT("m\303\274ller"), LIT("gr\303\274n"), LIT("spice"),
                                LIT("\351\226\213\347\231\272"), LIT("")}},
        {"good: names that are not UTF-8",
                {LIT("\200\377"), LIT("p"), LIT("\300"), LIT("\376"), LIT("")}},
        {"good: password of blanks", {LIT("alice"), LIT("   "), LIT("spice"), LIT(""), LIT("")}},
        {"good: password with blanks at its ends",
                {LIT("a"), LIT(" p "), LIT("s"), LIT(""), LIT("")}},
        {"good: password with control bytes",
                {LIT("a"), LIT("\1\t\n\r\33\37\177\200\377"), LIT("s"), LIT(""), LIT("")}},
        {"good: shell and log characters",
                {LIT("[a]\\%s$`'\""), LIT("p"), LIT("../x"), LIT("%n"), LIT("")}},
};

/* What is decoded from the first size bytes: nothing yet, four fields, or five. */
static void check_prefix(const MuxRequest *sent, Bytes bytes, size_t four, size_t size)
{
        _cleanup_(exact_free) Bytes prefix = exact_copy((Bytes){bytes.data, size});
        MuxRequest request, expected = *sent;
        const char *reason;
        MuxRequestState state = mux_request_decode(prefix, &request, &reason);

        assert_null(reason);
        assert_int_equal(state, size < four ? MUX_REQUEST_INCOMPLETE : MUX_REQUEST_COMPLETE);
        if (state == MUX_REQUEST_INCOMPLETE)
                return;
        if (size < bytes.size)
                expected.client = BYTES_EMPTY;
        assert_requests_equal(&request, &expected);
        assert_ptr_equal(request.login.data, prefix.data + 2);
}

static void test_good(void **state)
{
        const GoodRow *row = *state;
        MuxRequest request = row->request;
        Bytes bytes = encode(&request);
        size_t four = field_start(&request, CLIENT);

        for (size_t size = 0; size <= bytes.size; size++)
                check_prefix(&request, bytes, four, size);
}

typedef struct BadRow {
        const char *name;
        int field;
        Bytes value;
        const char *reason;
} BadRow;

static const BadRow bad_rows[] = {
        {"bad: empty login", LOGIN, LIT(""), "NULL login received"},
        {"bad: empty password", PASSWORD, LIT(""), "NULL password received"},
        {"bad: login is NUL", LOGIN, LIT("\0"), "control byte in login"},
        {"bad: NUL in login", LOGIN, LIT("al\0ice"), "control byte in login"},
        {"bad: NUL behind login", LOGIN, LIT("alice\0"), "control byte in login"},
        {"bad: tab in front of login", LOGIN, LIT("\talice"), "control byte in login"},
        {"bad: newline behind login", LOGIN, LIT("alice\n"), "control byte in login"},
        {"bad: byte 1 in login", LOGIN, LIT("al\1ice"), "control byte in login"},
        {"bad: escape in login", LOGIN, LIT("al\33[2Jice"), "control byte in login"},
        {"bad: byte 31 in login", LOGIN, LIT("al\37ice"), "control byte in login"},
        {"bad: DEL in login", LOGIN, LIT("al\177ice"), "control byte in login"},
        {"bad: login is a blank", LOGIN, LIT(" "), "blank in name"},
        {"bad: blank in front of login", LOGIN, LIT(" eve"), "blank in name"},
        {"bad: blank behind login", LOGIN, LIT("eve "), "blank in name"},
        {"bad: password is NUL", PASSWORD, LIT("\0"), "NUL in password"},
        {"bad: NUL in front of password", PASSWORD, LIT("\0right"), "NUL in password"},
        {"bad: NUL in password", PASSWORD, LIT("right\0junk"), "NUL in password"},
        {"bad: NUL behind password", PASSWORD, LIT("right\0"), "NUL in password"},
        {"bad: NUL in service", SERVICE, LIT("sp\0ice"), "control byte in service"},
        {"bad: tab in service", SERVICE, LIT("sp\tice"), "control byte in service"},
        {"bad: DEL in service", SERVICE, LIT("spice\177"), "control byte in service"},
        {"bad: blank in front of service", SERVICE, LIT(" spice"), "blank in name"},
        {"bad: blank behind service", SERVICE, LIT("spice "), "blank in name"},
        {"bad: NUL in realm", REALM, LIT("vm\0A"), "control byte in realm"},
        {"bad: carriage return in realm", REALM, LIT("vmA\r"), "control byte in realm"},
        {"bad: DEL in realm", REALM, LIT("\177"), "control byte in realm"},
        {"bad: blank in front of realm", REALM, LIT(" vmA"), "blank in name"},
        {"bad: blank behind realm", REALM, LIT("vmA "), "blank in name"},
        {"bad: NUL in client address", CLIENT, LIT("192.0.2.1\0;1"),
                "control byte in client address"},
        {"bad: newline in client address", CLIENT, LIT("192.0.2.1;1\n"),
                "control byte in client address"},
        {"bad: DEL in client address", CLIENT, LIT("\177"), "control byte in client address"},
        {"bad: blank behind client address", CLIENT, LIT("192.0.2.1;1 "), "blank in name"},
};

/* A bad byte is refused at the latest when its field, or the fourth, is whole; a bad fifth field
 * only then, because a part of it is as good as none. */
static void test_bad(void **state)
{
        const BadRow *row = *state;
        MuxRequest request = good_request();
        const char *reason;
        Bytes bytes;
        size_t four;

        *field_of(&request, row->field) = row->value;
        bytes = encode(&request);
        four = field_start(&request, CLIENT);
        for (size_t size = 0; size < bytes.size; size++) {
                MuxRequestState got = decode_state((Bytes){bytes.data, size}, &reason);

                if (got == MUX_REQUEST_REFUSED)
                        assert_string_equal(reason, row->reason);
                else
                        assert_int_equal(
                                got, size < four ? MUX_REQUEST_INCOMPLETE : MUX_REQUEST_COMPLETE);
        }
        assert_refused(bytes, row->reason);
}

typedef struct LimitRow {
        const char *name;
        int field;
        size_t size;
        const char *reason; /* NULL: accepted */
} LimitRow;

static const LimitRow limit_rows[] = {
        {"limit: login of 255", LOGIN, 255, NULL},
        {"limit: login of 256", LOGIN, 256, NULL},
        {"limit: login of 257", LOGIN, 257, NULL},
        {"limit: login of 1023", LOGIN, 1023, NULL},
        {"limit: login of 1024", LOGIN, 1024, NULL},
        {"limit: login of 1025", LOGIN, 1025, "login too long"},
        {"limit: login of 65535", LOGIN, 65535, "login too long"},
        {"limit: password of 4095", PASSWORD, 4095, NULL},
        {"limit: password of 4096", PASSWORD, 4096, NULL},
        {"limit: password of 4097", PASSWORD, 4097, "password too long"},
        {"limit: password of 65535", PASSWORD, 65535, "password too long"},
        {"limit: service of 1023", SERVICE, 1023, NULL},
        {"limit: service of 1024", SERVICE, 1024, NULL},
        {"limit: service of 1025", SERVICE, 1025, "service too long"},
        {"limit: service of 65535", SERVICE, 65535, "service too long"},
        {"limit: realm of 1023", REALM, 1023, NULL},
        {"limit: realm of 1024", REALM, 1024, NULL},
        {"limit: realm of 1025", REALM, 1025, "realm too long"},
        {"limit: realm of 65535", REALM, 65535, "realm too long"},
        {"limit: client address of 127", CLIENT, 127, NULL},
        {"limit: client address of 128", CLIENT, 128, NULL},
};

/* Encodes the good request with one field of size bytes. Returns where its header begins. */
static size_t encode_sized(int field, size_t size, Bytes *bytes)
{
        MuxRequest request = good_request();

        memset(content, 'x', size);
        *field_of(&request, field) = (Bytes){content, size};
        *bytes = encode(&request);
        assert_int_not_equal(bytes->size, 0);
        return field_start(&request, field);
}

/* Whether all of an over-long one is there would be a matter of timing, so it never counts. */
static void test_long_client(void **state)
{
        static const size_t sizes[] = {MUX_CLIENT_MAX + 1, COUNTED_MAX};

        (void)state;
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                MuxRequest request;
                const char *reason;
                Bytes bytes;

                (void)encode_sized(CLIENT, sizes[i], &bytes);
                assert_int_equal(
                        mux_request_decode(bytes, &request, &reason), MUX_REQUEST_COMPLETE);
                assert_int_equal(request.client.size, 0);
        }
}

static void test_limit(void **state)
{
        const LimitRow *row = *state;
        bool fifth = row->field == CLIENT;
        Bytes bytes;
        size_t start = encode_sized(row->field, row->size, &bytes);

        assert_state(
                (Bytes){bytes.data, start}, fifth ? MUX_REQUEST_COMPLETE : MUX_REQUEST_INCOMPLETE);
        assert_state((Bytes){bytes.data, start + 1},
                fifth ? MUX_REQUEST_COMPLETE : MUX_REQUEST_INCOMPLETE);
        if (!row->reason) {
                assert_state(bytes, MUX_REQUEST_COMPLETE);
                return;
        }
        assert_refused(bytes, row->reason);
        assert_refused((Bytes){bytes.data, start + 2}, row->reason);
}

static void test_all_greatest(void **state)
{
        static const int names[] = {LOGIN, SERVICE, REALM};
        MuxRequest request = good_request();
        Bytes bytes;

        (void)state;
        memset(content, 'x', sizeof(content));
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                *field_of(&request, names[i]) = (Bytes){content, MUX_NAME_MAX};
        request.password = (Bytes){content, MUX_PASSWORD_MAX};
        request.client = (Bytes){content, MUX_CLIENT_MAX};
        bytes = encode(&request);

        assert_int_equal(bytes.size, MUX_REQUEST_MAX);
        assert_state(bytes, MUX_REQUEST_COMPLETE);
        bytes.size -= MUX_CLIENT_MAX;
        assert_state(bytes, MUX_REQUEST_COMPLETE);
        bytes.size -= 3;
        assert_state(bytes, MUX_REQUEST_INCOMPLETE);
}

typedef struct WireRow {
        const char *name;
        Bytes bytes;
        MuxRequestState state;
} WireRow;

#define FOUR "\0\1a\0\1b\0\1c\0\1d"

static const WireRow wire_rows[] = {
        {"wire: nothing", LIT(""), MUX_REQUEST_INCOMPLETE},
        {"wire: an empty login is not refused early", LIT("\0\0"), MUX_REQUEST_INCOMPLETE},
        {"wire: 1024 announced", LIT("\4\0"), MUX_REQUEST_INCOMPLETE},
        {"wire: 1025 announced", LIT("\4\1"), MUX_REQUEST_REFUSED},
        {"wire: 65535 announced", LIT("\377\377"), MUX_REQUEST_REFUSED},
        {"wire: four empty strings", LIT("\0\0\0\0\0\0\0\0"), MUX_REQUEST_REFUSED},
        {"wire: three fields", LIT("\0\1a\0\1b\0\1c"), MUX_REQUEST_INCOMPLETE},
        {"wire: four fields", LIT(FOUR), MUX_REQUEST_COMPLETE},
        {"wire: half a fifth header", LIT(FOUR "\0"), MUX_REQUEST_COMPLETE},
        {"wire: fifth header alone", LIT(FOUR "\0\1"), MUX_REQUEST_COMPLETE},
        {"wire: empty fifth", LIT(FOUR "\0\0"), MUX_REQUEST_COMPLETE},
        {"wire: fifth one byte short", LIT(FOUR "\0\3xy"), MUX_REQUEST_COMPLETE},
        {"wire: bytes behind the fifth", LIT(FOUR "\0\1e\377\377\0\0"), MUX_REQUEST_COMPLETE},
        {"wire: a second request behind the first", LIT(FOUR FOUR), MUX_REQUEST_COMPLETE},
        {"wire: HTTP", LIT("GET / HTTP/1.1\r\n\r\n"), MUX_REQUEST_REFUSED},
        {"wire: TLS client hello", LIT("\26\3\1\2\0\1\0"), MUX_REQUEST_REFUSED},
};

static void test_wire(void **state)
{
        const WireRow *row = *state;

        assert_state(row->bytes, row->state);
}

/* Fields that have not arrived read as empty, whatever the struct held before. */
static void test_incomplete_views(void **state)
{
        MuxRequest request;
        const char *reason;

        (void)state;
        memset(&request, 0xff, sizeof(request));
        assert_int_equal(mux_request_decode(BYTES("\0\1a\0\1b\0"), &request, &reason),
                MUX_REQUEST_INCOMPLETE);
        assert_bytes_equal(request.login, BYTES("a"));
        assert_bytes_equal(request.password, BYTES("b"));
        for (int i = SERVICE; i < FIELDS; i++)
                assert_int_equal(field_of(&request, i)->size, 0);
}

typedef struct EncodeRow {
        const char *name;
        size_t password, size; /* bytes of password, bytes of buffer */
        size_t used;
} EncodeRow;

static const EncodeRow encode_rows[] = {
        {"encode: no buffer", 1, 0, 0},
        {"encode: one byte short", 6, 26, 0},
        {"encode: fits exactly", 6, 27, 27},
        {"encode: limits are not its business", 8149, WIRE_MAX, 8170},
        {"encode: password of 65535", 65535, WIRE_MAX, 65556},
        {"encode: password of 65536", 65536, WIRE_MAX, 0},
};

static void test_encode(void **state)
{
        const EncodeRow *row = *state;
        MuxRequest request = good_request();

        memset(content, 'x', row->password);
        request.password = (Bytes){content, row->password};
        wire[row->size] = 0xaa;
        assert_int_equal(mux_request_encode(&request, wire, row->size), row->used);
        assert_int_equal(wire[row->size], 0xaa);
}

static void test_encode_bytes(void **state)
{
        MuxRequest request = good_request();

        (void)state;
        assert_bytes_equal(encode(&request), BYTES("\0\5alice\0\6secret\0\5spice\0\3vmA"));
        request.realm = BYTES_EMPTY;
        request.client = BYTES("::1;5");
        assert_bytes_equal(encode(&request), BYTES("\0\5alice\0\6secret\0\5spice\0\0\0\5::1;5"));
}

#define SEED 0x2b1d5u

/* A random request that keeps all limits, in memory of its own. */
static MuxRequest random_request(Random *random)
{
        static uint8_t store[FIELDS][MUX_PASSWORD_MAX];
        MuxRequest request = {
                .login = random_name(random, store[LOGIN], 1, MUX_NAME_MAX),
                .password = random_bytes(random, store[PASSWORD], 1, MUX_PASSWORD_MAX),
                .service = random_name(random, store[SERVICE], 0, MUX_NAME_MAX),
                .realm = random_name(random, store[REALM], 0, MUX_NAME_MAX),
                .client = random_name(random, store[CLIENT], 0, MUX_CLIENT_MAX),
        };

        for (size_t i = 0; i < request.password.size; i++)
                if (store[PASSWORD][i] == 0)
                        store[PASSWORD][i] = '0';
        return request;
}

static bool request_survives(Random *random)
{
        MuxRequest sent = random_request(random), got;
        Bytes bytes = encode(&sent);
        const char *reason;

        if (mux_request_decode(bytes, &got, &reason) != MUX_REQUEST_COMPLETE)
                return false;
        for (int i = 0; i < FIELDS; i++)
                if (!bytes_equal(*field_of(&sent, i), *field_of(&got, i)))
                        return false;
        bytes.size = field_start(&sent, CLIENT) - 1 - random_below(random, 4);
        return mux_request_decode(bytes, &got, &reason) == MUX_REQUEST_INCOMPLETE;
}

static void test_round_trip(void **state)
{
        Random random = {SEED};

        (void)state;
        for (unsigned round = 0; round < 500; round++)
                if (!request_survives(&random))
                        fail_msg("seed %#x, round %u", SEED, round);
}

/* MUX_REQUEST_MAX bytes are enough to decide, whatever they are. */
static void test_decided(void **state)
{
        Random random = {SEED};
        MuxRequest request;
        const char *reason;

        (void)state;
        for (unsigned round = 0; round < 500; round++) {
                for (size_t i = 0; i < MUX_REQUEST_MAX; i++)
                        wire[i] =
                                (uint8_t)(random_below(&random, 3) ? 4 : random_below(&random, 6));
                if (mux_request_decode((Bytes){wire, MUX_REQUEST_MAX}, &request, &reason) ==
                        MUX_REQUEST_INCOMPLETE)
                        fail_msg("seed %#x, round %u", SEED, round);
        }
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_good, ROWS(good_rows));
        table_add_rows(&table, test_bad, ROWS(bad_rows));
        table_add_rows(&table, test_limit, ROWS(limit_rows));
        table_add(&table, "limit: an over-long client address is ignored", test_long_client, NULL);
        table_add(&table, "limit: all fields of the greatest size", test_all_greatest, NULL);
        table_add_rows(&table, test_wire, ROWS(wire_rows));
        table_add(&table, "wire: missing fields are empty", test_incomplete_views, NULL);
        table_add_rows(&table, test_encode, ROWS(encode_rows));
        table_add(&table, "encode: the very bytes", test_encode_bytes, NULL);
        table_add(&table, "round trip of random requests", test_round_trip, NULL);
        table_add(&table, "MUX_REQUEST_MAX random bytes are enough", test_decided, NULL);
        return table_run(&table, "request");
}
