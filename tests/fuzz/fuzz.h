/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * A fuzz target is one function that takes any bytes and aborts if what the code makes of them is
 * wrong. libFuzzer calls it (tests/fuzz/run), and replay.c, which runs the seeds with any compiler.
 */

#include "proto/bytes.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert() also there with NDEBUG. */
#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)

static inline void check(bool condition, const char *text, const char *file, int line)
{
        if (condition)
                return;
        (void)fprintf(stderr, "%s:%d: broken: %s\n", file, line, text);
        abort();
}

/* A view lies within whole, or is empty. */
static inline void check_inside(Bytes view, Bytes whole)
{
        if (view.size == 0)
                return;
        CHECK(view.data >= whole.data);
        CHECK(view.size <= whole.size);
        CHECK(view.data + view.size <= whole.data + whole.size);
}
