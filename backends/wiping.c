/* SPDX-License-Identifier: BSD-2-Clause */
#include "wiping.h"

#include <malloc.h>
#include <string.h>

#define STACK_DEPTH (64 * 1024)
#define OVERWRITTEN 0x5a

void wiping_begin(void)
{
        (void)mallopt(M_PERTURB, OVERWRITTEN);
}

__attribute__((noinline)) void wiping_clear_stack(void)
{
        char below[STACK_DEPTH];

        explicit_bzero(below, sizeof(below));
}
