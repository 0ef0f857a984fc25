/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Grid: rows of texts, drawn as "virsh list" draws them. One that is too wide for a terminal is
 * drawn as several, each with the first columns. */

#include <stddef.h>
#include <stdio.h>

#define GRID_SHORT 34u /* columns */

typedef struct Grid {
        size_t columns;
        char **cells; /* the first row is the headings */
        size_t count; /* of cells */
} Grid;

void grid_init(Grid *grid, size_t columns);
void grid_deinit(Grid *grid);

/* Adds a cell, made safe for a terminal, behind the last. */
void grid_add(Grid *grid, const char *text);

/* The same, shortened to GRID_SHORT: a line has room for two such. */
void grid_add_short(Grid *grid, const char *text);

/* Draws it; the first fixed columns stand in each part. */
void grid_print(const Grid *grid, size_t fixed, FILE *out);
