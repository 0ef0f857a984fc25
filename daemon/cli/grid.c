/* SPDX-License-Identifier: BSD-2-Clause */
#include "grid.h"

#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <string.h>

#define GAP 3u /* virsh's (vshTableRowPrint) */

void grid_init(Grid *grid, size_t columns)
{
        *grid = (Grid){.columns = columns};
}

void grid_deinit(Grid *grid)
{
        for (size_t i = 0; i < grid->count; i++)
                free(grid->cells[i]);
        free(grid->cells);
}

/* Adds a cell, whose text is safe and taken over. */
static void add_safe(Grid *grid, char *text)
{
        char **grown = reallocarray(grid->cells, grid->count + 1, sizeof(char *));

        if (!grown)
                output_no_memory();
        grid->cells = grown;
        grown[grid->count++] = text;
}

void grid_add(Grid *grid, const char *text)
{
        add_safe(grid, output_safe(bytes_from_string(text)));
}

void grid_add_short(Grid *grid, const char *text)
{
        _cleanup_(free_pointer) char *safe = output_safe(bytes_from_string(text));

        add_safe(grid, output_shortened(safe, GRID_SHORT));
}

static size_t column_width(const Grid *grid, size_t column)
{
        size_t widest = 0;

        for (size_t i = column; i < grid->count; i += grid->columns) {
                size_t width = output_width(grid->cells[i]);

                widest = width > widest ? width : widest;
        }
        return widest;
}

/* The columns of one part: the fixed ones, and those from one to before another. */
typedef struct Part {
        const size_t *widths;
        size_t fixed, from, to;
} Part;

static size_t next_column(const Part *part, size_t column)
{
        return column + 1 == part->fixed ? part->from : column + 1;
}

static void put_row(const Grid *grid, const Part *part, size_t row, FILE *out)
{
        for (size_t c = 0; c < part->to; c = next_column(part, c)) {
                const char *text = grid->cells[row * grid->columns + c];
                bool last = next_column(part, c) >= part->to;
                size_t blanks = last ? 0 : part->widths[c] + GAP - output_width(text);

                (void)fprintf(out, "%s%s%*s", c == 0 ? " " : "", text, (int)blanks, "");
        }
        (void)fputc('\n', out);
}

static void put_line(const Part *part, FILE *out)
{
        size_t width = 0;

        for (size_t c = 0; c < part->to; c = next_column(part, c))
                width += part->widths[c] + GAP;
        for (size_t i = 0; i < width; i++)
                (void)fputc('-', out);
        (void)fputc('\n', out);
}

static void put_part(const Grid *grid, const Part *part, FILE *out)
{
        put_row(grid, part, 0, out);
        put_line(part, out);
        for (size_t row = 1; row * grid->columns < grid->count; row++)
                put_row(grid, part, row, out);
}

/* Behind the last column that still fits, one at least. */
static size_t end_of_part(const Grid *grid, const size_t *widths, size_t fixed, size_t from)
{
        size_t width = 0, to = from;

        for (size_t c = 0; c < fixed; c++)
                width += widths[c] + GAP;
        while (to < grid->columns && (to == from || width + widths[to] + GAP <= OUTPUT_COLUMNS))
                width += widths[to++] + GAP;
        return to;
}

void grid_print(const Grid *grid, size_t fixed, FILE *out)
{
        _cleanup_(free_pointer) size_t *widths = calloc(grid->columns, sizeof(size_t));

        if (!widths)
                output_no_memory();
        for (size_t c = 0; c < grid->columns; c++)
                widths[c] = column_width(grid, c);
        for (size_t from = fixed; from < grid->columns;) {
                const Part part = {widths, fixed, from, end_of_part(grid, widths, fixed, from)};

                if (from > fixed)
                        (void)fputc('\n', out);
                put_part(grid, &part, out);
                from = part.to;
        }
}
