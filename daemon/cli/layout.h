/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Layout: a matrix as people like to read it: services with the same answers stand together, and
 * so do VMs where all have the same. */

#include "daemon/cli/matrix.h"

typedef struct LayoutColumn {
        const char *label;
        size_t vm; /* index of one that stands for all */
} LayoutColumn;

typedef struct LayoutBlock {
        size_t *services; /* indices */
        size_t service_count;
        LayoutColumn *columns; /* none: nobody gets in */
        size_t column_count;
} LayoutBlock;

typedef struct Layout {
        LayoutBlock *blocks;
        size_t count;
} Layout;

/* With merges, VMs may stand together. Free with layout_deinit(). */
void layout_init(Layout *layout, const Matrix *matrix, bool merges);
void layout_deinit(Layout *layout);
