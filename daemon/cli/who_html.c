/* SPDX-License-Identifier: BSD-2-Clause */
#include "who.h"

#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <time.h>

/* Colours are never the only sign: each cell says its word. */
static const char style[] =
        ":root{color-scheme:light dark;--text:#1b1f24;--page:#fff;--line:#d0d7de;--head:#f3f5f7;"
        "--dim:#5c6670;--yes:#dff3e3;--yes-text:#0b5a26;--dep:#fdf0cf;--dep-text:#6b4700}\n"
        "@media(prefers-color-scheme:dark){:root{--text:#e4e8ec;--page:#14181d;--line:#39414a;"
        "--head:#1e242b;--dim:#98a2ad;--yes:#123a20;--yes-text:#8fe0a8;--dep:#40310a;"
        "--dep-text:#f2cf7c}}\n"
        "body{font:15px/1.45 system-ui,sans-serif;color:var(--text);background:var(--page);"
        "margin:2rem auto;max-width:72rem;padding:0 1.25rem}\n"
        "h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}\n"
        "p{margin:.25rem 0;color:var(--dim)}code{font-family:ui-monospace,monospace}\n"
        ".wide{overflow-x:auto;border:1px solid var(--line);border-radius:6px;"
        "width:fit-content;max-width:100%}\n"
        "table{border-collapse:separate;border-spacing:0}\n"
        "th,td{padding:.35rem .8rem;text-align:left;white-space:nowrap;"
        "border-bottom:1px solid var(--line);border-right:1px solid var(--line)}\n"
        "tr>:last-child{border-right:0}tbody tr:last-child>*{border-bottom:0}\n"
        "thead th{background:var(--head);white-space:normal;max-width:11rem;"
        "min-width:4.5rem;overflow-wrap:break-word;vertical-align:bottom}sup{line-height:0}\n"
        "th:first-child{position:sticky;left:0;background:var(--head)}\n"
        "tbody th{font-weight:500}.no{color:var(--dim)}\n"
        ".yes{background:var(--yes);color:var(--yes-text)}\n"
        ".dep{background:var(--dep);color:var(--dep-text)}.dep a{color:inherit}\n"
        ".on{display:block;color:var(--yes-text);font-weight:400;font-size:.85em}\n"
        "ol,ul{padding-left:1.5rem}li{margin:.2rem 0}li:target{background:var(--dep)}\n"
        "@media print{:root{--text:#000;--page:#fff;--line:#999;--head:#eee;--dim:#444;"
        "--yes:#e4f4e7;--yes-text:#000;--dep:#fbf1d5;--dep-text:#000}"
        "body{margin:0;max-width:none;font-size:10pt}"
        ".wide{overflow:visible;border-radius:0}th:first-child{position:static}"
        "th,td{white-space:normal;padding:.2rem .4rem}thead th{min-width:0}"
        "thead{display:table-header-group}tr,li{break-inside:avoid}h2{break-after:avoid}"
        "td,th{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

static void put_text(FILE *out, const char *text)
{
        _cleanup_(free_pointer) char *safe = output_safe(bytes_from_string(text));

        for (const char *p = safe; *p; p++)
                switch (*p) {
                case '&': (void)fputs("&amp;", out); break;
                case '<': (void)fputs("&lt;", out); break;
                case '>': (void)fputs("&gt;", out); break;
                case '"': (void)fputs("&quot;", out); break;
                case '\'': (void)fputs("&#39;", out); break;
                default: (void)fputc(*p, out);
                }
}

static void put_heading(FILE *out, const Matrix *matrix, const LayoutColumn *column)
{
        const AxisEntry *vm = &matrix->axes->vms.entries[column->vm];

        (void)fputs("<th scope=\"col\">", out);
        put_text(out, column->label);
        if (vm->running && column->label == vm->label)
                (void)fputs(" <span class=\"on\">running</span>", out);
        (void)fputs("</th>", out);
}

