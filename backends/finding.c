/* SPDX-License-Identifier: BSD-2-Clause */
#include "finding.h"

#include "backends/vm_name.h"

#include <stdarg.h>
#include <stdio.h>

void finding_fail(Finding *finding, const char *format, ...)
{
        va_list arguments;

        *finding = (Finding){.state = SIGHTING_FAILED};
        va_start(arguments, format);
        (void)vsnprintf(finding->text, sizeof(finding->text), format, arguments);
        va_end(arguments);
}

void finding_name(Finding *finding, const char *where, Bytes name)
{
        const char *complaint = vm_name_complaint(name);

        if (complaint) {
                finding_fail(finding, "%.200s: %s", where, complaint);
        } else {
                *finding = (Finding){.state = SIGHTING_NAMED};
                (void)bytes_to_string(name, finding->name, sizeof(finding->name));
        }
}

Sighting finding_sighting(const Finding *finding)
{
        return (Sighting){
                .state = finding->state,
                .name = bytes_from_string(finding->name),
                .uuid = bytes_from_string(finding->uuid),
                .text = bytes_from_string(finding->text),
        };
}
