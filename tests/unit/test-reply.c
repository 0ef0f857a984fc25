/* SPDX-License-Identifier: BSD-2-Clause */

#include "proto/reply.h"

#include "proto/cleanup.h"

#include "table.h"

typedef struct EncodeRow {
        const char *name;
        MuxReply reply;
        const char *text;
        Bytes wire;
} EncodeRow;

static const EncodeRow encode_rows[] = {
        {"encode: OK", MUX_REPLY_OK, NULL, LIT("\0\2OK")},
        {"encode: OK has no text", MUX_REPLY_OK, "Success.", LIT("\0\2OK")},
        {"encode: NO", MUX_REPLY_NO, NULL, LIT("\0\2NO")},
        {"encode: NO with an empty text", MUX_REPLY_NO, "", LIT("\0\2NO")},
        {"encode: NO with one byte", MUX_REPLY_NO, "x", LIT("\0\4NO x")},
        {"encode: NULL login", MUX_REPLY_NO, "NULL login received",
                LIT("\0\026NO NULL login received")},
        {"encode: NULL password", MUX_REPLY_NO, "NULL password received",
                LIT("\0\031NO NULL password received")},
        {"encode: temporary failure", MUX_REPLY_TEMPORARY, NULL, LIT("\0\1X")},
        {"encode: temporary failure has no text", MUX_REPLY_TEMPORARY, "why", LIT("\0\1X")},
        {"encode: UTF-8", MUX_REPLY_NO, "\303\274", LIT("\0\5NO \303\274")},
};

static void test_encode(void **state)
{
        const EncodeRow *row = *state;
        uint8_t buffer[MUX_REPLY_MAX];
        size_t size = mux_reply_encode(row->reply, row->text, buffer);
        Bytes text;

        assert_bytes_equal((Bytes){buffer, size}, row->wire);
        assert_true(mux_reply_decode((Bytes){buffer, size}, &text));
        assert_int_equal(mux_reply_is_ok(text), row->reply == MUX_REPLY_OK);
}

typedef struct CutRow {
        const char *name;
        size_t text, sent;
} CutRow;

static const CutRow cut_rows[] = {
        {"text of 255 bytes", 255, 255},
        {"text of 256 bytes", 256, 256},
        {"text of 257 bytes is cut", 257, 256},
        {"text of 1023 bytes is cut", 1023, 256},
        {"text of 70000 bytes is cut", 70000, 256},
};

static void test_cut(void **state)
{
        const CutRow *row = *state;
        _cleanup_(free_pointer) char *text = malloc(row->text + 1);
        uint8_t buffer[MUX_REPLY_MAX];
        Bytes reply;
        size_t size;

        assert_non_null(text);
        memset(text, 'x', row->text);
        text[row->text] = '\0';
        size = mux_reply_encode(MUX_REPLY_NO, text, buffer);

        assert_int_equal(size, 2 + 3 + row->sent);
        assert_true(mux_reply_decode((Bytes){buffer, size}, &reply));
        assert_int_equal(reply.size, 3 + row->sent);
        assert_memory_equal(reply.data, "NO ", 3);
        assert_memory_equal(reply.data + 3, text, row->sent);
}

typedef struct DecodeRow {
        const char *name;
        Bytes wire;
        Bytes text;
        bool ok;
} DecodeRow;

static const DecodeRow decode_rows[] = {
        {"decode: OK", LIT("\0\2OK"), LIT("OK"), true},
        {"decode: OK with a text", LIT("\0\012OK Success"), LIT("OK Success"), true},
        {"decode: anything that begins with OK", LIT("\0\4OKAY"), LIT("OKAY"), true},
        {"decode: NO", LIT("\0\2NO"), LIT("NO"), false},
        {"decode: NO OK", LIT("\0\5NO OK"), LIT("NO OK"), false},
        {"decode: empty", LIT("\0\0"), LIT(""), false},
        {"decode: one byte", LIT("\0\1X"), LIT("X"), false},
        {"decode: O", LIT("\0\1O"), LIT("O"), false},
        {"decode: lower case", LIT("\0\2ok"), LIT("ok"), false},
        {"decode: blank in front", LIT("\0\3 OK"), LIT(" OK"), false},
        {"decode: O NUL K", LIT("\0\3O\0K"), LIT("O\0K"), false},
};

static void test_decode(void **state)
{
        const DecodeRow *row = *state;
        Bytes text = BYTES("untouched");

        for (size_t size = 0; size < row->wire.size; size++) {
                _cleanup_(exact_free) Bytes prefix = exact_copy((Bytes){row->wire.data, size});

                assert_false(mux_reply_decode(prefix, &text));
        }
        {
                _cleanup_(exact_free) Bytes whole = exact_copy(row->wire);

                assert_true(mux_reply_decode(whole, &text));
                assert_bytes_equal(text, row->text);
                assert_int_equal(mux_reply_is_ok(text), row->ok);
        }
}

static void test_decode_more(void **state)
{
        Bytes text;

        (void)state;
        assert_true(mux_reply_decode(BYTES("\0\2NOOK"), &text));
        assert_bytes_equal(text, BYTES("NO"));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_encode, ROWS(encode_rows));
        table_add_rows(&table, test_cut, ROWS(cut_rows));
        table_add_rows(&table, test_decode, ROWS(decode_rows));
        table_add(&table, "decode: bytes behind the reply", test_decode_more, NULL);
        return table_run(&table, "reply");
}
