/* SPDX-License-Identifier: BSD-2-Clause */
#include "network.h"

#include <arpa/inet.h>

#define ADDRESS_SIZE  16u
#define ADDRESS_BITS  (8u * ADDRESS_SIZE)
#define SUBNET_PREFIX 64u
#define MAPPED_PREFIX 96u /* RFC 4291, section 2.5.5.2: ::ffff:a.b.c.d */

static const uint8_t mapped[ADDRESS_SIZE] = {[10] = 0xff, [11] = 0xff};

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
        unsigned rest = bits % 8;

        if (memcmp(a, b, bits / 8) != 0)
                return false;
        return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

static bool is_ipv4(const uint8_t *address)
{
        return same_bits(address, mapped, MAPPED_PREFIX);
}

static bool parse_address(const char *text, uint8_t *address)
{
        if (inet_pton(AF_INET6, text, address) == 1)
                return true;
        memcpy(address, mapped, ADDRESS_SIZE);
        return inet_pton(AF_INET, text, address + MAPPED_PREFIX / 8) == 1;
}

/* Up to three digits, no sign, no leading zero. */
static bool parse_prefix(const char *text, unsigned *prefix)
{
        size_t digits = strspn(text, "0123456789");

        if (digits == 0 || digits > 3 || text[digits] != '\0' || (text[0] == '0' && digits > 1))
                return false;
        *prefix = 0;
        for (size_t i = 0; i < digits; i++)
                *prefix = *prefix * 10 + (unsigned)(text[i] - '0');
        return true;
}

static bool bits_behind(const Network *network)
{
        for (unsigned bit = network->prefix; bit < ADDRESS_BITS; bit++)
                if (network->address[bit / 8] & (0x80u >> (bit % 8)))
                        return true;
        return false;
}

/* The prefix of an address written with dots counts from where its own bits begin. */
static const char *set_prefix(Network *network, const char *text, bool dotted)
{
        unsigned first = dotted ? MAPPED_PREFIX : 0;

        network->prefix = ADDRESS_BITS;
        if (!text)
                return NULL;
        if (!parse_prefix(text, &network->prefix) || network->prefix > ADDRESS_BITS - first)
                return dotted ? "behind the / of an IPv4 address stands a number from 0 to 32"
                              : "behind the / of an IPv6 address stands a number from 0 to 128";
        network->prefix += first;
        return bits_behind(network) ? "the address has bits set behind its prefix: make them 0, "
                                      "as in 10.0.0.0/8, or write a longer prefix"
                                    : NULL;
}

const char *network_parse(const char *text, Network *network)
{
        const char *slash = strchrnul(text, '/');
        char address[INET6_ADDRSTRLEN];
        Bytes written = {(const uint8_t *)text, (size_t)(slash - text)};

        if (!bytes_to_string(written, address, sizeof(address)) ||
                !parse_address(address, network->address))
                return "no address or network: write it as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32";
        return set_prefix(network, *slash ? slash + 1 : NULL, !strchr(address, ':'));
}

/* The address before the port; a scope ("fe80::1%eth0", as getnameinfo(3) writes it) says nothing
 * about the network. */
static bool parse_client(Bytes client, uint8_t *address)
{
        char text[INET6_ADDRSTRLEN + sizeof("%;65535") + 16];

        if (!bytes_to_string(client, text, sizeof(text)))
                return false;
        text[strcspn(text, "%;")] = '\0';
        return parse_address(text, address);
}

bool network_is_client(Bytes client)
{
        uint8_t address[ADDRESS_SIZE];

        return parse_client(client, address);
}

bool network_of_client(Bytes client, Network *network)
{
        *network = (Network){.prefix = ADDRESS_BITS};
        if (!parse_client(client, network->address))
                return false;
        if (!is_ipv4(network->address)) {
                network->prefix = SUBNET_PREFIX;
                memset(network->address + SUBNET_PREFIX / 8, 0, ADDRESS_SIZE - SUBNET_PREFIX / 8);
        }
        return true;
}

bool network_contains(const Network *network, Bytes client)
{
        uint8_t address[ADDRESS_SIZE];

        return parse_client(client, address) && is_ipv4(address) == is_ipv4(network->address) &&
               same_bits(address, network->address, network->prefix);
}
