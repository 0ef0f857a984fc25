/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward metrics": the daemon's numbers for a monitoring system. Returns the exit status. */
int cli_metrics(int argc, char **argv);
