/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* Confinement: the filter of system calls that the supervisor hands a worker, who enters it when
 * everything that it is made of is loaded. */

#include <stdbool.h>

/* The option that says which descriptor the filter is read from. */
#define CONFINEMENT_KEY "filter-fd"

/* Enters the filter that descriptor has, for all threads, for good, and closes the descriptor. -1 =
 * there is none, and nothing is done. Returns 0 or a negative errno. */
int confinement_enter(int descriptor);

/* Reads the option's value. Returns false if it is no descriptor. */
bool confinement_parse(const char *value, int *descriptor);
