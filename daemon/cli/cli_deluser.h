/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/* "saslward deluser": deletes a user of a sasldb. Returns the exit status. */
int cli_deluser(int argc, char **argv);
