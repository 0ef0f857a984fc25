/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Comparing what is secret. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Whether two texts are the same; the time depends on the length of the given one only. */
static inline bool is_same_text(const char *stored, const char *given)
{
        size_t stored_length = strlen(stored), given_length = strlen(given);
        volatile uint8_t difference = stored_length != given_length;

        for (size_t i = 0; i < given_length; i++)
                difference |= (uint8_t)(stored[i < stored_length ? i : stored_length] ^ given[i]);
        return difference == 0;
}
