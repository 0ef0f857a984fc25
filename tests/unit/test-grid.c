/* SPDX-License-Identifier: BSD-2-Clause */

#include "daemon/cli/grid.h"
#include "proto/cleanup.h"

#include "table.h"

#include <locale.h>
#include <stdio.h>

typedef struct DrawRow {
        const char *name;
        size_t columns;
        const char *cells[16]; /* until NULL */
        const char *drawn;
} DrawRow;

#define WIDE "a-column-as-wide-as-a-third-of-a-line"

static const DrawRow rows[] = {
        {"as virsh list", 3, {"Id", "Name", "State", "1", "debianx", "running"},
                " Id   Name      State\n"
                "-------------------------\n"
                " 1    debianx   running\n"},
        {"headings only", 2, {"User", "anywhere"},
                " User   anywhere\n"
                "------------------\n"},
        {"a heading wider than the cells", 2, {"User name", "x", "a", "b"},
                " User name   x\n"
                "----------------\n"
                " a           b\n"},
        {"control bytes", 2, {"U", "V", "\x1b[31m", "a\nb"},
                " U          V\n"
                "--------------------\n"
                " \\x1b[31m   a\\x0ab\n"},
        {"characters, not bytes", 2, {"User", "V", "j\xc3\xbcrgen", "yes"},
                " User     V\n"
                "---------------\n"
                " j\xc3\xbcrgen   yes\n"},
        {"more columns than a line holds", 3, {"U", WIDE, WIDE "2", "alice", "yes", "no"},
                " U       " WIDE "\n"
                "------------------------------------------------\n"
                " alice   yes\n"
                "\n"
                " U       " WIDE "2\n"
                "-------------------------------------------------\n"
                " alice   no\n"},
};

static void test_draw(void **state)
{
        const DrawRow *row = *state;
        _cleanup_(free_pointer) char *drawn = NULL;
        _cleanup_(grid_deinit) Grid grid;
        size_t size;
        FILE *out = open_memstream(&drawn, &size);

        assert_non_null(out);
        grid_init(&grid, row->columns);
        for (size_t i = 0; row->cells[i]; i++)
                grid_add(&grid, row->cells[i]);
        grid_print(&grid, 1, out);
        assert_int_equal(fclose(out), 0);
        assert_string_equal(drawn, row->drawn);
}

typedef struct ShortRow {
        const char *name;
        const char *text, *shown;
} ShortRow;

static const ShortRow short_rows[] = {
        {"nothing", "", ""},
        {"just short enough", "0123456789012345678901234567890123",
                "0123456789012345678901234567890123"},
        {"its end says more", "/run/a/0123456789/0123456789/0123456789/mux",
                "/run/a/012...456789/0123456789/mux"},
        {"characters, not bytes",
                "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
                "\xc3\xbc"
                "/12345678901234567890123",
                "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc.."
                "."
                "345678901234567890123"},
        {"of two columns each",
                "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97"
                "\xa5"
                "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97"
                "\xa5"
                "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5",
                "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5..."
                "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97"
                "\xa5"
                "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"},
        {"control bytes", "\n0123456789012345678901234567890123456789",
                "\\x0a012345...901234567890123456789"},
};

static void test_short(void **state)
{
        const ShortRow *row = *state;
        _cleanup_(grid_deinit) Grid grid;

        grid_init(&grid, 1);
        grid_add_short(&grid, row->text);
        assert_string_equal(grid.cells[0], row->shown);
}

int main(void)
{
        static Table table;

        if (!setlocale(LC_CTYPE, "C.UTF-8"))
                abort();
        table_add_rows(&table, test_draw, ROWS(rows));
        table_add_rows(&table, test_short, ROWS(short_rows));
        return table_run(&table, "grid");
}
