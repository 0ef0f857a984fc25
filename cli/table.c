/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

#include "cli/output.h"
#include "proto/cleanup.h"

#include <string.h>

#define GAP 3u /* virsh's (vshTableRowPrint) */

void table_init(Table *table, size_t columns)
{
        *table = (Table){.columns = columns};
}

void table_deinit(Table *table)
{
        for (size_t i = 0; i < table->count; i++)
                free(table->cells[i]);
        free(table->cells);
}

void table_add(Table *table, const char *text)
{
        char **grown = reallocarray(table->cells, table->count + 1, sizeof(char *));

        if (!grown)
                output_no_memory();
        table->cells = grown;
        grown[table->count++] = output_safe(bytes_from_string(text));
}

static size_t column_width(const Table *table, size_t column)
{
        size_t widest = 0;

        for (size_t i = column; i < table->count; i += table->columns) {
                size_t width = output_width(table->cells[i]);

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

static void put_row(const Table *table, const Part *part, size_t row, FILE *out)
{
        for (size_t c = 0; c < part->to; c = next_column(part, c)) {
                const char *text = table->cells[row * table->columns + c];
                bool last = next_column(part, c) >= part->to;
                size_t blanks = last ? 0 : part->widths[c] + GAP - output_width(text);

                (void)fprintf(out, "%s%s%*s", c == 0 ? " " : "", text, (int)blanks, "");
        }
        (void)fputc('\n', out);
}

static void put_line(const Part *part, FILE *out)
{
        size_t width = 1;

        for (size_t c = 0; c < part->to; c = next_column(part, c))
                width += part->widths[c] + GAP;
        for (size_t i = 0; i < width - 2; i++)
                (void)fputc('-', out);
        (void)fputc('\n', out);
}

static void put_part(const Table *table, const Part *part, FILE *out)
{
        put_row(table, part, 0, out);
        put_line(part, out);
        for (size_t row = 1; row * table->columns < table->count; row++)
                put_row(table, part, row, out);
}

/* Behind the last column that still fits, one at least. */
static size_t end_of_part(const Table *table, const size_t *widths, size_t fixed, size_t from)
{
        size_t width = 1, to = from;

        for (size_t c = 0; c < fixed; c++)
                width += widths[c] + GAP;
        while (to < table->columns && (to == from || width + widths[to] <= OUTPUT_COLUMNS))
                width += widths[to++] + GAP;
        return to;
}

void table_print(const Table *table, size_t fixed, FILE *out)
{
        _cleanup_(free_pointer) size_t *widths = calloc(table->columns, sizeof(size_t));

        if (!widths)
                output_no_memory();
        for (size_t c = 0; c < table->columns; c++)
                widths[c] = column_width(table, c);
        for (size_t from = fixed; from < table->columns;) {
                const Part part = {widths, fixed, from, end_of_part(table, widths, fixed, from)};

                if (from > fixed)
                        (void)fputc('\n', out);
                put_part(table, &part, out);
                from = part.to;
        }
}
