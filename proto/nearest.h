/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Nearest: of some known names, the one that a mistyped word was probably meant to be. */

#include <stddef.h>

typedef struct Nearest {
        const char *word;
        const char *name; /* the best so far, or NULL: none is near enough */
        size_t distance;
} Nearest;

/* Starts for a word, which is not copied. */
void nearest_init(Nearest *nearest, const char *word);

/* Looks at one name, which is not copied. */
void nearest_try(Nearest *nearest, const char *name);
