/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/history.h"
#include "daemon/record.h"
#include "table.h"

static const struct {
        const char *name;
        Bytes value;
        const char *line;
} rows[] = {
        {"plain", LIT("alice"), "SASLWARD_USER=alice\n"},
        {"empty", LIT(""), ""},
        {"a line of its own", LIT("eve\nSASLWARD_USER=root"),
                "SASLWARD_USER=eve\\x0aSASLWARD_USER=root\n"},
        {"NUL and escape", LIT("a\0b\x1b[2J"), "SASLWARD_USER=a\\x00b\\x1b[2J\n"},
        {"no UTF-8", LIT("\xff"), "SASLWARD_USER=\\xff\n"},
        {"UTF-8", LIT("j\xc3\xbcrgen"), "SASLWARD_USER=j\xc3\xbcrgen\n"},
        {"equals sign", LIT("a=b"), "SASLWARD_USER=a=b\n"},
};

static void test_line(void **state)
{
        size_t i = (size_t)*state;
        Record record = {};

        record_add(&record, "USER", rows[i].value);
        assert_true(bytes_equal_string(record_bytes(&record), rows[i].line));
}

static void test_read_again(void **state)
{
        Record record = {};

        (void)state;
        record_add_number(&record, "DECISION", UINT64_MAX);
        record_add(&record, "USER", BYTES("a=b"));
        assert_true(bytes_equal_string(
                record_value(record_bytes(&record), "DECISION"), "18446744073709551615"));
        assert_true(bytes_equal_string(record_value(record_bytes(&record), "USER"), "a=b"));
        assert_int_equal(record_value(record_bytes(&record), "US").size, 0);
}

/* Whatever is added last, the record stays one of whole lines. */
static void test_full(void **state)
{
        uint8_t long_value[RECORD_SIZE];

        (void)state;
        memset(long_value, '\n', sizeof(long_value)); /* four bytes each */
        for (size_t first = 1; first + 6 < RECORD_SIZE; first++) {
                Record record = {};
                Bytes rest, name, value;
                size_t count = 0;

                record_add(&record, "USER", (Bytes){long_value, first});
                for (unsigned i = 0; i < 6; i++)
                        record_add(&record, "REALM", (Bytes){long_value, first + i});
                assert_in_range(record.size, 1, RECORD_SIZE);
                assert_int_equal(record.lines[record.size - 1], '\n');
                for (rest = record_bytes(&record); record_next(&rest, &name, &value); count++)
                        assert_in_range(value.size, 1, RECORD_SIZE);
                assert_int_equal(rest.size, 0);
                assert_in_range(count, 1, 7);
        }
}

static void test_no_record(void **state)
{
        static const char *const texts[] = {"", "SASLWARD_A", "SASLWARD_A=b", "SASLWARD_=\n",
                "OTHER=1\n", "SASLWARD_\n=", "\n"};
        Bytes name, value;

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                Bytes rest = exact_copy(bytes_from_string(texts[i]));

                assert_false(record_next(&rest, &name, &value));
                exact_free(&rest);
        }
}

static void keep(History *history, uint64_t number, const char *user)
{
        Record record = {};

        record_add(&record, "USER", bytes_from_string(user));
        history_keep(history, number, &record);
}

static void test_history(void **state)
{
        History *history = history_new();
        uint64_t first = history_number(history);
        PastDecision found;

        (void)state;
        assert_false(history_find(history, first, &found));
        assert_false(history_find(history, 0, &found));
        keep(history, first, "alice");
        history_count(history, first);
        history_count(history, first + 1); /* nobody's */
        assert_true(history_find(history, first, &found));
        assert_int_equal(found.count, 2);
        assert_true(bytes_equal_string(record_bytes(&found.record), "SASLWARD_USER=alice\n"));
        for (unsigned i = 0; i < 1000; i++)
                keep(history, history_number(history), "eve");
        assert_false(history_find(history, first, &found));
        assert_true(history_find(history, first + 1000, &found));
        assert_int_equal(found.count, 1);
        history_free(history);
}

int main(void)
{
        Table table = {};

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                table_add(&table, rows[i].name, test_line, (void *)i);
        table_add(&table, "read again", test_read_again, NULL);
        table_add(&table, "full", test_full, NULL);
        table_add(&table, "no record", test_no_record, NULL);
        table_add(&table, "history", test_history, NULL);
        return table_run(&table, "record");
}
