/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/diagnosis.h"
#include "daemon/cli/json_output.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <string.h>

static const char *severity_to_string(Severity severity)
{
        static const char *const names[] = {
                [SEVERITY_NONE] = "none",
                [SEVERITY_WARNING] = "warning",
                [SEVERITY_ERROR] = "error",
        };

        return names[severity];
}

static struct json_object *describe_remedy(const char *remedy)
{
        _cleanup_(free_pointer) char *lines = output_format("%s", remedy);
        struct json_object *array = json_object_new_array();
        char *rest = NULL;

        for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
                json_append(array, line);
        return array;
}

static struct json_object *describe_fault(const Fault *fault)
{
        struct json_object *object = json_object_new_object();

        json_add(object, "severity", severity_to_string(fault->severity));
        json_add(object, "name", fault->name);
        json_add(object, "what", fault->what);
        json_add(object, "why", fault->why);
        (void)json_object_object_add(object, "remedy", describe_remedy(fault->remedy));
        return object;
}

void diagnosis_print_json(const Diagnosis *diagnosis, FILE *out)
{
        struct json_object *object = json_object_new_object();
        struct json_object *faults = json_object_new_array();
        struct json_object *untried = json_object_new_array();

        json_add(object, "severity", severity_to_string(diagnosis_severity(diagnosis)));
        (void)json_object_object_add(
                object, "looked_at", json_object_new_uint64(diagnosis->looked));
        for (size_t i = 0; i < diagnosis->count; i++)
                (void)json_object_array_add(faults, describe_fault(&diagnosis->faults[i]));
        for (size_t i = 0; i < diagnosis->untried_count; i++)
                json_append(untried, diagnosis->untried[i]);
        (void)json_object_object_add(object, "faults", faults);
        (void)json_object_object_add(object, "not_looked_at", untried);
        json_write(object, out);
}
