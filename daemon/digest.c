/* SPDX-License-Identifier: BSD-2-Clause */
#include "digest.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#define KEY_SIZE 32u

struct Digester {
        uint8_t *key; /* a page of its own */
        EVP_MAC_CTX *context;
        bool good;
};

static uint8_t *make_key(void)
{
        uint8_t *key =
                mmap(NULL, KEY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (key == MAP_FAILED)
                return NULL;
        (void)madvise(key, KEY_SIZE, MADV_DONTDUMP);
        if (getrandom(key, KEY_SIZE, 0) == (ssize_t)KEY_SIZE)
                return key;
        (void)munmap(key, KEY_SIZE);
        return NULL;
}

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

        if (!digester)
                return NULL;
        digester->key = make_key();
        digester->context = make_context();
        if (!digester->key || !digester->context)
                return digester_free(digester);
        /* later ones begin with the key that is set here */
        digester->good = EVP_MAC_init(digester->context, digester->key, KEY_SIZE, NULL) == 1;
        digester_lock(digester);
        return digester->good ? digester : digester_free(digester);
}

void digester_lock(Digester *digester)
{
        (void)mlock(digester->key, KEY_SIZE);
}

Digester *digester_free(Digester *digester)
{
        if (!digester)
                return NULL;
        EVP_MAC_CTX_free(digester->context);
        if (digester->key) {
                explicit_bzero(digester->key, KEY_SIZE);
                (void)munmap(digester->key, KEY_SIZE);
        }
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