static void put_cell(FILE *out, const Cell *cell)
{
        static const char *const classes[] = {
                [CELL_NO] = "no", [CELL_YES] = "yes", [CELL_DEPENDS] = "dep"};

        (void)fprintf(out, "<td class=\"%s\">", classes[cell->kind]);
        put_text(out, cell->text);
        if (cell->note > 0)
                (void)fprintf(out, " <sup><a href=\"#n%u\">%u</a></sup>", cell->note, cell->note);
        (void)fputs("</td>", out);
}

static void put_block(FILE *out, const Matrix *matrix, const LayoutBlock *block)
{
        (void)fputs("<div class=\"wide\"><table>\n<thead><tr><th scope=\"col\">User</th>", out);
        for (size_t c = 0; c < block->column_count; c++)
                put_heading(out, matrix, &block->columns[c]);
        (void)fputs("</tr></thead>\n<tbody>\n", out);
        for (size_t u = 0; u < matrix->axes->users.count; u++) {
                (void)fputs("<tr><th scope=\"row\">", out);
                put_text(out, matrix->axes->users.entries[u].label);
                (void)fputs("</th>", out);
                for (size_t c = 0; c < block->column_count; c++)
                        put_cell(out,
                                matrix_cell(matrix, u, block->services[0], block->columns[c].vm));
                (void)fputs("</tr>\n", out);
        }
        (void)fputs("</tbody></table></div>\n", out);
}

static void put_blocks(FILE *out, const Matrix *matrix, const Layout *layout)
{
        for (size_t i = 0; i < layout->count; i++) {
                const LayoutBlock *block = &layout->blocks[i];
                _cleanup_(free_pointer) char *services = who_services(matrix, block);

                (void)fputs("<h2>Service: ", out);
                put_text(out, services);
                (void)fputs("</h2>\n", out);
                if (block->column_count > 0)
                        put_block(out, matrix, block);
                else
                        (void)fputs("<p>Nobody gets in.</p>\n", out);
        }
}

static void put_notes(FILE *out, const Matrix *matrix)
{
        if (matrix->notes.count == 0)
                return;
        (void)fputs("<h2>Depends on</h2>\n<ol>\n", out);
        for (size_t i = 0; i < matrix->notes.count; i++) {
                (void)fprintf(out, "<li id=\"n%zu\"><code>", i + 1);
                put_text(out, matrix->notes.texts[i]);
                (void)fputs("</code></li>\n", out);
        }
        (void)fputs("</ol>\n", out);
}

/* Of sockets that not everybody may ask at; where that is each, cells tell it. */
static void put_sockets(FILE *out, const Matrix *matrix)
{
        bool is_open = false;

        for (size_t i = 0; i < matrix->config->listen_count && !matrix->allowed; i++) {
                _cleanup_(free_pointer) char *allow = output_allow(&matrix->config->listens[i]);

                if (!allow)
                        continue;
                (void)fputs(is_open ? "<li><code>"
                                    : "<h2>Not for every process, whatever the rules say</h2>\n"
                                      "<ul>\n<li><code>",
                        out);
                is_open = true;
                put_text(out, allow);
                (void)fputs("</code></li>\n", out);
        }
        if (is_open)
                (void)fputs("</ul>\n", out);
}

void who_print_html(const Matrix *matrix, const Layout *layout, FILE *out)
{
        time_t now = time(NULL);
        char day[64];
        struct tm local;

        (void)localtime_r(&now, &local);
        (void)strftime(day, sizeof(day), "%F %H:%M %Z", &local);
        (void)fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width\">\n"
                    "<title>Who gets in where</title>\n<style>\n",
                out);
        (void)fputs(style, out);
        (void)fputs("</style>\n</head>\n<body>\n<h1>Who gets in where</h1>\n<p>By <code>", out);
        put_text(out, matrix->config->path);
        (void)fprintf(out,
                "</code>, %s. A yes is one with the right password, asked of the "
                "backend in brackets.</p>\n",
                day);
        put_blocks(out, matrix, layout);
        put_notes(out, matrix);
        put_sockets(out, matrix);
        (void)fputs("</body>\n</html>\n", out);
}
