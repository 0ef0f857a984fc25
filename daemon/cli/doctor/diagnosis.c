/* SPDX-License-Identifier: BSD-2-Clause */
#include "diagnosis.h"

#include "daemon/cli/output.h"
#include "proto/cleanup.h"
#include "proto/scan.h"

#include <string.h>

/* A list with room for one element more. */
static void *grow(void *list, size_t count, size_t size)
{
        void *grown = reallocarray(list, count + 1, size);

        if (!grown)
                output_no_memory();
        return grown;
}

void diagnosis_look(Diagnosis *diagnosis)
{
        diagnosis->looked++;
}

static void fault_deinit(Fault *fault)
{
        free(fault->what);
        free(fault->why);
        free(fault->remedy);
}

void diagnosis_add(Diagnosis *diagnosis, Fault fault)
{
        for (size_t i = 0; i < diagnosis->count; i++)
                if (strcmp(diagnosis->faults[i].name, fault.name) == 0 &&
                        strcmp(diagnosis->faults[i].what, fault.what) == 0) {
                        fault_deinit(&fault);
                        return;
                }
        diagnosis->faults = grow(diagnosis->faults, diagnosis->count, sizeof(fault));
        diagnosis->faults[diagnosis->count++] = fault;
}

static char *comment_out(const char *remedy)
{
        char *commented = output_format("%s", "");
        Bytes rest = bytes_from_string(remedy);

        while (rest.size > 0) {
                _cleanup_(free_pointer) char *before = commented;
                Bytes line = scan_part(&rest, '\n');

                commented =
                        output_format("%s%s%.*s\n", before, scan_starts_with(line, "#") ? "" : "# ",
                                (int)line.size, (const char *)line.data);
        }
        return commented;
}

void diagnosis_comment_out(Diagnosis *diagnosis, size_t from)
{
        for (size_t i = from; i < diagnosis->count; i++) {
                char *remedy = diagnosis->faults[i].remedy;

                diagnosis->faults[i].remedy = comment_out(remedy);
                free(remedy);
        }
}

void diagnosis_untried(Diagnosis *diagnosis, char *text)
{
        for (size_t i = 0; i < diagnosis->untried_count; i++)
                if (strcmp(diagnosis->untried[i], text) == 0) {
                        free(text);
                        return;
                }
        diagnosis->untried = grow(diagnosis->untried, diagnosis->untried_count, sizeof(text));
        diagnosis->untried[diagnosis->untried_count++] = text;
}

bool diagnosis_has(const Diagnosis *diagnosis, const char *name)
{
        for (size_t i = 0; i < diagnosis->count; i++)
                if (strcmp(diagnosis->faults[i].name, name) == 0)
                        return true;
        return false;
}

Severity diagnosis_severity(const Diagnosis *diagnosis)
{
        Severity worst = SEVERITY_NONE;

        for (size_t i = 0; i < diagnosis->count; i++)
                if (diagnosis->faults[i].severity > worst)
                        worst = diagnosis->faults[i].severity;
        return worst;
}

void diagnosis_deinit(Diagnosis *diagnosis)
{
        for (size_t i = 0; i < diagnosis->count; i++)
                fault_deinit(&diagnosis->faults[i]);
        free(diagnosis->faults);
        for (size_t i = 0; i < diagnosis->untried_count; i++)
                free(diagnosis->untried[i]);
        free(diagnosis->untried);
}
