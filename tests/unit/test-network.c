/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/network.h"
#include "proto/cleanup.h"

#include "table.h"

typedef struct ParseRow {
        const char *name; /* the text itself */
        const char *says; /* part of the fault, NULL = good */
        unsigned prefix;
} ParseRow;

static const ParseRow parses[] = {
        {"192.0.2.1", NULL, 128},
        {"10.0.0.0/8", NULL, 104},
        {"0.0.0.0/0", NULL, 96},
        {"10.1.2.3/32", NULL, 128},
        {"2001:db8::/32", NULL, 32},
        {"::/0", NULL, 0},
        {"::1", NULL, 128},
        {"::1/128", NULL, 128},
        {"::ffff:10.0.0.0/8", "set behind", 0},
        {"10.0.0.1/8", "set behind", 0},
        {"10.0.128.0/16", "set behind", 0},
        {"2001:db8::1/127", "set behind", 0},
        {"10.0.0.0/33", "0 to 32", 0},
        {"10.0.0.0/", "0 to 32", 0},
        {"10.0.0.0/08", "0 to 32", 0},
        {"10.0.0.0/-1", "0 to 32", 0},
        {"10.0.0.0/8 ", "0 to 32", 0},
        {"10.0.0.0/8/8", "0 to 32", 0},
        {"10.0.0.0/255.0.0.0", "0 to 32", 0},
        {"10.0.0.0/4294967304", "0 to 32", 0},
        {"::/129", "0 to 128", 0},
        {"::ffff:10.0.0.0/104", NULL, 104},
        {"", "no address", 0},
        {"/8", "no address", 0},
        {"10.0.0/8", "no address", 0},
        {"10.0.0.256", "no address", 0},
        {"010.0.0.1", "no address", 0},
        {" 10.0.0.1", "no address", 0},
        {"localhost", "no address", 0},
        {"fe80::1%eth0", "no address", 0},
        {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "no address", 0},
};

static void test_parse(void **state)
{
        const ParseRow *row = *state;
        Network network;
        const char *fault = network_parse(row->name, &network);

        if (row->says) {
                assert_non_null(fault);
                assert_non_null(strstr(fault, row->says));
                return;
        }
        assert_null(fault);
        assert_int_equal(network.prefix, row->prefix);
}

typedef struct ContainsRow {
        const char *name;
        const char *network;
        Bytes client;
        bool is_client;
        bool contained;
} ContainsRow;

static const ContainsRow contains[] = {
        {"first of a range", "10.0.0.0/8", LIT("10.0.0.0;1"), true, true},
        {"last of a range", "10.0.0.0/8", LIT("10.255.255.255;65535"), true, true},
        {"before a range", "10.0.0.0/8", LIT("9.255.255.255;1"), true, false},
        {"behind a range", "10.0.0.0/8", LIT("11.0.0.0;1"), true, false},
        {"in half a byte", "10.0.16.0/20", LIT("10.0.31.255;1"), true, true},
        {"behind half a byte", "10.0.16.0/20", LIT("10.0.32.0;1"), true, false},
        {"one address", "192.0.2.1", LIT("192.0.2.1;1"), true, true},
        {"its neighbour", "192.0.2.1", LIT("192.0.2.0;1"), true, false},
        {"IPv6", "2001:db8::/32", LIT("2001:db8:ffff::1;1"), true, true},
        {"other IPv6", "2001:db8::/32", LIT("2001:db9::1;1"), true, false},
        {"IPv4 as IPv6", "10.0.0.0/8", LIT("::ffff:10.1.2.3;1"), true, true},
        {"a mapped network", "::ffff:10.0.0.0/104", LIT("10.1.2.3;1"), true, true},
        {"all of IPv4", "0.0.0.0/0", LIT("203.0.113.9;1"), true, true},
        {"all of IPv4 is no IPv6", "0.0.0.0/0", LIT("2001:db8::1;1"), true, false},
        {"all of IPv6", "::/0", LIT("2001:db8::1;1"), true, true},
        {"all of IPv6 is no IPv4", "::/0", LIT("10.0.0.1;1"), true, false},
        {"all of IPv6 is no mapped IPv4", "::/0", LIT("::ffff:10.0.0.1;1"), true, false},
        {"with a scope", "fe80::/10", LIT("fe80::1%eth0;1"), true, true},
        {"without a port", "10.0.0.0/8", LIT("10.0.0.1"), true, true},
        {"nothing", "0.0.0.0/0", LIT(""), false, false},
        {"a port only", "0.0.0.0/0", LIT(";1"), false, false},
        {"no address", "0.0.0.0/0", LIT("localhost;1"), false, false},
        {"NUL behind an address", "0.0.0.0/0", LIT("10.0.0.1\0;1"), false, false},
        {"blank before an address", "0.0.0.0/0", LIT(" 10.0.0.1;1"), false, false},
        {"far too long", "0.0.0.0/0",
                LIT("10.0.0.1;000000000000000000000000000000000000000000000000000000000000001"),
                false, false},
};

static void test_contains(void **state)
{
        const ContainsRow *row = *state;
        _cleanup_(exact_free) Bytes client = exact_copy(row->client);
        Network network;

        assert_null(network_parse(row->network, &network));
        assert_int_equal(network_is_client(client), row->is_client);
        assert_int_equal(network_contains(&network, client), row->contained);
}

typedef struct ClientRow {
        const char *name;
        Bytes client;
        const char *network; /* or NULL: it is no address */
} ClientRow;

static const ClientRow clients[] = {
        {"IPv4's is the address", LIT("192.0.2.7;4711"), "192.0.2.7"},
        {"IPv4's as IPv6 is the same", LIT("::ffff:192.0.2.7;1"), "192.0.2.7"},
        {"IPv6's is the subnet", LIT("2001:db8:1:2:3:4:5:6;1"), "2001:db8:1:2::/64"},
        {"the last of a subnet", LIT("2001:db8:1:2:ffff:ffff:ffff:ffff;1"), "2001:db8:1:2::/64"},
        {"IPv6's own host", LIT("::1;1"), "::/64"},
        {"a scope's", LIT("fe80::1%eth0;1"), "fe80::/64"},
        {"nobody's", LIT(""), NULL},
        {"a name's", LIT("localhost;1"), NULL},
};

static void test_network_of_client(void **state)
{
        const ClientRow *row = *state;
        _cleanup_(exact_free) Bytes client = exact_copy(row->client);
        Network network, expected;

        assert_int_equal(network_of_client(client, &network), row->network != NULL);
        if (!row->network)
                return;
        assert_null(network_parse(row->network, &expected));
        assert_int_equal(network.prefix, expected.prefix);
        assert_memory_equal(network.address, expected.address, sizeof(expected.address));
}

int main(void)
{
        static Table table;

        table_add_rows(&table, test_parse, ROWS(parses));
        table_add_rows(&table, test_contains, ROWS(contains));
        table_add_rows(&table, test_network_of_client, ROWS(clients));
        return table_run(&table, "network");
}
