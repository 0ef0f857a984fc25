/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward conf": the configuration in effect. */

/* Returns the exit status. */
int cli_conf(int argc, char **argv);
