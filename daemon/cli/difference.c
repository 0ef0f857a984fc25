/* SPDX-License-Identifier: BSD-2-Clause */
#include "difference.h"

#include "daemon/cli/grid.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <string.h>

static Change change_at(const Difference *difference, size_t user, size_t service, size_t vm)
{
        return (Change){
                .user = user,
                .service = service,
                .vm = vm,
                .vm_label = difference->before->axes->vms.entries[vm].label,
                .before = matrix_cell(difference->before, user, service, vm),
                .after = matrix_cell(difference->after, user, service, vm),
        };
}

/* Each matrix has its own texts. */
static bool is_same_cell(const Matrix *a, const Cell *cell_a, const Matrix *b, const Cell *cell_b)
{
        return matrix_same(a, cell_a, b, cell_b) &&
               (!cell_a->options || strcmp(cell_a->options, cell_b->options) == 0);
}

static bool is_change(const Difference *difference, const Change *change)
{
        return !is_same_cell(difference->before, change->before, difference->after, change->after);
}

static bool is_same_change(const Difference *difference, const Change *a, const Change *b)
{
        return is_same_cell(difference->before, a->before, difference->before, b->before) &&
               is_same_cell(difference->after, a->after, difference->after, b->after);
}

static void add(Difference *difference, Change change)
{
        Change *grown = reallocarray(difference->changes, difference->count + 1, sizeof(Change));

        if (!grown)
                output_no_memory();
        difference->changes = grown;
        grown[difference->count++] = change;
}

/* How many VMs, from the first on, have the same change. */
static size_t count_same(const Difference *difference, size_t user, size_t service)
{
        const Change first = change_at(difference, user, service, 0);
        size_t count = 1;

        while (count < difference->before->axes->vms.count) {
                const Change next = change_at(difference, user, service, count);

                if (!is_same_change(difference, &first, &next))
                        break;
                count++;
        }
        return count;
}

/* The axis ends with "no VM". */
static void add_changes(Difference *difference, size_t user, size_t service)
{
        size_t vms = difference->before->axes->vms.count;
        size_t same = count_same(difference, user, service), from = 0;
        Change change = change_at(difference, user, service, 0);

        if (same + 1 >= vms) {
                change.vm_label = same == vms ? "anywhere" : "every VM";
                if (is_change(difference, &change))
                        add(difference, change);
                from = same;
        }
        for (size_t v = from; v < vms; v++) {
                change = change_at(difference, user, service, v);
                if (is_change(difference, &change))
                        add(difference, change);
        }
}

/* The matrices are about today. */
static bool has_end(const Config *config)
{
        for (size_t i = 0; i < config->rule_count; i++)
                if (rule_condition(&config->rules[i], CONDITION_UNTIL))
                        return true;
        return false;
}

void difference_init(Difference *difference, const Matrix *before, const Matrix *after)
{
        *difference = (Difference){.before = before, .after = after};
        for (size_t u = 0; u < before->axes->users.count; u++)
                for (size_t s = 0; s < before->axes->services.count; s++)
                        add_changes(difference, u, s);
        changed_lines_init(&difference->lines, before->config, after->config);
        difference->shows_rules = matrix_depends(before) || matrix_depends(after) ||
                                  has_end(before->config) || has_end(after->config);
}

bool difference_is_empty(const Difference *difference)
{
        const ChangedLines *lines = &difference->lines;

        return difference->count == 0 && lines->count == 0 &&
               !(difference->shows_rules && (lines->rule_count > 0 || lines->is_reordered));
}

void difference_deinit(Difference *difference)
{
        free(difference->changes);
        changed_lines_deinit(&difference->lines);
}

const char *difference_word(const Change *change)
{
        if (change->before->kind == change->after->kind)
                return "changes";
        if (change->before->kind == CELL_DEPENDS)
                return change->after->kind == CELL_YES ? "may gain" : "may lose";
        if (change->after->kind == CELL_DEPENDS)
                return change->before->kind == CELL_NO ? "may gain" : "may lose";
        return change->after->kind == CELL_YES ? "gains" : "loses";
}

/* What the cell says; with its rule's options, "yes (consoles as-realm=%v)", where only these tell
 * it from the other. Owned. */
static char *cell_text(const Cell *cell, const Cell *other)
{
        size_t length = strlen(cell->text);

        if (cell->kind != CELL_YES || strcmp(cell->text, other->text) != 0)
                return output_format("%s", cell->text);
        return output_format("%.*s%s)", (int)length - 1, cell->text, cell->options);
}

/* Notes of both matrices in one numbering, those of the second behind those of the first. */
static void add_cell(Grid *grid, const Cell *cell, const Cell *other, size_t before)
{
        _cleanup_(free_pointer) char *words = cell_text(cell, other);
        _cleanup_(free_pointer) char *text =
                output_format(cell->note > 0 ? "%s [%zu]" : "%s", words, before + cell->note);

        grid_add(grid, text);
}

