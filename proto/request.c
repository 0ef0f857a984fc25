/* SPDX-License-Identifier: BSD-2-Clause */
#include "request.h"

#include "counted.h"

#define LIBSASL_SUM_MAX 8162u

_Static_assert(3 * MUX_NAME_MAX + MUX_PASSWORD_MAX <= LIBSASL_SUM_MAX,
        "the fields must fit into what libsasl can send");

/* One row a field, in wire order: which view it fills and what it may hold. */
typedef struct Field {
        size_t offset;
        size_t max;
        bool is_name;
        const char *too_long;
        const char *bad_byte;
} Field;

static const Field mux_fields[] = {
        {offsetof(MuxRequest, login), MUX_NAME_MAX, true, "login too long",
                "control byte in login"},
        {offsetof(MuxRequest, password), MUX_PASSWORD_MAX, false, "password too long",
                "NUL in password"},
        {offsetof(MuxRequest, service), MUX_NAME_MAX, true, "service too long",
                "control byte in service"},
        {offsetof(MuxRequest, realm), MUX_NAME_MAX, true, "realm too long",
                "control byte in realm"},
};

static const Field client_field = {
        offsetof(MuxRequest, client), MUX_CLIENT_MAX, true, NULL, "control byte in client address"};

static Bytes *field_view(MuxRequest *request, const Field *field)
{
        return (Bytes *)((char *)request + field->offset);
}

static bool has_control_byte(Bytes name)
{
        for (size_t i = 0; i < name.size; i++)
                if (name.data[i] < 0x20 || name.data[i] == 0x7f)
                        return true;
        return false;
}

/* Directories and libsasl ignore blanks at the ends, so such a name would pass a rule about
 * the name without them. */
static bool has_outer_blank(Bytes name)
{
        return name.size > 0 && (name.data[0] == ' ' || name.data[name.size - 1] == ' ');
}

static const char *field_fault(const Field *field, Bytes value)
{
        if (!field->is_name)
                return bytes_contain(value, 0) ? field->bad_byte : NULL;
        if (has_control_byte(value))
                return field->bad_byte;
        return has_outer_blank(value) ? "blank in name" : NULL;
}

/* The texts for empty fields are saslauthd's own, users search for them. */
static const char *request_fault(MuxRequest *request)
{
        const char *fault;

        if (request->login.size == 0)
                return "NULL login received";
        if (request->password.size == 0)
                return "NULL password received";
        for (size_t i = 0; i < sizeof(mux_fields) / sizeof(mux_fields[0]); i++) {
                fault = field_fault(&mux_fields[i], *field_view(request, &mux_fields[i]));
                if (fault)
                        return fault;
        }
        return NULL;
}

static MuxRequestState field_decode(
        Bytes *input, MuxRequest *request, const Field *field, const char **reason)
{
        if (counted_announced(*input) > (long)field->max) {
                *reason = field->too_long;
                return MUX_REQUEST_REFUSED;
        }
        return counted_get(input, field_view(request, field)) ? MUX_REQUEST_COMPLETE
                                                              : MUX_REQUEST_INCOMPLETE;
}

/* Bytes behind the fourth field are the fifth if they are all there, and nothing otherwise. What is
 * longer than any address is nothing, too: whether it was all there would be a matter of timing. */
static const char *client_decode(Bytes input, MuxRequest *request)
{
        if (counted_announced(input) > (long)MUX_CLIENT_MAX ||
                !counted_get(&input, &request->client))
                return NULL;
        return field_fault(&client_field, request->client);
}

MuxRequestState mux_request_decode(Bytes input, MuxRequest *request, const char **reason)
{
        *request = (MuxRequest){};
        *reason = NULL;

        for (size_t i = 0; i < sizeof(mux_fields) / sizeof(mux_fields[0]); i++) {
                MuxRequestState state = field_decode(&input, request, &mux_fields[i], reason);

                if (state != MUX_REQUEST_COMPLETE)
                        return state;
        }
        *reason = request_fault(request);
        if (!*reason)
                *reason = client_decode(input, request);
        return *reason ? MUX_REQUEST_REFUSED : MUX_REQUEST_COMPLETE;
}

size_t mux_request_encode(const MuxRequest *request, uint8_t *buffer, size_t size)
{
        size_t used = 0;
        bool fits = counted_put(buffer, size, &used, request->login) &&
                    counted_put(buffer, size, &used, request->password) &&
                    counted_put(buffer, size, &used, request->service) &&
                    counted_put(buffer, size, &used, request->realm);

        if (fits && request->client.size > 0)
                fits = counted_put(buffer, size, &used, request->client);
        return fits ? used : 0;
}
