/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward passwd": sets a user's password in a sasldb. Returns the exit status. */
int cli_passwd(int argc, char **argv);