static void put_table(const Difference *difference, FILE *out)
{
        static const char *const headings[] = {"User", "Service", "VM", "", "Before", "After"};
        const Axes *axes = difference->before->axes;
        _cleanup_(grid_deinit) Grid grid;

        grid_init(&grid, sizeof(headings) / sizeof(headings[0]));
        for (size_t i = 0; i < grid.columns; i++)
                grid_add(&grid, headings[i]);
        for (size_t i = 0; i < difference->count; i++) {
                const Change *change = &difference->changes[i];

                grid_add(&grid, axes->users.entries[change->user].label);
                grid_add(&grid, axes->services.entries[change->service].label);
                grid_add(&grid, change->vm_label);
                grid_add(&grid, difference_word(change));
                add_cell(&grid, change->before, change->after, 0);
                add_cell(&grid, change->after, change->before, difference->before->notes.count);
        }
        grid_print(&grid, 1, out);
}

static bool is_used(const Difference *difference, const Matrix *matrix, size_t note)
{
        for (size_t i = 0; i < difference->count; i++) {
                const Change *change = &difference->changes[i];
                const Cell *cell = matrix == difference->before ? change->before : change->after;

                if (cell->note == note)
                        return true;
        }
        return false;
}

static bool put_notes(
        const Difference *difference, const Matrix *matrix, size_t before, bool heading, FILE *out)
{
        for (size_t i = 1; i <= matrix->notes.count; i++) {
                _cleanup_(free_pointer) char *head = output_format(" [%zu] ", before + i);

                if (!is_used(difference, matrix, i))
                        continue;
                if (heading)
                        (void)fputs("\nDepends on:\n", out);
                heading = false;
                output_wrapped(out, head, 5, matrix->notes.texts[i - 1]);
        }
        return heading;
}

static bool is_shown(const Difference *difference, const PrintedLine *line)
{
        return line->changed && (difference->shows_rules || !line->is_rule);
}

static void put_changed(
        const Difference *difference, const PrintedLines *lines, const char *head, FILE *out)
{
        for (size_t i = 0; i < lines->count; i++)
                if (is_shown(difference, &lines->lines[i]))
                        output_wrapped(out, head, 3, lines->lines[i].text);
}

static void put_lines(const Difference *difference, FILE *out)
{
        const ChangedLines *lines = &difference->lines;

        if (lines->count > 0 || (difference->shows_rules && lines->rule_count > 0))
                (void)fputs("Lines that change, whoever they concern:\n", out);
        put_changed(difference, &lines->before, " - ", out);
        put_changed(difference, &lines->after, " + ", out);
        if (difference->shows_rules && lines->is_reordered)
                (void)fputs("The order of the rules changes.\n", out);
}

void difference_print(const Difference *difference, FILE *out)
{
        bool heading = true;

        if (difference_is_empty(difference))
                (void)fputs("Nobody gains or loses anything.\n", out);
        if (difference->count > 0) {
                put_table(difference, out);
                heading = put_notes(difference, difference->before, 0, heading, out);
                (void)put_notes(difference, difference->after, difference->before->notes.count,
                        heading, out);
                if (difference->lines.count > 0 || difference->shows_rules)
                        (void)fputc('\n', out);
        }
        put_lines(difference, out);
}

static void add_side(struct json_object *object, const char *key, const Matrix *matrix,
        const Cell *cell, const Cell *other)
{
        _cleanup_(free_pointer) char *text = cell_text(cell, other);
        struct json_object *side = json_object_new_object();

        json_add(side, "answer", text);
        json_add(side, "depends", matrix_note(matrix, cell));
        (void)json_object_object_add(object, key, side);
}

static struct json_object *make_changes(const Difference *difference)
{
        const Axes *axes = difference->before->axes;
        struct json_object *changes = json_object_new_array();

        for (size_t i = 0; i < difference->count; i++) {
                const Change *change = &difference->changes[i];
                struct json_object *object = json_object_new_object();

                json_add(object, "user", axes->users.entries[change->user].label);
                json_add(object, "service", axes->services.entries[change->service].label);
                json_add(object, "vm", change->vm_label);
                json_add(object, "change", difference_word(change));
                add_side(object, "before", difference->before, change->before, change->after);
                add_side(object, "after", difference->after, change->after, change->before);
                (void)json_object_array_add(changes, object);
        }
        return changes;
}

static struct json_object *make_lines(const Difference *difference, const PrintedLines *lines)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < lines->count; i++)
                if (is_shown(difference, &lines->lines[i]))
                        json_append(array, lines->lines[i].text);
        return array;
}

void difference_print_json(const Difference *difference, FILE *out)
{
        const ChangedLines *lines = &difference->lines;
        struct json_object *object = json_object_new_object();

        (void)json_object_object_add(object, "changes", make_changes(difference));
        (void)json_object_object_add(
                object, "lines_removed", make_lines(difference, &lines->before));
        (void)json_object_object_add(object, "lines_added", make_lines(difference, &lines->after));
        (void)json_object_object_add(object, "rules_reordered",
                json_object_new_boolean(difference->shows_rules && lines->is_reordered));
        json_write(object, out);
}
