/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Tri: Kleene's three-valued logic. "and" is the lesser of two values, "or" the greater. */

typedef enum Tri {
        TRI_FALSE,
        TRI_UNDECIDED,
        TRI_TRUE,
} Tri;

static inline Tri tri_and(Tri a, Tri b)
{
        return a < b ? a : b;
}

static inline Tri tri_or(Tri a, Tri b)
{
        return a > b ? a : b;
}

static inline Tri tri_not(Tri a)
{
        return (Tri)(TRI_TRUE - a);
}
