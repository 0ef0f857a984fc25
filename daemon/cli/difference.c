/* SPDX-License-Identifier: BSD-2-Clause */
#include "difference.h"

#include "daemon/cli/grid.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

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

static bool is_change(const Difference *difference, const Change *change)
{
        return !matrix_same(difference->before, change->before, difference->after, change->after);
}

static bool is_same_change(const Difference *difference, const Change *a, const Change *b)
{
        return matrix_same(difference->before, a->before, difference->before, b->before) &&
               matrix_same(difference->after, a->after, difference->after, b->after);
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

void difference_init(Difference *difference, const Matrix *before, const Matrix *after)
{
        *difference = (Difference){.before = before, .after = after};
        for (size_t u = 0; u < before->axes->users.count; u++)
                for (size_t s = 0; s < before->axes->services.count; s++)
                        add_changes(difference, u, s);
}

void difference_deinit(Difference *difference)
{
        free(difference->changes);
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

/* Notes of both matrices in one numbering, those of the second behind those of the first. */
static void add_cell(Grid *grid, const Cell *cell, size_t before)
{
        _cleanup_(free_pointer) char *text =
                output_format(cell->note > 0 ? "%s [%zu]" : "%s", cell->text, before + cell->note);

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
                add_cell(&grid, change->before, 0);
                add_cell(&grid, change->after, difference->before->notes.count);
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

void difference_print(const Difference *difference, FILE *out)
{
        bool heading = true;

        if (difference->count == 0) {
                (void)fputs("Nobody gains or loses anything.\n", out);
                return;
        }
        put_table(difference, out);
        heading = put_notes(difference, difference->before, 0, heading, out);
        (void)put_notes(
                difference, difference->after, difference->before->notes.count, heading, out);
}

static void add_side(
        struct json_object *object, const char *key, const Matrix *matrix, const Cell *cell)
{
        struct json_object *side = json_object_new_object();

        json_add(side, "answer", cell->text);
        json_add(side, "depends", matrix_note(matrix, cell));
        (void)json_object_object_add(object, key, side);
}

void difference_print_json(const Difference *difference, FILE *out)
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
                add_side(object, "before", difference->before, change->before);
                add_side(object, "after", difference->after, change->after);
                (void)json_object_array_add(changes, object);
        }
        json_write(changes, out);
}
