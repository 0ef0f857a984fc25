/* SPDX-License-Identifier: BSD-2-Clause */
#include "matrix.h"

#include "daemon/cli/output.h"
#include "daemon/cli/point.h"
#include "daemon/pam_backend.h"
#include "daemon/ruling.h"
#include "proto/cleanup.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_SIZE 1024u
#define CELLS_MAX  10000000u
#define NOTE_PARTS 4u /* variants that a note tells of */

static const char *keep_text(Texts *texts, const char *text, unsigned *number)
{
        char **grown;
        size_t i = 0;

        while (i < texts->count && strcmp(texts->texts[i], text) != 0)
                i++;
        *number = (unsigned)i + 1;
        if (i < texts->count)
                return texts->texts[i];
        grown = reallocarray(texts->texts, texts->count + 1, sizeof(char *));
        if (!grown)
                output_no_memory();
        texts->texts = grown;
        return grown[texts->count++] = output_format("%s", text);
}

static void texts_deinit(Texts *texts)
{
        for (size_t i = 0; i < texts->count; i++)
                free(texts->texts[i]);
        free(texts->texts);
}

static const char *chain_text(const Config *config, const Rule *rule, char *out)
{
        size_t used = (size_t)snprintf(out, CHAIN_SIZE, "yes (");

        for (size_t i = 0; i < rule->backend_count && used < CHAIN_SIZE; i++)
                used += (size_t)snprintf(out + used, CHAIN_SIZE - used, "%s%s", i > 0 ? ", " : "",
                        config->backends[rule->backends[i]].name);
        if (used < CHAIN_SIZE)
                (void)snprintf(out + used, CHAIN_SIZE - used, ")");
        return out;
}

static void set_note(Matrix *matrix, Cell *cell, const char *note)
{
        unsigned number;

        cell->kind = CELL_DEPENDS;
        cell->text = keep_text(&matrix->words, "depends", &number);
        (void)keep_text(&matrix->notes, note, &cell->note);
}

static void set_undecided(Matrix *matrix, Cell *cell, const Ruling *ruling)
{
        _cleanup_(free_pointer) char *condition = output_condition(ruling->decision.undecided);
        _cleanup_(free_pointer) char *note =
                matrix->groups.failure && !matrix->groups.unsaid
                        ? output_format("%s (%s)", condition, matrix->groups.failure)
                        : output_format("%s", condition);

        set_note(matrix, cell, note);
}

static void set_yes(Matrix *matrix, Cell *cell)
{
        _cleanup_(free_pointer) char *options = output_rule_options(cell->rule), *note = NULL;
        char chain[CHAIN_SIZE];
        unsigned number;

        (void)chain_text(matrix->config, cell->rule, chain);
        if (matrix->allowed) {
                note = output_format("%s with %s; else no", chain, matrix->allowed);
                set_note(matrix, cell, note);
                return;
        }
        cell->kind = CELL_YES;
        cell->text = keep_text(&matrix->words, chain, &number);
        cell->options = keep_text(&matrix->words, options, &number);
}

/* What stands for services that nothing names has control bytes, which no PAM service has. */
static bool is_barred(const Matrix *matrix, const Rule *rule, const Point *point)
{
        char service[POINT_TEXT_SIZE], reason[PAM_REASON_SIZE];

        (void)bytes_to_string(point->facts.service, service, sizeof(service));
        for (char *byte = service; *byte && point->service->kind != AXIS_TEXT; byte++)
                if (iscntrl((unsigned char)*byte))
                        *byte = 'z';
        return pam_backend_bars(matrix->config, rule, bytes_from_string(service), reason);
}

static Cell decide(Matrix *matrix, Point *point)
{
        static const ListenConfig everybodys; /* allow= is about processes, not about users */
        unsigned number;
        Ruling ruling;
        Cell cell = {.kind = CELL_NO, .text = keep_text(&matrix->words, "no", &number)};

        if (!point_set(point))
                return cell;
        groups_forget(&matrix->groups);
        ruling_make(matrix->config, matrix->ruleset, &everybodys, &point->facts,
                &matrix->groups.failure, &ruling);
        cell.rule = ruling.decision.rule;
        if (ruling.kind == RULING_UNDECIDED)
                set_undecided(matrix, &cell, &ruling);
        else if (ruling.kind == RULING_ASK && !is_barred(matrix, cell.rule, point))
                set_yes(matrix, &cell);
        return cell;
}

/* The values of a dimension that the matrix does not show. The first is the usual one. */
typedef struct Choices {
        const AxisEntry **entries;
        size_t count;
} Choices;

static void choices_init(Choices *choices, const Axis *axis, bool has_nothing)
{
        choices->entries = calloc(axis->count + 1, sizeof(*choices->entries));
        if (!choices->entries)
                output_no_memory();
        choices->count = has_nothing; /* NULL */
        for (size_t i = 0; i < axis->count; i++)
                choices->entries[choices->count++] = &axis->entries[i];
}

