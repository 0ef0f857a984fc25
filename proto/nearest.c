/* SPDX-License-Identifier: BSD-2-Clause */
#include "nearest.h"

#include <stdbool.h>
#include <string.h>

#define LENGTH_MAX 31u /* longer words are near to nothing */

static size_t least(size_t a, size_t b, size_t c)
{
        size_t ab = a < b ? a : b;

        return ab < c ? ab : c;
}

/* How many letters have to be put in, taken out or changed (Levenshtein). */
static size_t distance_of(const char *a, const char *b)
{
        size_t length = strlen(b);
        size_t row[LENGTH_MAX + 1];

        for (size_t j = 0; j <= length; j++)
                row[j] = j;
        for (size_t i = 1; a[i - 1]; i++) {
                size_t diagonal = row[0];

                row[0] = i;
                for (size_t j = 1; j <= length; j++) {
                        size_t changed = diagonal + (a[i - 1] != b[j - 1]);

                        diagonal = row[j];
                        row[j] = least(changed, row[j] + 1, row[j - 1] + 1);
                }
        }
        return row[length];
}

void nearest_init(Nearest *nearest, const char *word)
{
        size_t length = strlen(word);

        /* at most two slips, and not most of a short word */
        *nearest = (Nearest){.word = word, .distance = length < 4 ? 2 : 3};
}

void nearest_try(Nearest *nearest, const char *name)
{
        size_t distance;

        if (strlen(nearest->word) > LENGTH_MAX || strlen(name) > LENGTH_MAX)
                return;
        distance = distance_of(nearest->word, name);
        if (distance >= nearest->distance || distance >= strlen(name))
                return;
        nearest->name = name;
        nearest->distance = distance;
}
