/* SPDX-License-Identifier: BSD-2-Clause */
#include "who.h"

#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <string.h>

static const char *const kinds[] = {
        [AXIS_TEXT] = "name",
        [AXIS_GLOB] = "pattern",
        [AXIS_GROUP] = "group",
        [AXIS_UUID] = "uuid",
        [AXIS_OTHER] = "other",
        [AXIS_NONE] = "none",
};

static const char *const verdicts[] = {
        [CELL_NO] = "no",
        [CELL_YES] = "yes",
        [CELL_DEPENDS] = "depends",
};

static struct json_object *make_axis(const Axis *axis, bool vms)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < axis->count; i++) {
                const AxisEntry *entry = &axis->entries[i];
                struct json_object *object = json_object_new_object();

                json_add(object, "name", entry->label);
                json_add(object, "kind", kinds[entry->kind]);
                if (vms) {
                        json_add(object, "uuid", entry->uuid);
                        (void)json_object_object_add(
                                object, "running", json_object_new_boolean(entry->running));
                }
                (void)json_object_array_add(array, object);
        }
        return array;
}

static struct json_object *make_chain(const Config *config, const Rule *rule)
{
        struct json_object *backends = json_object_new_array();

        for (size_t i = 0; i < rule->backend_count; i++)
                json_append(backends, config->backends[rule->backends[i]].name);
        return backends;
}

static struct json_object *make_cell(const Matrix *matrix, size_t u, size_t s, size_t v)
{
        const Cell *cell = matrix_cell(matrix, u, s, v);
        struct json_object *object = json_object_new_object();
        _cleanup_(free_pointer) char *place =
                cell->rule ? output_place(matrix->config, cell->rule->place) : NULL;

        json_add(object, "user", matrix->axes->users.entries[u].label);
        json_add(object, "service", matrix->axes->services.entries[s].label);
        json_add(object, "vm", matrix->axes->vms.entries[v].label);
        json_add(object, "verdict", verdicts[cell->kind]);
        json_add(object, "rule", place);
        (void)json_object_object_add(object, "backends",
                cell->kind == CELL_YES ? make_chain(matrix->config, cell->rule) : NULL);
        json_add(object, "depends", matrix_note(matrix, cell));
        return object;
}

static struct json_object *make_sockets(const Config *config)
{
        struct json_object *array = json_object_new_array();

        for (size_t i = 0; i < config->listen_count; i++) {
                const Condition allow = {CONDITION_PEER, config->listens[i].allow};
                _cleanup_(free_pointer) char *list = output_condition(&allow);
                struct json_object *object = json_object_new_object();

                json_add(object, "path", config->listens[i].path);
                json_add(object, "allow", allow.list.count > 0 ? strchr(list, '=') + 1 : NULL);
                (void)json_object_array_add(array, object);
        }
        return array;
}

void who_print_json(const Matrix *matrix, FILE *out)
{
        const Axes *axes = matrix->axes;
        struct json_object *object = json_object_new_object();
        struct json_object *cells = json_object_new_array();

        for (size_t u = 0; u < axes->users.count; u++)
                for (size_t s = 0; s < axes->services.count; s++)
                        for (size_t v = 0; v < axes->vms.count; v++)
                                (void)json_object_array_add(cells, make_cell(matrix, u, s, v));
        (void)json_object_object_add(object, "users", make_axis(&axes->users, false));
        (void)json_object_object_add(object, "services", make_axis(&axes->services, false));
        (void)json_object_object_add(object, "vms", make_axis(&axes->vms, true));
        (void)json_object_object_add(object, "sockets", make_sockets(matrix->config));
        (void)json_object_object_add(object, "cells", cells);
        json_write(object, out);
}
