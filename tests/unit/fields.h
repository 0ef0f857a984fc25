/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Bodies of frames, written as text: "peer|7|4711|1000". */

#include "proto/counted.h"

#include "table.h"

/* The counted strings that '|' separates in text. The next call overwrites them. */
static inline Bytes fields(const char *text)
{
        static uint8_t body[65536];
        size_t used = 0;

        for (;;) {
                size_t size = strcspn(text, "|");

                assert_true(counted_put(
                        body, sizeof(body), &used, (Bytes){(const uint8_t *)text, size}));
                if (text[size] == '\0')
                        return (Bytes){body, used};
                text += size + 1;
        }
}
