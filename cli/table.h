/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Table: rows of texts, drawn as "virsh list" draws them. One that is too wide for a terminal is
 * drawn as several, each with the first columns. */

#include <stddef.h>
#include <stdio.h>

typedef struct Table {
        size_t columns;
        char **cells; /* the first row is the headings */
        size_t count; /* of cells */
} Table;

void table_init(Table *table, size_t columns);
void table_deinit(Table *table);

/* Adds a cell, made safe for a terminal, behind the last. */
void table_add(Table *table, const char *text);

/* Draws it; the first fixed columns stand in each part. */
void table_print(const Table *table, size_t fixed, FILE *out);
