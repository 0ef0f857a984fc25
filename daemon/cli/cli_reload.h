/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward reload": has the daemon read its configuration anew. Returns the exit status. */
int cli_reload(int argc, char **argv);
