/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Diagnosis: what is wrong with a set-up, why it matters, and what mends it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Their values are the exit statuses that monitoring systems expect. */
typedef enum Severity {
        SEVERITY_NONE,
        SEVERITY_WARNING, /* it works, but not as it should */
        SEVERITY_ERROR,   /* somebody gets in who should not, or does not who should */
} Severity;

typedef struct Fault {
        Severity severity;
        const char *name; /* static: for programs, and for the manual */
        char *what;       /* is wrong; owned, as the rest */
        char *why;        /* it matters */
        char *remedy;     /* commands, one a line */
} Fault;

typedef struct Diagnosis {
        Fault *faults;
        size_t count;
        char **untried; /* what could not be looked at, and why; owned */
        size_t untried_count;
        size_t looked; /* at so many things */
} Diagnosis;

/* Counts one thing that is looked at, whether or not something is wrong with it. */
void diagnosis_look(Diagnosis *diagnosis);

/* Adds a fault, and takes its texts over; once only where it is the same, of whatever it was seen.
 */
void diagnosis_add(Diagnosis *diagnosis, Fault fault);

/* Makes comments of the remedies of all faults from that one on: others had a say in them. */
void diagnosis_comment_out(Diagnosis *diagnosis, size_t from);

/* Adds what could not be looked at, and takes the text over; once only where it is the same. */
void diagnosis_untried(Diagnosis *diagnosis, char *text);

/* Whether there is a fault of that name. */
bool diagnosis_has(const Diagnosis *diagnosis, const char *name);

/* The worst that there is. */
Severity diagnosis_severity(const Diagnosis *diagnosis);

/* Write it: for people, in lines before the 80th column but for commands; for programs. */
void diagnosis_print(const Diagnosis *diagnosis, FILE *out);
void diagnosis_print_json(const Diagnosis *diagnosis, FILE *out);

void diagnosis_deinit(Diagnosis *diagnosis);
