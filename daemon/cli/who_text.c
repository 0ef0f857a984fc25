/* SPDX-License-Identifier: BSD-2-Clause */
#include "who.h"

#include "daemon/cli/grid.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

char *who_services(const Matrix *matrix, const LayoutBlock *block)
{
        char *text = output_format("%s", "");

        for (size_t i = 0; i < block->service_count; i++) {
                const char *label = matrix->axes->services.entries[block->services[i]].label;
                _cleanup_(free_pointer) char *safe = output_safe(bytes_from_string(label));
                char *longer =
                        output_format("%s%s%s", text, i > 0 ? ", " : "", label[0] ? safe : "\"\"");

                free(text);
                text = longer;
        }
        return text;
}

static void add_heading(Grid *grid, const Matrix *matrix, const LayoutColumn *column)
{
        const AxisEntry *vm = &matrix->axes->vms.entries[column->vm];
        _cleanup_(free_pointer) char *label = output_format(
                "%s%s", column->label, vm->running && column->label == vm->label ? "*" : "");

        grid_add(grid, label);
}

static void add_cell(Grid *grid, const Cell *cell)
{
        _cleanup_(free_pointer) char *text =
                output_format(cell->note > 0 ? "%s [%u]" : "%s", cell->text, cell->note);

        grid_add(grid, text);
}

static void put_block(FILE *out, const Matrix *matrix, const LayoutBlock *block)
{
        _cleanup_(grid_deinit) Grid grid;

        grid_init(&grid, 1 + block->column_count);
        grid_add(&grid, "User");
        for (size_t c = 0; c < block->column_count; c++)
                add_heading(&grid, matrix, &block->columns[c]);
        for (size_t u = 0; u < matrix->axes->users.count; u++) {
                grid_add(&grid, matrix->axes->users.entries[u].label);
                for (size_t c = 0; c < block->column_count; c++)
                        add_cell(&grid,
                                matrix_cell(matrix, u, block->services[0], block->columns[c].vm));
        }
        grid_print(&grid, 1, out);
}

static bool has_running(const Matrix *matrix)
{
        for (size_t v = 0; v < matrix->axes->vms.count; v++)
                if (matrix->axes->vms.entries[v].running)
                        return true;
        return false;
}

/* Of sockets that not everybody may ask at; where that is each, cells tell it. */
static void put_sockets(FILE *out, const Matrix *matrix)
{
        bool heading = true;

        for (size_t i = 0; i < matrix->config->listen_count && !matrix->allowed; i++) {
                _cleanup_(free_pointer) char *allow = output_allow(&matrix->config->listens[i]);

                if (!allow)
                        continue;
                if (heading)
                        (void)fputs("\nNot for every process, whatever the rules say:\n", out);
                heading = false;
                output_wrapped(out, " - ", 3, allow);
        }
}

void who_print(const Matrix *matrix, const Layout *layout, FILE *out)
{
        for (size_t i = 0; i < layout->count; i++) {
                const LayoutBlock *block = &layout->blocks[i];
                _cleanup_(free_pointer) char *services = who_services(matrix, block);
                _cleanup_(free_pointer) char *title = output_format("Service: %s%s", services,
                        block->column_count > 0 ? "" : " - nobody gets in");

                if (i > 0)
                        (void)fputc('\n', out);
                output_wrapped(out, "", 0, title);
                if (block->column_count == 0)
                        continue;
                (void)fputc('\n', out);
                put_block(out, matrix, block);
        }
        if (has_running(matrix))
                (void)fputs("\n* is running\n", out);
        if (matrix->notes.count > 0)
                (void)fputs("\nDepends on:\n", out);
        for (size_t i = 0; i < matrix->notes.count; i++) {
                _cleanup_(free_pointer) char *head = output_format(" [%zu] ", i + 1);

                output_wrapped(out, head, 5, matrix->notes.texts[i]);
        }
        put_sockets(out, matrix);
}
