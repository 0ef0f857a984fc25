/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward status": how the daemon is doing. Returns the exit status. */
int cli_status(int argc, char **argv);
