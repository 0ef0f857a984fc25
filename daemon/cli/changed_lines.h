/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* ChangedLines: what differs between two configurations as they are printed. */

#include "daemon/config.h"

/* A printed configuration, a line each. */
typedef struct PrintedLine {
        char *text;
        bool is_rule; /* or a group, which rules use */
        bool changed; /* the other one has no such line */
} PrintedLine;

typedef struct PrintedLines {
        char *print; /* holds the texts */
        PrintedLine *lines;
        size_t count;
} PrintedLines;

typedef struct ChangedLines {
        PrintedLines before, after;
        size_t count;      /* of changed lines, but of rules */
        size_t rule_count; /* of changed rules and groups */
        bool is_reordered; /* rules are the same, in another order */
} ChangedLines;

/* Compares. A backend that only one has is no change: rules tell where it is asked. Free with
 * changed_lines_deinit(). */
void changed_lines_init(ChangedLines *changed, const Config *before, const Config *after);
void changed_lines_deinit(ChangedLines *changed);
