/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward who": who gets in where, by a configuration file. */

/* Returns the exit status. */
int cli_who(int argc, char **argv);
