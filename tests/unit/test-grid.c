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

int main(void)
{
        static Table table;

        if (!setlocale(LC_CTYPE, "C.UTF-8"))
                abort();
        table_add_rows(&table, test_draw, ROWS(rows));
        return table_run(&table, "grid");
}
