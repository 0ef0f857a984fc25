/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

bool report_error(Report *report, Place place, const char *format, ...)
{
        char text[REPORT_TEXT_MAX];
        va_list arguments;

        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        report->errors++;
        report->write(report, place, false, text);
        return false;
}

void report_warning(Report *report, Place place, const char *format, ...)
{
        char text[REPORT_TEXT_MAX];
        va_list arguments;

        va_start(arguments, format);
        (void)vsnprintf(text, sizeof(text), format, arguments);
        va_end(arguments);
        report->warnings++;
        report->write(report, place, true, text);
}
