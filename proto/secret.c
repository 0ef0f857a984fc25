/* SPDX-License-Identifier: BSD-2-Clause */
#include "secret.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct Secret {
        size_t size;
        size_t used;
        uint8_t data[];
};

Secret *secret_new(size_t size)
{
        Secret *secret = size <= SIZE_MAX - sizeof(*secret) ? malloc(sizeof(*secret) + size) : NULL;

        if (!secret)
                return NULL;
        secret->size = size;
        secret->used = 0;
        return secret;
}

Secret *secret_new_string(Bytes content)
{
        Secret *secret = secret_new(content.size + 1);
        size_t space;
        uint8_t *buffer;

        if (!secret)
                return NULL;
        buffer = secret_space(secret, &space);
        if (content.size > 0)
                memcpy(buffer, content.data, content.size);
        buffer[content.size] = 0;
        secret_commit(secret, content.size + 1);
        return secret;
}

Secret *secret_free(Secret *secret)
{
        if (secret) {
                explicit_bzero(secret->data, secret->size);
                free(secret);
        }
        return NULL;
}

void secret_freep(Secret **secret)
{
        *secret = secret_free(*secret);
}

int secret_grow(Secret **secret, size_t size)
{
        Secret *grown = secret_new(size > (*secret)->used ? size : (*secret)->used);

        if (!grown)
                return -ENOMEM;
        memcpy(grown->data, (*secret)->data, (*secret)->used);
        grown->used = (*secret)->used;
        secret_free(*secret);
        *secret = grown;
        return 0;
}

/* Between two uses: only what was committed can hold a secret. */
void secret_wipe(Secret *secret)
{
        explicit_bzero(secret->data, secret->used);
        secret->used = 0;
}

Bytes secret_bytes(const Secret *secret)
{
        return (Bytes){secret->data, secret->used};
}

uint8_t *secret_space(Secret *secret, size_t *size)
{
        *size = secret->size - secret->used;
        return secret->data + secret->used;
}

void secret_commit(Secret *secret, size_t size)
{
        assert(size <= secret->size - secret->used);
        secret->used += size;
}
