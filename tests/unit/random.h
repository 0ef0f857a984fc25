/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * Random: reproducible pseudo-random values for the round-trip tests. A test names its seed, and
 * says seed and round when it fails.
 */

#include "proto/bytes.h"

typedef struct Random {
        uint64_t state; /* the seed, not 0 */
} Random;

/* The next value: xorshift64* (Vigna 2016). */
static inline uint64_t random_next(Random *random)
{
        random->state ^= random->state >> 12;
        random->state ^= random->state << 25;
        random->state ^= random->state >> 27;
        return random->state * 0x2545f4914f6cdd1dU;
}

static inline size_t random_below(Random *random, size_t bound)
{
        return (size_t)((random_next(random) >> 16) % bound);
}

/* A size of at most max: often 0 to 3, often max or a few below, else anything. */
static inline size_t random_size(Random *random, size_t max)
{
        size_t edge = random_below(random, max < 4 ? max + 1 : 4);

        switch (random_below(random, 4)) {
        case 0: return edge;
        case 1: return max - edge;
        default: return random_below(random, max + 1);
        }
}

/* Fills buffer with min to max bytes, any value. Returns the view of them. */
static inline Bytes random_bytes(Random *random, uint8_t *buffer, size_t min, size_t max)
{
        size_t size = min + random_size(random, max - min);

        for (size_t i = 0; i < size; i++)
                buffer[i] = (uint8_t)random_below(random, 256);
        return (Bytes){buffer, size};
}

/* Fills buffer with min to max bytes that a name may hold: blanks only inside, no control bytes. */
static inline Bytes random_name(Random *random, uint8_t *buffer, size_t min, size_t max)
{
        Bytes name = random_bytes(random, buffer, min, max);

        for (size_t i = 0; i < name.size; i++) {
                bool outer = i == 0 || i == name.size - 1;

                if (buffer[i] < 0x20 || buffer[i] == 0x7f || (outer && buffer[i] == ' '))
                        buffer[i] = '@';
        }
        return name;
}
