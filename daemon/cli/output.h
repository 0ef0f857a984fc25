/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Writing for people: names that others chose are made safe, lines end before the 80th column. */

#include "daemon/config.h"
#include "proto/bytes.h"

#include <stdio.h>

#define OUTPUT_COLUMNS 79u

/* What stops a program for lack of memory: says so and exits with CLI_ERROR. */
_Noreturn void output_no_memory(void);

/* The text with control bytes and what is no UTF-8 as \xNN; owned by the caller. */
char *output_safe(Bytes text);

/* How many columns of a terminal the text takes. */
size_t output_width(const char *text);

/* A safe text; where it takes more than so many columns (8 at least), its beginning and more of its
 * end, with "..." between. Owned by the caller. */
char *output_shortened(const char *text, size_t columns);

/* Writes the words of a text, safe, in lines that begin with indent blanks; the first begins with
 * head, as long as it is. */
void output_wrapped(FILE *out, const char *head, size_t indent, const char *text);

/* One rule as text, or the item list of one condition ("vm=debianx,win*"); safe, owned. */
char *output_rule(const Config *config, const Rule *rule);
char *output_condition(const Condition *condition);

/* What it says beside conditions and backends (" as-realm=%v"), safe, owned. */
char *output_rule_options(const Rule *rule);

/* Who may ask at a socket ("allow=uid:4711 at PATH"), safe, owned; NULL: everybody. */
char *output_allow(const ListenConfig *listen);

/* "FILE:LINE", safe, owned. */
char *output_place(const Config *config, Place place);

/* asprintf() that does not fail. */
char *output_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
