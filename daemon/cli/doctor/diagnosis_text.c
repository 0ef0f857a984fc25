/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/cli/doctor/diagnosis.h"
#include "daemon/cli/output.h"
#include "proto/cleanup.h"

#include <string.h>

#define INDENT 8

static size_t count_severity(const Diagnosis *diagnosis, Severity severity)
{
        size_t count = 0;

        for (size_t i = 0; i < diagnosis->count; i++)
                count += diagnosis->faults[i].severity == severity;
        return count;
}

static const char *plural(size_t count)
{
        return count == 1 ? "" : "s";
}

/* For monitoring systems, which show the first line. */
static void print_summary(const Diagnosis *diagnosis, FILE *out)
{
        size_t errors = count_severity(diagnosis, SEVERITY_ERROR);
        size_t warnings = count_severity(diagnosis, SEVERITY_WARNING);

        if (diagnosis->count == 0)
                (void)fprintf(out, "OK: nothing is wrong; %zu thing%s looked at\n",
                        diagnosis->looked, plural(diagnosis->looked));
        else
                (void)fprintf(out, "%s: %zu error%s, %zu warning%s; %zu thing%s looked at\n",
                        errors > 0 ? "CRITICAL" : "WARNING", errors, plural(errors), warnings,
                        plural(warnings), diagnosis->looked, plural(diagnosis->looked));
}

/* Commands are not wrapped: they are to be copied. */
static void print_remedy(const char *remedy, FILE *out)
{
        _cleanup_(free_pointer) char *lines = output_format("%s", remedy);
        const char *head = "  Mend: ";
        char *rest = NULL;

        for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                _cleanup_(free_pointer) char *safe = output_safe(bytes_from_string(line));

                (void)fprintf(out, "%s%s\n", head, safe);
                head = "        ";
        }
}

static void print_fault(const Fault *fault, FILE *out)
{
        (void)fprintf(out, "\n%s %s\n", fault->severity == SEVERITY_ERROR ? "ERROR" : "WARNING",
                fault->name);
        output_wrapped(out, "  What: ", INDENT, fault->what);
        output_wrapped(out, "  Why:  ", INDENT, fault->why);
        print_remedy(fault->remedy, out);
}

void diagnosis_print(const Diagnosis *diagnosis, FILE *out)
{
        print_summary(diagnosis, out);
        for (size_t i = 0; i < diagnosis->count; i++)
                print_fault(&diagnosis->faults[i], out);
        if (diagnosis->untried_count > 0)
                (void)fputc('\n', out);
        for (size_t i = 0; i < diagnosis->untried_count; i++)
                output_wrapped(out, "Not looked at: ", 2, diagnosis->untried[i]);
}
