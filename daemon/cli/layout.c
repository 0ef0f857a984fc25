/* SPDX-License-Identifier: BSD-2-Clause */
#include "layout.h"

#include "daemon/cli/output.h"

#include <stdlib.h>

static bool same_services(const Matrix *matrix, size_t a, size_t b)
{
        for (size_t u = 0; u < matrix->axes->users.count; u++)
                for (size_t v = 0; v < matrix->axes->vms.count; v++)
                        if (!matrix_same(matrix, matrix_cell(matrix, u, a, v), matrix,
                                    matrix_cell(matrix, u, b, v)))
                                return false;
        return true;
}

static bool same_vms(const Matrix *matrix, size_t service, size_t a, size_t b)
{
        for (size_t u = 0; u < matrix->axes->users.count; u++)
                if (!matrix_same(matrix, matrix_cell(matrix, u, service, a), matrix,
                            matrix_cell(matrix, u, service, b)))
                        return false;
        return true;
}

static bool lets_nobody_in(const Matrix *matrix, size_t service)
{
        for (size_t u = 0; u < matrix->axes->users.count; u++)
                for (size_t v = 0; v < matrix->axes->vms.count; v++)
                        if (matrix_cell(matrix, u, service, v)->kind != CELL_NO)
                                return false;
        return true;
}

static void add_column(LayoutBlock *block, const char *label, size_t vm)
{
        block->columns[block->column_count++] = (LayoutColumn){label, vm};
}

/* Whether all VMs in the matrix have the same answers; "no VM" stands last and is none. */
static bool all_vms_same(const Matrix *matrix, size_t service)
{
        size_t count = matrix->axes->vms.count;

        for (size_t v = 1; v + 1 < count; v++)
                if (!same_vms(matrix, service, 0, v))
                        return false;
        return true;
}

static void fill_columns(LayoutBlock *block, const Matrix *matrix, bool merges)
{
        const Axis *vms = &matrix->axes->vms;
        size_t service = block->services[0];

        block->columns = calloc(vms->count + 1, sizeof(LayoutColumn));
        if (!block->columns)
                output_no_memory();
        if (lets_nobody_in(matrix, service))
                return;
        if (merges && all_vms_same(matrix, service)) {
                bool anywhere = same_vms(matrix, service, 0, vms->count - 1);

                add_column(block, anywhere ? "anywhere" : "every VM", 0);
                if (!anywhere)
                        add_column(block, vms->entries[vms->count - 1].label, vms->count - 1);
                return;
        }
        for (size_t v = 0; v < vms->count; v++)
                add_column(block, vms->entries[v].label, v);
}

/* The block of services that answer as this one does, or a new one. */
static LayoutBlock *find_block(Layout *layout, const Matrix *matrix, size_t service)
{
        LayoutBlock *grown;

        for (size_t i = 0; i < layout->count; i++)
                if (same_services(matrix, layout->blocks[i].services[0], service))
                        return &layout->blocks[i];
        grown = reallocarray(layout->blocks, layout->count + 1, sizeof(LayoutBlock));
        if (!grown)
                output_no_memory();
        layout->blocks = grown;
        grown[layout->count] = (LayoutBlock){
                .services = calloc(matrix->axes->services.count, sizeof(size_t)),
        };
        if (!grown[layout->count].services)
                output_no_memory();
        return &grown[layout->count++];
}

void layout_init(Layout *layout, const Matrix *matrix, bool merges)
{
        *layout = (Layout){};
        for (size_t s = 0; s < matrix->axes->services.count; s++) {
                LayoutBlock *block = find_block(layout, matrix, s);

                block->services[block->service_count++] = s;
        }
        for (size_t i = 0; i < layout->count; i++)
                fill_columns(&layout->blocks[i], matrix, merges);
}

void layout_deinit(Layout *layout)
{
        for (size_t i = 0; i < layout->count; i++) {
                free(layout->blocks[i].services);
                free(layout->blocks[i].columns);
        }
        free(layout->blocks);
}
