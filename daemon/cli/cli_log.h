/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* saslward log: what has become of logins. Returns the exit status. */
int cli_log(int argc, char **argv);
