/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward test", and testsaslauthd: asks the mux whether a password is right. */

#include <stdbool.h>

/* With as_testsaslauthd it takes and prints exactly what testsaslauthd does. Returns the exit
 * status: 0 for OK, 255 for NO or no server (of the last try with -R), 1 for wrong usage. */
int cli_test(int argc, char **argv, bool as_testsaslauthd);
