/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward explain": whether and why a login would be let in, by a configuration file. */

/* Returns the exit status. */
int cli_explain(int argc, char **argv);
