/* SPDX-License-Identifier: BSD-2-Clause */
#include "changed_lines.h"

#include "daemon/cli/output.h"
#include "daemon/config_print.h"
#include "proto/scan.h"

#include <stdlib.h>

static bool is_of_rules(Bytes line)
{
        return scan_starts_with(line, "permit ") || scan_starts_with(line, "deny ") ||
               bytes_equal_string(line, "permit") || bytes_equal_string(line, "deny") ||
               scan_starts_with(line, "group ");
}

/* Whether the line is of a backend that the other configuration does not have. */
static bool is_new_backend(Bytes line, const Config *other)
{
        char name[256];

        return scan_prefix(&line, "backend ") &&
               bytes_to_string(scan_part(&line, ' '), name, sizeof(name)) &&
               config_find_backend(other, name) < 0;
}

static void add(PrintedLines *lines, Bytes line)
{
        PrintedLine *grown = reallocarray(lines->lines, lines->count + 1, sizeof(*grown));

        if (!grown)
                output_no_memory();
        lines->lines = grown;
        grown[lines->count++] = (PrintedLine){
                .text = lines->print + ((const char *)line.data - lines->print),
                .is_rule = is_of_rules(line),
        };
}

static void print(PrintedLines *lines, const Config *config, const Config *other)
{
        size_t size = 0;
        FILE *out = open_memstream(&lines->print, &size);
        Bytes rest, line;

        if (!out)
                output_no_memory();
        config_print_all(config, out);
        if (fclose(out) != 0)
                output_no_memory();
        rest = (Bytes){(const uint8_t *)lines->print, size};
        while (rest.size > 0) {
                line = scan_part(&rest, '\n');
                lines->print[(const char *)line.data - lines->print + (ptrdiff_t)line.size] = '\0';
                if (!is_new_backend(line, other))
                        add(lines, line);
        }
}

static int compare(const void *a, const void *b)
{
        return strcmp((*(PrintedLine *const *)a)->text, (*(PrintedLine *const *)b)->text);
}

static PrintedLine **sort(const PrintedLines *lines)
{
        PrintedLine **sorted = calloc(lines->count + 1, sizeof(PrintedLine *));

        if (!sorted)
                output_no_memory();
        for (size_t i = 0; i < lines->count; i++)
                sorted[i] = &lines->lines[i];
        qsort(sorted, lines->count, sizeof(PrintedLine *), compare);
        return sorted;
}

/* Marks what only one of them has; each line as often as it has it more. */
static void mark(const PrintedLines *before, const PrintedLines *after)
{
        PrintedLine **a = sort(before), **b = sort(after);
        size_t i = 0, j = 0;

        while (i < before->count || j < after->count) {
                int order = i >= before->count  ? 1
                            : j >= after->count ? -1
                                                : strcmp(a[i]->text, b[j]->text);

                if (order < 0)
                        a[i]->changed = true;
                else if (order > 0)
                        b[j]->changed = true;
                i += order <= 0;
                j += order >= 0;
        }
        free(a);
        free(b);
}

static void count(ChangedLines *changed, const PrintedLines *lines)
{
        for (size_t i = 0; i < lines->count; i++)
                if (lines->lines[i].changed)
                        (*(lines->lines[i].is_rule ? &changed->rule_count : &changed->count))++;
}

/* The next line of rules from *index on, or NULL. */
static const char *next_rule(const PrintedLines *lines, size_t *index)
{
        while (*index < lines->count) {
                const PrintedLine *line = &lines->lines[(*index)++];

                if (line->is_rule)
                        return line->text;
        }
        return NULL;
}

static bool is_in_order(const ChangedLines *changed)
{
        size_t i = 0, j = 0;
        const char *before, *after;

        do {
                before = next_rule(&changed->before, &i);
                after = next_rule(&changed->after, &j);
        } while (before && after && strcmp(before, after) == 0);
        return !before && !after;
}

void changed_lines_init(ChangedLines *changed, const Config *before, const Config *after)
{
        *changed = (ChangedLines){};
        print(&changed->before, before, after);
        print(&changed->after, after, before);
        mark(&changed->before, &changed->after);
        count(changed, &changed->before);
        count(changed, &changed->after);
        changed->is_reordered = changed->rule_count == 0 && !is_in_order(changed);
}

void changed_lines_deinit(ChangedLines *changed)
{
        free(changed->before.lines);
        free(changed->before.print);
        free(changed->after.lines);
        free(changed->after.print);
}