static bool is_socket_of_other(const AxisEntry *socket, const AxisEntry *vm)
{
        return socket->vm && !(vm->kind == AXIS_TEXT && strcmp(vm->text, socket->vm) == 0);
}

/* A VM's own socket is used by nobody else. */
static void choose_sockets(Choices *choices, const Axis *axis, const AxisEntry *vm)
{
        size_t kept = 0;

        choices_init(choices, axis, false);
        for (size_t i = 0; i < choices->count; i++)
                if (!is_socket_of_other(choices->entries[i], vm))
                        choices->entries[kept++] = choices->entries[i];
        choices->count = kept > 0 ? kept : 1;
        if (kept == 0)
                choices->entries[0] = NULL;
}

/* A realm that is the VM's name is none where no VM asks. */
static void choose_realms(Choices *choices, const Axis *axis, const Facts *facts)
{
        char text[POINT_TEXT_SIZE];
        size_t kept = 1;

        choices_init(choices, axis, true);
        for (size_t i = 1; i < choices->count; i++)
                if (point_text(choices->entries[i], facts, text))
                        choices->entries[kept++] = choices->entries[i];
        choices->count = kept;
}

/* Realms, sockets and addresses in all combinations. */
typedef struct Variants {
        Choices realms, sockets, clients;
        size_t count;
        Cell *cells;
} Variants;

static void variants_deinit(Variants *variants)
{
        free(variants->realms.entries);
        free(variants->sockets.entries);
        free(variants->clients.entries);
        free(variants->cells);
}

static void variants_init(Variants *variants, const Axes *axes, const Point *point)
{
        choose_realms(&variants->realms, &axes->realms, &point->facts);
        choose_sockets(&variants->sockets, &axes->sockets, point->vm);
        choices_init(&variants->clients, &axes->clients, true);
        variants->count =
                variants->realms.count * variants->sockets.count * variants->clients.count;
        variants->cells = calloc(variants->count, sizeof(Cell));
        if (!variants->cells)
                output_no_memory();
}

/* A variant's place in its dimensions. */
typedef struct Indices {
        size_t realm, socket, client;
} Indices;

static Indices indices_of(const Variants *variants, size_t index)
{
        return (Indices){
                index % variants->realms.count,
                index / variants->realms.count % variants->sockets.count,
                index / variants->realms.count / variants->sockets.count,
        };
}

static size_t index_of(const Variants *variants, Indices at)
{
        return at.realm +
               variants->realms.count * (at.socket + variants->sockets.count * at.client);
}

static bool is_same_cell(const Cell *a, const Cell *b)
{
        return a->kind == b->kind && a->note == b->note && strcmp(a->text, b->text) == 0;
}

/* Whether the usual value of one dimension gives the same: then that variant tells it. */
static bool is_told_by_less(const Variants *variants, size_t index)
{
        const Indices at = indices_of(variants, index);
        const Indices less[] = {
                {0, at.socket, at.client}, {at.realm, 0, at.client}, {at.realm, at.socket, 0}};

        for (size_t i = 0; i < sizeof(less) / sizeof(less[0]); i++) {
                size_t other = index_of(variants, less[i]);

                if (other != index &&
                        is_same_cell(&variants->cells[other], &variants->cells[index]))
                        return true;
        }
        return false;
}

static void put_choice(FILE *out, const char *key, const Choices *choices, size_t index)
{
        const AxisEntry *entry = choices->entries[index];

        if (index == 0 || !entry)
                return;
        if (entry->kind == AXIS_OTHER)
                (void)fprintf(out, " with %s", entry->label);
        else
                (void)fprintf(out, " with %s=%s", key, entry->label[0] ? entry->label : "\"\"");
}

static void put_cell(FILE *out, const Matrix *matrix, const Cell *cell)
{
        (void)fputs(cell->text, out);
        if (cell->note > 0)
                (void)fprintf(out, " on %s", matrix->notes.texts[cell->note - 1]);
}

/* "yes (system) with realm=vmA; else no" */
static void put_variants(FILE *out, const Matrix *matrix, const Variants *variants)
{
        unsigned parts = 0;

        for (size_t i = 1; i < variants->count; i++) {
                const Indices at = indices_of(variants, i);

                if (is_same_cell(&variants->cells[i], &variants->cells[0]) ||
                        is_told_by_less(variants, i) || ++parts > NOTE_PARTS)
                        continue;
                put_cell(out, matrix, &variants->cells[i]);
                put_choice(out, "realm", &variants->realms, at.realm);
                put_choice(out, "socket", &variants->sockets, at.socket);
                put_choice(out, "from", &variants->clients, at.client);
                (void)fputs("; ", out);
        }
        if (parts > NOTE_PARTS)
                (void)fprintf(out, "%u more; ", parts - NOTE_PARTS);
        (void)fputs("else ", out);
        put_cell(out, matrix, &variants->cells[0]);
}

