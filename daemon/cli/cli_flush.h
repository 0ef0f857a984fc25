/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward flush": has the daemon forget the answers it keeps. Returns the exit status. */
int cli_flush(int argc, char **argv);
