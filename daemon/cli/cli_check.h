/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward check": what "saslwardd --check" says. */

/* Returns the exit status. */
int cli_check(int argc, char **argv);
