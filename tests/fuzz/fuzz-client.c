/* SPDX-License-Identifier: BSD-2-Clause */

/* Any bytes as a client's address, the fifth field of a request. */

#include "daemon/network.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const char *const all[] = {"0.0.0.0/0", "::/0"};
        Bytes client = {data, size};
        bool is_client = network_is_client(client);
        Network network, everybody;
        unsigned within = 0;

        CHECK(network_of_client(client, &network) == is_client);
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
                CHECK(!network_parse(all[i], &everybody));
                within += network_contains(&everybody, client);
        }
        CHECK(within == (is_client ? 1 : 0));
        if (!is_client)
                return 0;
        CHECK(network_contains(&network, client));
        CHECK(network.prefix == 128 || network.prefix == 64);
        return 0;
}
