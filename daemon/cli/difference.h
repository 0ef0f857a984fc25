/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Difference: what two matrices over the same axes say differently, and what differs that they do
 * not tell. */

#include "daemon/cli/changed_lines.h"
#include "daemon/cli/matrix.h"

#include <stdio.h>

typedef struct Change {
        size_t user, service, vm; /* indices; vm is one that stands for all */
        const char *vm_label;     /* "anywhere", "every VM", or that VM */
        const Cell *before, *after;
} Change;

typedef struct Difference {
        const Matrix *before, *after;
        Change *changes;
        size_t count;
        ChangedLines lines;
        bool shows_rules; /* among the lines: the matrices do not tell all that rules mean */
} Difference;

/* Finds all changes, user by user. Free with difference_deinit(). */
void difference_init(Difference *difference, const Matrix *before, const Matrix *after);
void difference_deinit(Difference *difference);

/* Whether there is none. */
bool difference_is_empty(const Difference *difference);

/* "gains", "loses", "may gain", "may lose" or "changes". */
const char *difference_word(const Change *change);

/* Write it: for people, and as JSON. */
void difference_print(const Difference *difference, FILE *out);
void difference_print_json(const Difference *difference, FILE *out);
