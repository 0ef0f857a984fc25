/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <stdbool.h>

/* Calls prepare() once and then log_in() again and again, in some processes at once, for seconds,
 * and prints the logins a second of all together. Returns the exit status: EXIT_FAILURE if a call
 * returned false. */
int loop_run(unsigned processes, double seconds, bool (*prepare)(void), bool (*log_in)(void));
