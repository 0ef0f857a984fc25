/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Network: an address range in CIDR notation. IPv4-mapped IPv6 addresses are IPv4 addresses, and
 * ::/0 holds none of these. */

#include "proto/bytes.h"

typedef struct Network {
        uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
        unsigned prefix;     /* bits, 0 to 128 */
} Network;

/* Reads "10.0.0.0/8", "192.0.2.1", "2001:db8::/32". Returns NULL, or a static text that says what
 * is wrong and what would be right (also for bits set behind the prefix). */
const char *network_parse(const char *text, Network *network);

/* Whether this is the address of a client: "ip;port", as libsasl sends it. */
bool network_is_client(Bytes client);

/* The network of a client's address: an IPv4 address by itself, of an IPv6 address the 64 bits of
 * its subnet, since a host makes up the others as it likes (RFC 8981). Returns false if it is no
 * address.
 */
bool network_of_client(Bytes client, Network *network);

/* Whether the address of a client lies in the network; false also if it is no address. */
bool network_contains(const Network *network, Bytes client);
