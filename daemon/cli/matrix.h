/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Matrix: what a configuration's rules say to everybody on the axes, each by the daemon's own
 * decision. */

#include "daemon/cli/axes.h"
#include "daemon/cli/groups.h"
#include "daemon/ruleset.h"

typedef enum CellKind {
        CELL_NO,
        CELL_YES,     /* with the right password */
        CELL_DEPENDS, /* on what the axes do not say */
} CellKind;

typedef struct Cell {
        CellKind kind;
        const char *text;    /* "no", "yes (system)", "depends"; the matrix's */
        unsigned note;       /* for CELL_DEPENDS: number of the note, from 1 */
        const Rule *rule;    /* that decides, or NULL: none, or several do */
        const char *options; /* of CELL_YES: what the rule says beside its backends; or NULL */
} Cell;

/* Texts, each once. */
typedef struct Texts {
        char **texts;
        size_t count;
} Texts;

typedef struct Matrix {
        const Config *config;
        const Axes *axes;
        Groups groups;
        Ruleset *ruleset;
        char *allowed; /* who may ask, where that is not everybody at any socket; or NULL */
        Cell *cells;
        Texts words;
        Texts notes; /* what a cell depends on */
} Matrix;

/* Whether there are not too many cells for a machine to hold, or anybody to read. */
bool matrix_fits(const Axes *axes);

/* Works out all cells. Configuration and axes must outlive it. Free with matrix_deinit(). */
void matrix_init(Matrix *matrix, const Config *config, const Axes *axes);
void matrix_deinit(Matrix *matrix);

/* The cell of a user at a service of a VM, by their indices on the axes. */
const Cell *matrix_cell(const Matrix *matrix, size_t user, size_t service, size_t vm);

/* The note of a cell, or NULL. */
const char *matrix_note(const Matrix *matrix, const Cell *cell);

/* Whether a cell depends on something. */
bool matrix_depends(const Matrix *matrix);

/* Whether two cells, of any matrices, say the same, but for the options of their rules. */
bool matrix_same(const Matrix *a, const Cell *cell_a, const Matrix *b, const Cell *cell_b);
