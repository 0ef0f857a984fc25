/* SPDX-License-Identifier: BSD-2-Clause */
#include "digest.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define KEY_SIZE 32u

struct Digester {
        EVP_MAC_CTX *context;
        bool good;
};

static EVP_MAC_CTX *make_context(void)
{
        EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
        char name[] = "SHA256";
        const OSSL_PARAM parameters[] = {
                OSSL_PARAM_construct_utf8_string("digest", name, 0), OSSL_PARAM_construct_end()};

        EVP_MAC_free(mac);
        if (!context || EVP_MAC_CTX_set_params(context, parameters) == 1)
                return context;
        EVP_MAC_CTX_free(context);
        return NULL;
}

Digester *digester_new(void)
{
        Digester *digester = calloc(1, sizeof(*digester));
        uint8_t key[KEY_SIZE];

        if (!digester)
                return NULL;
        digester->context = make_context();
        /* later ones begin with the key that is set here */
        digester->good = digester->context &&
                         getrandom(key, sizeof(key), 0) == (ssize_t)sizeof(key) &&
                         EVP_MAC_init(digester->context, key, sizeof(key), NULL) == 1;
        explicit_bzero(key, sizeof(key));
        return digester->good ? digester : digester_free(digester);
}

Digester *digester_free(Digester *digester)
{
        if (!digester)
                return NULL;
        EVP_MAC_CTX_free(digester->context);
        free(digester);
        return NULL;
}

void digester_begin(Digester *digester)
{
        digester->good = EVP_MAC_init(digester->context, NULL, 0, NULL) == 1;
}

static void update(Digester *digester, const void *bytes, size_t size)
{
        if (digester->good && size > 0)
                digester->good = EVP_MAC_update(digester->context, bytes, size) == 1;
}

void digester_add_number(Digester *digester, uint64_t number)
{
        update(digester, &number, sizeof(number));
}

void digester_add(Digester *digester, Bytes string)
{
        digester_add_number(digester, string.size);
        update(digester, string.data, string.size);
}

void digester_add_folded(Digester *digester, Bytes string)
{
        digester_add_number(digester, string.size);
        for (size_t i = 0; i < string.size; i++) {
                uint8_t byte = string.data[i];

                if (byte >= 'A' && byte <= 'Z')
                        byte += 'a' - 'A';
                update(digester, &byte, 1);
        }
}

bool digester_end(Digester *digester, Digest *digest)
{
        size_t size;

        if (digester->good)
                digester->good = EVP_MAC_final(digester->context, digest->bytes, &size,
                                         sizeof(digest->bytes)) == 1 &&
                                 size == sizeof(digest->bytes);
        if (!digester->good)
                *digest = (Digest){};
        return digester->good;
}
