/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward diff": who gains and who loses what by another configuration. */

/* Returns the exit status. */
int cli_diff(int argc, char **argv);