/* What the rules of several variants say beside their backends, each once where it changes. */
static void sum_up_options(Matrix *matrix, const Variants *variants, Cell *cell)
{
        char *options = output_format("%s", cell->options);
        const char *last = cell->options;
        unsigned number;

        for (size_t i = 1; i < variants->count; i++) {
                _cleanup_(free_pointer) char *before = options;

                options = output_format("%s%s%s", before,
                        strcmp(variants->cells[i].options, last) ? " |" : "",
                        strcmp(variants->cells[i].options, last) ? variants->cells[i].options : "");
                last = variants->cells[i].options;
        }
        cell->options = keep_text(&matrix->words, options, &number);
        free(options);
}

static Cell sum_up(Matrix *matrix, const Variants *variants)
{
        Cell cell = variants->cells[0];
        char *note = NULL;
        size_t size, i = 1;
        FILE *stream;

        while (i < variants->count && is_same_cell(&variants->cells[i], &cell))
                i++;
        if (i >= variants->count) {
                if (cell.kind == CELL_YES)
                        sum_up_options(matrix, variants, &cell);
                return cell;
        }
        stream = open_memstream(&note, &size);
        if (!stream)
                output_no_memory();
        put_variants(stream, matrix, variants);
        if (fclose(stream) != 0)
                output_no_memory();
        cell = (Cell){};
        set_note(matrix, &cell, note);
        free(note);
        return cell;
}

static Cell work_out(Matrix *matrix, Point *point)
{
        _cleanup_(variants_deinit) Variants variants;

        (void)point_set_vm(point);
        variants_init(&variants, matrix->axes, point);
        for (size_t i = 0; i < variants.count; i++) {
                const Indices at = indices_of(&variants, i);

                point->realm = variants.realms.entries[at.realm];
                point->socket = variants.sockets.entries[at.socket];
                point->client = variants.clients.entries[at.client];
                variants.cells[i] = decide(matrix, point);
        }
        return sum_up(matrix, &variants);
}

static size_t cell_index(const Matrix *matrix, size_t user, size_t service, size_t vm)
{
        return (user * matrix->axes->services.count + service) * matrix->axes->vms.count + vm;
}

/* Who may ask, where each socket says so. */
static char *list_allowed(const Config *config)
{
        char *list = output_format("%s", "");

        for (size_t i = 0; i < config->listen_count; i++) {
                _cleanup_(free_pointer) char *before = list, *allow = NULL;

                allow = output_allow(&config->listens[i]);
                if (!allow)
                        return NULL;
                list = output_format("%s%s%s", before, i > 0 ? " or " : "", allow);
        }
        return list;
}

bool matrix_fits(const Axes *axes)
{
        return axes->users.count * axes->services.count <= CELLS_MAX / axes->vms.count;
}

void matrix_init(Matrix *matrix, const Config *config, const Axes *axes)
{
        Point point = {.groups = &matrix->groups};

        *matrix = (Matrix){.config = config, .axes = axes};
        matrix->allowed = list_allowed(config);
        groups_init(&matrix->groups, config);
        matrix->ruleset = ruleset_new(config->rules, config->rule_count);
        matrix->cells = calloc(
                axes->users.count * axes->services.count * axes->vms.count + 1, sizeof(Cell));
        if (!matrix->ruleset || !matrix->cells)
                output_no_memory();
        for (size_t u = 0; u < axes->users.count; u++)
                for (size_t s = 0; s < axes->services.count; s++)
                        for (size_t v = 0; v < axes->vms.count; v++) {
                                point.user = &axes->users.entries[u];
                                point.service = &axes->services.entries[s];
                                point.vm = &axes->vms.entries[v];
                                matrix->cells[cell_index(matrix, u, s, v)] =
                                        work_out(matrix, &point);
                        }
}

void matrix_deinit(Matrix *matrix)
{
        groups_deinit(&matrix->groups);
        (void)ruleset_free(matrix->ruleset);
        free(matrix->allowed);
        free(matrix->cells);
        texts_deinit(&matrix->words);
        texts_deinit(&matrix->notes);
}

const Cell *matrix_cell(const Matrix *matrix, size_t user, size_t service, size_t vm)
{
        return &matrix->cells[cell_index(matrix, user, service, vm)];
}

const char *matrix_note(const Matrix *matrix, const Cell *cell)
{
        return cell->note > 0 ? matrix->notes.texts[cell->note - 1] : NULL;
}

bool matrix_depends(const Matrix *matrix)
{
        return matrix->notes.count > 0;
}

bool matrix_same(const Matrix *a, const Cell *cell_a, const Matrix *b, const Cell *cell_b)
{
        const char *note_a = matrix_note(a, cell_a), *note_b = matrix_note(b, cell_b);

        return cell_a->kind == cell_b->kind && strcmp(cell_a->text, cell_b->text) == 0 &&
               (!note_a || !note_b ? note_a == note_b : strcmp(note_a, note_b) == 0);
}
