/* SPDX-License-Identifier: BSD-2-Clause */
#include "digest.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define KEY_SIZE     32u
#define GATHERED_MAX 512u /* a usual login's fields */

/* Fields are gathered, since a call of libcrypto costs more than to digest one: 8 % of what the
 * front did for a login that it remembered. */
struct Digester {
        EVP_MAC_CTX *context;
        bool good;
        size_t gathered_size;
        uint8_t gathered[GATHERED_MAX];
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

static void update(Digester *digester, const uint8_t *bytes, size_t size)
{
        if (digester->good && size > 0)
                digester->good = EVP_MAC_update(digester->context, bytes, size) == 1;
}

/* Passwords are among them. */
static void hand_over(Digester *digester)
{
        update(digester, digester->gathered, digester->gathered_size);
        explicit_bzero(digester->gathered, digester->gathered_size);
        digester->gathered_size = 0;
}

static void gather(Digester *digester, const void *bytes, size_t size)
{
        if (size > GATHERED_MAX - digester->gathered_size)
                hand_over(digester);
        if (size > GATHERED_MAX) {
                update(digester, bytes, size);
                return;
        }
        if (size > 0)
                memcpy(digester->gathered + digester->gathered_size, bytes, size);
        digester->gathered_size += size;
}

void digester_add_number(Digester *digester, uint64_t number)
{
        gather(digester, &number, sizeof(number));
}

void digester_add(Digester *digester, Bytes string)
{
        digester_add_number(digester, string.size);
        gather(digester, string.data, string.size);
}

void digester_add_folded(Digester *digester, Bytes string)
{
        digester_add_number(digester, string.size);
        for (size_t i = 0; i < string.size; i++) {
                uint8_t byte = string.data[i];

                if (byte >= 'A' && byte <= 'Z')
                        byte += 'a' - 'A';
                gather(digester, &byte, 1);
        }
}

bool digester_end(Digester *digester, Digest *digest)
{
        size_t size;

        hand_over(digester);
        if (digester->good)
                digester->good = EVP_MAC_final(digester->context, digest->bytes, &size,
                                         sizeof(digest->bytes)) == 1 &&
                                 size == sizeof(digest->bytes);
        if (!digester->good)
                *digest = (Digest){};
        return digester->good;
}
