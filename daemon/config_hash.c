/* SPDX-License-Identifier: BSD-2-Clause */
#include "config_hash.h"

#include "daemon/config_print.h"
#include "proto/cleanup.h"

#include <openssl/evp.h>
#include <stdio.h>

#define DIGITS (CONFIG_HASH_SIZE - 1)

static int hash_text(const char *text, size_t size, char *hash)
{
        uint8_t digest[EVP_MAX_MD_SIZE];

        if (EVP_Digest(text, size, digest, NULL, EVP_sha256(), NULL) != 1)
                return -EIO;
        for (size_t i = 0; i < DIGITS / 2; i++)
                (void)snprintf(hash + 2 * i, 3, "%02x", digest[i]);
        return 0;
}

int config_hash(const Config *config, char hash[static CONFIG_HASH_SIZE])
{
        _cleanup_(free_pointer) char *text = NULL;
        size_t size = 0;
        FILE *out;

        if (config->drop_in) {
                (void)snprintf(hash, CONFIG_HASH_SIZE, "-a %s", config->drop_in->name);
                return 0;
        }
        out = open_memstream(&text, &size);
        if (!out)
                return -ENOMEM;
        config_print(config, out);
        if (fclose(out) != 0)
                return -ENOMEM;
        return hash_text(text, size, hash);
}
