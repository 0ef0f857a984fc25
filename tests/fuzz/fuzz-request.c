/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a mux request. The answer is compared with a slow twin that follows the limits word
 * by word, with the answers for the input's beginnings, and with a second decoding after an
 * encoding. */

#include "proto/request.h"

#include "proto/counted.h"

#include "fuzz.h"

enum { LOGIN, PASSWORD, SERVICE, REALM, CLIENT, FIELDS };

static const size_t limits[FIELDS] = {1024, 4096, 1024, 1024, 128};

static Bytes field_of(const MuxRequest *request, int field)
{
        const Bytes views[FIELDS] = {request->login, request->password, request->service,
                request->realm, request->client};

        return views[field];
}

static bool may_be_in_name(uint8_t byte)
{
        return byte >= ' ' && byte != 127;
}

/* Whether a field that is there as a whole may hold this. */
static bool acceptable(int field, Bytes value)
{
        if (value.size > limits[field] || (field <= PASSWORD && value.size == 0))
                return false;
        for (size_t i = 0; i < value.size; i++)
                if (field == PASSWORD ? value.data[i] == 0 : !may_be_in_name(value.data[i]))
                        return false;
        if (field == PASSWORD || value.size == 0)
                return true;
        return value.data[0] != ' ' && value.data[value.size - 1] != ' ';
}

/* The slow twin. */
static MuxRequestState expected_state(Bytes input)
{
        bool good = true;
        Bytes value;

        for (int field = LOGIN; field <= REALM; field++) {
                if (counted_announced(input) > (long)limits[field])
                        return MUX_REQUEST_REFUSED;
                if (!counted_get(&input, &value))
                        return MUX_REQUEST_INCOMPLETE;
                good = good && acceptable(field, value);
        }
        if (counted_get(&input, &value) && value.size <= MUX_CLIENT_MAX)
                good = good && acceptable(CLIENT, value);
        return good ? MUX_REQUEST_COMPLETE : MUX_REQUEST_REFUSED;
}

static bool fields_equal(const MuxRequest *a, const MuxRequest *b, int from, int to)
{
        for (int field = from; field <= to; field++)
                if (!bytes_equal(field_of(a, field), field_of(b, field)))
                        return false;
        return true;
}

/* What was accepted is what libsasl2 would send for these fields, and means the same again. */
static void check_round_trip(Bytes input, const MuxRequest *request)
{
        uint8_t wire[MUX_REQUEST_MAX];
        size_t size = mux_request_encode(request, wire, sizeof(wire));
        MuxRequest again;
        const char *reason;

        CHECK(size > 0);
        CHECK(size <= input.size);
        CHECK(memcmp(wire, input.data, size) == 0);
        CHECK(mux_request_decode((Bytes){wire, size}, &again, &reason) == MUX_REQUEST_COMPLETE);
        CHECK(fields_equal(request, &again, LOGIN, CLIENT));
        CHECK(mux_request_encode(request, wire, size - 1) == 0);
}

static MuxRequestState decode(Bytes input, MuxRequest *request, const char **reason)
{
        MuxRequestState state = mux_request_decode(input, request, reason);

        CHECK((*reason != NULL) == (state == MUX_REQUEST_REFUSED));
        CHECK(state == expected_state(input));
        CHECK(state != MUX_REQUEST_INCOMPLETE || input.size < MUX_REQUEST_MAX);
        for (int field = LOGIN; field < FIELDS; field++)
                check_inside(field_of(request, field), input);
        return state;
}

/* No further byte changes a refusal, and of an accepted request at most the fifth field. */
static void check_prefix(Bytes input, size_t size)
{
        MuxRequest early, late;
        const char *early_reason, *late_reason;
        MuxRequestState before = decode((Bytes){input.data, size}, &early, &early_reason);
        MuxRequestState after = decode(input, &late, &late_reason);

        if (before == MUX_REQUEST_REFUSED) {
                CHECK(after == MUX_REQUEST_REFUSED);
                CHECK(strcmp(early_reason, late_reason) == 0);
        } else if (before == MUX_REQUEST_COMPLETE) {
                CHECK(after != MUX_REQUEST_INCOMPLETE);
                CHECK(fields_equal(&early, &late, LOGIN, REALM));
                CHECK(early.client.size == 0 || after == MUX_REQUEST_COMPLETE);
                CHECK(early.client.size == 0 || bytes_equal(early.client, late.client));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        Bytes input = {data, size};
        MuxRequest request;
        const char *reason;

        if (decode(input, &request, &reason) == MUX_REQUEST_COMPLETE)
                check_round_trip(input, &request);
        for (size_t cut = 0; cut < size; cut += cut < 48 ? 1 : 1 + size / 16)
                check_prefix(input, cut);
        return 0;
}
