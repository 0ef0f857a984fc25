/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Report: where complaints about a configuration go. */

#include "daemon/rule.h"

#define REPORT_TEXT_MAX 2048u /* bytes of a complaint, with the NUL behind it; more is cut off */

typedef struct Report {
        /* Takes one complaint: what is wrong, and what would be right. */
        void (*write)(struct Report *report, Place place, bool is_warning, const char *text);
        void *userdata;
        unsigned errors;
        unsigned warnings;
} Report;

/* Write a complaint and count it. report_error() returns false. */
bool report_error(Report *report, Place place, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void report_warning(Report *report, Place place, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
