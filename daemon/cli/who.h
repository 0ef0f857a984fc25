/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Writing a matrix: for people, for programs, and as a page. */

#include "daemon/cli/layout.h"

#include <stdio.h>

/* A table a block, and the notes. */
void who_print(const Matrix *matrix, const Layout *layout, FILE *out);

/* Every cell. */
void who_print_json(const Matrix *matrix, FILE *out);

/* One HTML page that needs nothing else. */
void who_print_html(const Matrix *matrix, const Layout *layout, FILE *out);

/* The services of a block, "imap, pop", safe, owned. */
char *who_services(const Matrix *matrix, const LayoutBlock *block);
